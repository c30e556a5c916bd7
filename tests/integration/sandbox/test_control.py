"""The control API, its typed client, the chat page and the sandbox as a program."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from project.core.errors import Conflict, InvalidInput, NotFound, Unreachable
from project.sandbox.app import Endpoints, Sandbox
from project.sandbox.botapi.world import BotWorld
from project.sandbox.client import ControlClient
from project.sandbox.control.bots_client import BotsControl
from project.sandbox.control.discord_client import DiscordControl
from project.sandbox.control.groups_client import GroupsControl
from project.sandbox.control.tables import bots_verbs, discord_verbs, groups_verbs, telegram_verbs
from project.sandbox.control.telegram_client import TelegramControl
from project.sandbox.discord.views import FileIn
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.messages import Entity, NewFile
from project.sandbox.telegram.settings import Settings
from project.sandbox.telegram.swallow import PushKind, SwallowRule
from project.sandbox.telegram.world import TelegramWorld

ROOT = Path(__file__).parents[3]


@dataclass
class Running:
    """A sandbox in this process and a client that talks to it over HTTP."""

    sandbox: Sandbox
    endpoints: Endpoints
    control: ControlClient


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    sandbox = Sandbox(key_file=tmp_path / "telegram.pem", profile="off")
    async with sandbox as endpoints, ControlClient(endpoints.control_url) as control:
        yield Running(sandbox, endpoints, control)


# --- the API


async def test_both_worlds_are_driven_from_outside(running: Running) -> None:
    telegram, discord = running.control.telegram, running.control.discord
    ann = await telegram.create_user("+15550001", "Ann", "secret")
    source = await telegram.create_channel("News", members=[ann])
    first = await telegram.post(source, "bold", entities=[Entity("bold", 0, 4)])
    await telegram.post(source, "reply", author_id=ann, reply_to=first)
    await telegram.edit(source, first, "edited")
    guild = await discord.create_guild("guild")
    bot = await discord.create_bot("relay")
    channel = await discord.create_channel(guild, "general")
    bob = await discord.create_user("Bob")
    posted = await discord.post(channel, bob, "hello", files=[FileIn("a.txt", b"bytes")])
    await discord.edit(channel, posted, "hello!")
    await discord.delete(channel, [posted])

    stored = await telegram.messages(source)
    assert [(m.text, m.author_id, m.reply_to) for m in stored] == [("edited", None, None), ("reply", ann, first)]
    assert [edit.text for edit in stored[0].edits] == ["edited"]
    (message,) = await discord.messages(channel)
    assert (message.id, message.content, message.deleted, message.author_id) == (posted, "hello!", True, bob)
    assert await discord.file_data(channel, posted, message.files[0].id) == b"bytes"
    assert {user.name: user.is_bot for user in await discord.users()} == {"relay": True, "Bob": False}
    assert [chat.id for chat in await telegram.channels()] == [source]
    assert (await telegram.accounts())[0].phone == "15550001"
    assert bot.token not in repr(bot)


async def test_times_of_both_worlds_are_one_clock(running: Running) -> None:
    control = running.control
    source = await control.telegram.create_channel("News")
    channel = await control.discord.create_channel(await control.discord.create_guild("guild"), "general")
    bob = await control.discord.create_user("Bob")
    await control.telegram.post(source, "one")
    await control.discord.post(channel, bob, "two")
    await control.telegram.post(source, "three")
    one, three = await control.telegram.messages(source)
    (two,) = await control.discord.messages(channel)
    assert one.arrived_at < two.arrived_at < three.arrived_at


async def test_telegram_files_travel(running: Running) -> None:
    telegram = running.control.telegram
    source = await telegram.create_channel("News")
    await telegram.post(source, "see", files=[NewFile("a.txt", "text/plain", b"\x00bytes")])
    (message,) = await telegram.messages(source)
    assert message.file is not None
    assert await telegram.file_data(message.file.id) == b"\x00bytes"


async def test_errors_arrive_as_they_were_raised(running: Running) -> None:
    control = running.control
    with pytest.raises(NotFound):
        await control.discord.messages(1)
    with pytest.raises(NotFound):
        await control.telegram.login_code("+19")
    await control.telegram.create_user("+15550001", "Ann")
    with pytest.raises(Conflict):
        await control.telegram.create_user("+15550001", "Ann")
    channel = await control.discord.create_channel(await control.discord.create_guild("guild"), "general")
    bob = await control.discord.create_user("Bob")
    with pytest.raises(InvalidInput, match="empty message"):
        await control.discord.post(channel, bob, "  ")
    with pytest.raises(InvalidInput):
        await control.discord.set_permissions(channel, bob, ["fly"])


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("discord/post", b'{"channel_id": 1}', 400, "user_id"),
        ("discord/post", b'{"channel_id": 1, "user_id": 2, "content": "x", "colour": 3}', 400, "colour"),
        ("discord/create_guild", b'{"name": 5}', 400, "name"),
        ("discord/create_guild", b"not json", 400, "create_guild"),
        ("discord/nothing", b"{}", 404, "nothing"),
        ("moon/post", b"{}", 404, "moon"),
    ],
)
async def test_wrong_requests_are_explained(running: Running, path: str, body: bytes, status: int, words: str) -> None:
    headers = {"Content-Type": "application/json"}
    url = f"{running.endpoints.control_url}/{path}"
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as response:
        told = await response.json()
        assert (response.status, words in told["message"]) == (status, True), told


async def test_a_form_of_a_foreign_page_is_refused(running: Running) -> None:
    """A browser sends text/plain anywhere without asking; JSON only after the server agreed (CORS)."""
    async with aiohttp.ClientSession() as http:
        url = f"{running.endpoints.control_url}/discord/create_guild"
        async with http.post(url, data=b'{"name": "x"}', headers={"Content-Type": "text/plain"}) as response:
            assert response.status == 400
    assert running.sandbox.discord.state.guilds == {}


async def test_ids_may_come_as_text(running: Running) -> None:
    """A browser's numbers end at 2^53, Discord's ids do not."""
    guild = await running.control.discord.create_guild("guild")
    async with aiohttp.ClientSession() as http:
        url = f"{running.endpoints.control_url}/discord/create_channel"
        async with http.post(url, json={"guild_id": str(guild), "name": "x"}) as response:
            assert response.status == 200
    assert (await running.control.discord.channels())[0].guild_id == guild


async def test_every_verb_works_over_the_wire(running: Running) -> None:
    """Verbs that the other tests leave out."""
    telegram, discord = running.control.telegram, running.control.discord
    ann = await telegram.create_user("+15550001", "Ann", username="ann_sandbox")
    bot = await telegram.create_bot("sender")
    group = await telegram.create_channel("Group", megagroup=True, admins=[bot.user_id], slowmode=1)
    await telegram.join(group, ann)
    await telegram.ban(group, ann)
    await telegram.leave(group, ann)
    assert (await telegram.invite_link(group)).startswith("https://t.me/+")
    message = await telegram.post(group, "x")
    await telegram.garble(group, message)
    await telegram.delete(group, [message])
    assert (await telegram.messages(group))[0].deleted
    assert await telegram.typed(ann, "12345") is False
    await telegram.cut(ann)
    await telegram.freeze(ann, None)
    await telegram.revoke(ann)
    await telegram.expire_file_references()
    await telegram.configure(Settings(code_digits=6))
    assert running.sandbox.telegram.state.settings.code_digits == 6
    await telegram.fault(FaultRule("messages.sendMessage", code=420, error="FLOOD_WAIT_5"))
    assert running.sandbox.telegram.faults.armed == 1
    await telegram.clear_faults()
    await telegram.swallow(SwallowRule(0.2, kinds=(PushKind.EDITED,), seed=7))
    await telegram.swallow(None)
    assert await telegram.swallowed() == {}
    await telegram.deactivate(ann, banned=True)
    assert {account.id: account.dead for account in await telegram.accounts()}[ann] == "USER_DEACTIVATED_BAN"
    with pytest.raises(NotFound):
        await telegram.expire_code("+15550001")
    assert (await telegram.counters()).concurrent_owners == 0

    one, two = await discord.create_guild("one"), await discord.create_guild("two")
    made = await discord.create_bot("relay", guild_ids=[one], message_content=False)
    await discord.set_bot(made.id, message_content=True)
    assert running.sandbox.discord.state.bots[made.id].message_content
    await discord.invite_bot(two, made.id)
    await discord.kick_bot(one, made.id)
    assert await discord.reset_token(made.id) != made.token
    channel = await discord.create_channel(two, "general")
    thread = await discord.create_thread(channel, "aside")
    await discord.set_permissions(channel, made.id, ["view", "send"])
    url = await discord.create_webhook(channel, "hook")
    await discord.delete_webhook(int(url.split("/")[-2]))
    assert await discord.kill_gateway("cut") == 0
    await discord.fault(FaultRule("GET /users/@me", Phase.AFTER, 502, count=3))
    assert running.sandbox.discord.faults.armed == 3
    await discord.clear_faults()
    await discord.delete_channel(thread)
    assert [view.id for view in await discord.channels()] == [channel]
    assert (await discord.counters()).unknown_methods == {}


async def test_counters_of_both_name_the_profile(running: Running) -> None:
    async with aiohttp.ClientSession() as http:
        await http.get(f"{running.endpoints.discord_api_url}/nowhere")
    counters = await running.control.counters()
    assert (counters.profile, counters.unknown_methods, counters.concurrent_owners) == ("off", 1, 0)


def test_the_client_has_every_verb_with_the_same_arguments() -> None:
    telegram = TelegramWorld()
    tables = (
        (telegram_verbs(telegram), TelegramControl),
        (groups_verbs(telegram.groups), GroupsControl),
        (bots_verbs(BotWorld(telegram)), BotsControl),
        (discord_verbs(DiscordWorld()), DiscordControl),
    )
    for verbs, client in tables:
        methods = {name: method for name, method in inspect.getmembers(client, inspect.isfunction) if name[0] != "_"}
        assert methods.keys() == verbs.keys()
        for name, verb in verbs.items():
            arguments = set(inspect.signature(methods[name]).parameters) - {"self"}
            assert arguments == set(verb.arguments.__struct_fields__), name


def test_the_reference_lists_every_verb_with_its_arguments() -> None:
    text = (ROOT / "docs/reference/sandbox.md").read_text()
    telegram = TelegramWorld()
    worlds = {
        "telegram": telegram_verbs(telegram),
        "groups": groups_verbs(telegram.groups),
        "bots": bots_verbs(BotWorld(telegram)),
        "discord": discord_verbs(DiscordWorld()),
    }
    for world, verbs in worlds.items():
        for name, verb in verbs.items():
            row = re.search(rf"^\| `{world}/{name}` \| (.*?) \|", text, re.MULTILINE)
            assert row is not None, f"{world}/{name} is not documented"
            assert row[1].replace("`", "") == verb.usage().replace("none", "–"), name


async def test_a_stopped_sandbox_is_unreachable(tmp_path: Path) -> None:
    async with Sandbox(key_file=tmp_path / "telegram.pem") as endpoints:
        pass
    async with ControlClient(endpoints.control_url) as control:
        with pytest.raises(Unreachable):
            await control.counters()


# --- the page


async def _picture(stream: aiohttp.StreamReader, wanted: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(5):
        while True:
            line = await stream.readline()
            if line.startswith(b"data: ") and wanted(picture := json.loads(line[6:])):
                return picture


async def test_the_page_shows_both_worlds_live(running: Running) -> None:
    control = running.control
    source = await control.telegram.create_channel("News")
    channel = await control.discord.create_channel(await control.discord.create_guild("guild"), "general")
    bob = await control.discord.create_user("Bob")
    left, right = f"tg:{source}", f"dc:{channel}"
    async with aiohttp.ClientSession() as http:
        async with http.get(running.endpoints.chat_url) as page:
            text = await page.text()
            assert (page.status, "<title>Sandbox</title>" in text) == (200, True)
            assert not re.search(r'(?:src|href)="(?!data:)', text), "the page must not load anything"
        async with http.get(f"{running.endpoints.chat_url}chat/stream?open={left},{right}") as response:
            await _picture(response.content, lambda picture: picture["open"][right] == [])
            await control.telegram.post(source, "from Telegram")
            posted = await control.discord.post(channel, bob, "from Discord")
            seen = await _picture(response.content, lambda picture: picture["open"][right])
            assert [row["text"] for row in seen["open"][left]] == ["channel created", "from Telegram"]
            assert seen["open"][right][0] | {"at": 0} == {
                "id": str(posted), "author": "Bob", "badge": "", "text": "from Discord", "entities": [],
                "reply_to": "", "files": [], "edits": 0, "deleted": False, "at": 0, "buttons": [],
            }  # fmt: skip
            await control.discord.edit(channel, posted, "better")
            await _picture(response.content, lambda picture: picture["open"][right][0]["edits"] == 1)
            await control.discord.delete(channel, [posted])
            await _picture(response.content, lambda picture: picture["open"][right][0]["deleted"])


async def test_the_page_shows_the_chat_with_a_bot(running: Running) -> None:
    control = running.control
    ann = await control.telegram.create_user("+100001", "Ann")
    bot = await control.telegram.create_bot("Relay")
    key = f"bt:{bot.user_id}.{ann}"
    told = {"chat_id": ann, "text": "<b>Sure?</b>", "parse_mode": "HTML"}
    told["reply_markup"] = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    api = f"{running.endpoints.bot_api_url}/bot{bot.token}"
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{running.endpoints.chat_url}chat/stream?open={key}") as response,
    ):
        await _picture(response.content, lambda picture: picture["open"][key] == [])
        await control.bots.type(ann, bot.user_id, "/start")
        async with http.post(f"{api}/sendMessage", json=told) as answer:
            sent = (await answer.json())["result"]["message_id"]
        seen = await _picture(response.content, lambda picture: len(picture["open"][key]) == 2)
        assert [chat["key"] for chat in seen["bots"]] == [key]
        assert [row["badge"] for row in seen["open"][key]] == ["", "bot"]
        assert seen["open"][key][1]["buttons"] == [[{"text": "Yes", "url": ""}]]
        edit = {"chat_id": ann, "message_id": sent, "text": "Done"}
        async with http.post(f"{api}/editMessageText", json=edit) as answer:
            assert answer.status == 200
        await _picture(response.content, lambda picture: picture["open"][key][1]["edits"] == 1)
        commands = [{"command": "help", "description": "Help"}]
        async with http.post(f"{api}/setMyCommands", json={"commands": commands}) as answer:
            assert answer.status == 200
        await _picture(response.content, lambda picture: picture["sides"][key]["menu"] == commands)


async def test_the_page_shows_files(running: Running) -> None:
    control = running.control
    source = await control.telegram.create_channel("News")
    channel = await control.discord.create_channel(await control.discord.create_guild("guild"), "general")
    bob = await control.discord.create_user("Bob")
    await control.telegram.post(source, "", files=[NewFile("a.html", "text/html", b"<script>")])
    await control.discord.post(channel, bob, "", files=[FileIn("b.png", b"not really")])
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{running.endpoints.chat_url}chat/stream?open=tg:{source},dc:{channel}") as response:
            rows = (await _picture(response.content, lambda picture: True))["open"]
        links = [rows[key][-1]["files"][0]["url"].lstrip("/") for key in (f"tg:{source}", f"dc:{channel}")]
        kinds = []
        for link in [*links, "chat/files/telegram/1", f"chat/files/discord/{channel}/1/1"]:
            async with http.get(running.endpoints.chat_url + link) as response:
                kinds.append((response.status, response.content_type))
    missing = (404, "text/plain")
    assert kinds == [(200, "application/octet-stream"), (200, "image/png"), missing, missing]


async def test_edits_change_files_too(running: Running) -> None:
    control = running.control
    source = await control.telegram.create_channel("News")
    post = await control.telegram.post(source, "plain")
    await control.telegram.edit(source, post, "plain", file=NewFile("a.txt", "text/plain", b"a"))
    (stored,) = await control.telegram.messages(source)
    assert stored.file is not None
    assert (stored.file.name, stored.text, len(stored.edits)) == ("a.txt", "plain", 1)
    channel = await control.discord.create_channel(await control.discord.create_guild("guild"), "general")
    bob = await control.discord.create_user("Bob")
    said = await control.discord.post(channel, bob, "two", files=[FileIn("b.txt", b"b"), FileIn("c.txt", b"c")])
    (before,) = await control.discord.messages(channel)
    await control.discord.edit(channel, said, "one", keep=[before.files[1].id])
    (after,) = await control.discord.messages(channel)
    assert (after.content, [file.name for file in after.files]) == ("one", ["c.txt"])


# --- the program


async def test_the_program_tells_where_it_listens_and_stops_when_asked(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    arguments = ("--profile", "off", "--key-file", str(tmp_path / "keys/telegram.pem"), "--ready-file", str(ready))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "project.sandbox", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            while not ready.exists():
                assert process.returncode is None
                await asyncio.sleep(0.02)
            told = json.loads(ready.read_text())
            async with ControlClient(told["control_url"]) as control:
                assert (await control.counters()).profile == "off"
            process.send_signal(signal.SIGTERM)
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert (tmp_path / "keys/telegram.pem").read_text().startswith("-----BEGIN")
    for name in ("DISCORD_API_URL", "BOT_API_URL"):
        assert f"{name}={told[name.lower()]}" in printed.decode()


async def test_a_taken_port_is_one_clear_sentence(running: Running, tmp_path: Path) -> None:
    port = running.endpoints.chat_url.rstrip("/").rsplit(":", 1)[1]
    arguments = ("--http-port", port, "--key-file", str(tmp_path / "other.pem"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "project.sandbox", *arguments, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        _, told = await process.communicate()
    assert process.returncode == 1
    assert told.decode().startswith("The sandbox cannot listen:")
    assert "Traceback" not in told.decode()


def test_the_command_makes_no_keys_of_an_installation(tmp_path: Path) -> None:
    env = {**os.environ, "ENV_FILE": "", "VAR_DIR": str(tmp_path), "MASTER_KEYS": "", "SECRET_KEY": ""}
    done = subprocess.run([sys.executable, "manage.py", "sandbox", "--help"], cwd=ROOT, env=env, capture_output=True)
    assert b"--telegram-port" in done.stdout
    assert list(tmp_path.iterdir()) == []
