"""The loopback gateway, through a stock discord.py client and a bare websocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest

from project.core.errors import InvalidInput
from project.sandbox.discord.limits import Rate
from project.sandbox.faults import FaultRule
from tests.integration.sandbox.conftest_discord import (
    LoopbackDiscord,
    client_for,
    limits_with,
    loopback,
    run_discord,
)

__all__ = ["loopback"]


async def test_people_write_and_the_client_hears(loopback: LoopbackDiscord) -> None:
    world = loopback.world
    async with client_for(loopback) as client:
        message_id = world.post(loopback.channel, loopback.user, "hello **there**")
        await client.until(lambda: client.events("message"))
        message = client.events("message")[0]
        assert (message.id, message.content) == (message_id, "hello **there**")
        assert message.author.display_name == "ann"
        assert message.guild.id == loopback.guild
        world.edit(loopback.channel, message_id, "changed")
        world.delete(loopback.channel, [message_id])
        await client.until(lambda: client.events("raw_message_delete"))
        assert client.events("raw_message_edit")[0].data["content"] == "changed"
        assert client.events("raw_message_delete")[0].message_id == message_id
    assert world.counters().unknown_methods == {}


async def test_bot_posts_and_reads_back(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        channel = client.get_channel(loopback.channel)
        first = await channel.send("one")
        await channel.send("two", reference=first)
        found = [message async for message in channel.history(after=discord.Object(0))]
        assert [message.content for message in found] == ["one", "two"]
        assert found[1].reference.message_id == first.id
        await first.edit(content="one!")
        await first.delete()
    assert loopback.texts() == ["two"]


async def test_webhook_posts_edits_and_deletes(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        webhook = await client.get_channel(loopback.channel).create_webhook(name="relay")
        posted = await webhook.send("from afar", username="Bob", wait=True)
        await client.until(lambda: client.events("message"))
        heard = client.events("message")[0]
        assert (heard.webhook_id, heard.author.id, heard.author.name) == (webhook.id, webhook.id, "Bob")
        assert heard.application_id == client.application_id
        await webhook.edit_message(posted.id, content="edited")
        assert loopback.texts() == ["edited"]
        await webhook.delete_message(posted.id)
        assert loopback.texts() == []


async def test_several_deletes_come_as_one(loopback: LoopbackDiscord) -> None:
    ids = [loopback.world.post(loopback.channel, loopback.user, str(n)) for n in range(3)]
    async with client_for(loopback) as client:
        loopback.world.delete(loopback.channel, ids)
        await client.until(lambda: client.events("raw_bulk_message_delete"))
        assert client.events("raw_bulk_message_delete")[0].message_ids == set(ids)
        assert client.events("raw_message_delete") == []


async def test_channels_and_threads_appear_and_go(loopback: LoopbackDiscord) -> None:
    world = loopback.world
    async with client_for(loopback) as client:
        channel = world.create_channel(loopback.guild, "new")
        thread = world.create_thread(channel, "aside")
        await client.until(lambda: client.events("thread_create"))
        assert client.get_channel(channel).get_thread(thread).name == "aside"
        webhook = await client.get_channel(channel).create_webhook(name="relay")
        posted = await webhook.send("in the thread", thread=discord.Object(thread), wait=True)
        assert [m.id for m in world.messages(thread)] == [posted.id]
        world.delete_channel(channel)
        await client.until(lambda: client.events("guild_channel_delete"))
        with pytest.raises(discord.NotFound) as problem:
            await webhook.send("too late", wait=True)
        assert problem.value.code == 10015


async def test_without_the_view_right_nothing_is_heard(loopback: LoopbackDiscord) -> None:
    other = loopback.world.create_channel(loopback.guild, "open")
    loopback.world.set_permissions(loopback.channel, loopback.bot_id, [])
    async with client_for(loopback) as client:
        loopback.world.post(loopback.channel, loopback.user, "secret")
        loopback.world.post(other, loopback.user, "open")
        await client.until(lambda: client.events("message"))
        assert [message.content for message in client.events("message")] == ["open"]


async def test_wrong_token_is_a_login_failure(loopback: LoopbackDiscord) -> None:
    loopback.world.reset_token(loopback.bot_id)
    with pytest.raises(discord.LoginFailure):
        async with client_for(loopback):
            pass


# --- content and intents


async def test_content_needs_the_intent(loopback: LoopbackDiscord) -> None:
    intents = discord.Intents.default()
    async with client_for(loopback, intents=intents) as client:
        loopback.world.post(loopback.channel, loopback.user, "private words")
        loopback.world.post(loopback.channel, loopback.user, f"hey <@{loopback.bot_id}>")
        await client.get_channel(loopback.channel).send("own words")
        await client.until(lambda: len(client.events("message")) == 3)
        texts = [message.content for message in client.events("message")]
        assert texts == ["", f"hey <@{loopback.bot_id}>", "own words"]


async def test_content_is_hidden_by_rest_too_when_the_portal_forbids_it(loopback: LoopbackDiscord) -> None:
    loopback.world.set_bot(loopback.bot_id, message_content=False)
    loopback.world.post(loopback.channel, loopback.user, "private words")
    async with client_for(loopback, intents=discord.Intents.default()) as client:
        channel = client.get_channel(loopback.channel)
        assert [message.content async for message in channel.history()] == [""]
        assert not client.application_flags.gateway_message_content_limited


async def test_a_privileged_intent_that_is_off_is_fatal(loopback: LoopbackDiscord) -> None:
    loopback.world.set_bot(loopback.bot_id, message_content=False)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with client_for(loopback):
            pass


# --- RESUME


async def _drop_and_miss(running: LoopbackDiscord, how: str) -> tuple[Any, list[str]]:
    async with client_for(running) as client:
        running.world.post(running.channel, running.user, "before")
        await client.until(lambda: client.events("message"))
        readies = len(client.events("ready"))
        assert running.world.kill_gateway(how) == 1
        await until_disconnected(running)
        running.world.post(running.channel, running.user, "missed")
        await client.until(lambda: client.events("resumed") or len(client.events("ready")) > readies, seconds=20)
        running.world.post(running.channel, running.user, "after")
        await client.until(lambda: client.events("message")[-1].content == "after")
        return client, [message.content for message in client.events("message")]


async def until_disconnected(running: LoopbackDiscord) -> None:
    """Waits until no identified connection is left."""
    end = time.monotonic() + 5
    while running.world.counters().gateway_connections:
        assert time.monotonic() < end
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("how", ["cut", "op7", "close:4000", "op9_resumable"])
async def test_a_resumed_session_replays_what_it_missed(loopback: LoopbackDiscord, how: str) -> None:
    client, texts = await _drop_and_miss(loopback, how)
    assert texts == ["before", "missed", "after"]
    assert len(client.events("ready")) == 1


@pytest.mark.parametrize("how", ["op9", "forget", "close:4007", "close:4009"])
async def test_an_ended_session_has_to_identify_and_missed_the_rest(loopback: LoopbackDiscord, how: str) -> None:
    client, texts = await _drop_and_miss(loopback, how)
    assert texts == ["before", "after"]
    assert len(client.events("ready")) == 2


@pytest.mark.parametrize("code", [4004, 4013, 4014])
async def test_fatal_close_codes_end_a_stock_client(loopback: LoopbackDiscord, code: int) -> None:
    async with client_for(loopback) as client:
        loopback.world.kill_gateway(f"close:{code}")
        await client.until(lambda: client.runner.done())  # type: ignore[attr-defined]
        with pytest.raises((discord.ConnectionClosed, discord.PrivilegedIntentsRequired)):
            await client.runner  # type: ignore[attr-defined]


async def test_identify_faster_than_one_per_five_seconds_is_invalid() -> None:
    async with run_discord(limits_with(identify=Rate(1, 60.0))) as running, _socket(running) as first:
        await _identify(first, running)
        assert (await first.receive_json())["t"] == "READY"
        async with _socket(running) as second:
            await _identify(second, running)
            assert await second.receive_json() == {"op": 9, "d": False}


# --- the protocol itself


@asynccontextmanager
async def _socket(running: LoopbackDiscord, query: str = "v=10&encoding=json") -> AsyncIterator[Any]:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{running.gateway}?{query}") as socket:
        if "v=10" in query:
            assert (await socket.receive_json())["op"] == 10
        yield socket


async def _identify(socket: Any, running: LoopbackDiscord, **changes: Any) -> None:
    fields = {"token": running.token, "intents": 1 << 9, "properties": {}} | changes
    await socket.send_json({"op": 2, "d": fields})


async def _closed_with(socket: Any) -> int:
    while (await asyncio.wait_for(socket.receive(), 5)).type is aiohttp.WSMsgType.TEXT:
        pass
    return int(socket.close_code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"token": "no"}, 4004), ({"intents": -1}, 4013), ({"intents": 1 << 30}, 4013), ({"intents": 1 << 1}, 4014)],
)
async def test_refused_identify(loopback: LoopbackDiscord, changes: dict[str, Any], code: int) -> None:
    async with _socket(loopback) as socket:
        await _identify(socket, loopback, **changes)
        assert await _closed_with(socket) == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [("nonsense", 4002), ('{"op": 3, "d": {}}', 4003), ('{"op": 99}', 4003)],
)
async def test_wrong_frames_before_identify(loopback: LoopbackDiscord, payload: str, code: int) -> None:
    async with _socket(loopback) as socket:
        await socket.send_str(payload)
        assert await _closed_with(socket) == code


async def test_wrong_frames_after_identify(loopback: LoopbackDiscord) -> None:
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        await _identify(socket, loopback)
        assert await _closed_with(socket) == 4005
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        await socket.send_json({"op": 99})
        assert await _closed_with(socket) == 4001


async def test_wrong_version(loopback: LoopbackDiscord) -> None:
    async with _socket(loopback, "v=6&encoding=json") as socket:
        assert await _closed_with(socket) == 4012


async def test_resume_with_a_sequence_from_the_future(loopback: LoopbackDiscord) -> None:
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        session = (await socket.receive_json())["d"]["session_id"]
        loopback.world.kill_gateway("cut")
    async with _socket(loopback) as socket:
        fields = {"token": loopback.token, "session_id": session, "seq": 99}
        await socket.send_json({"op": 6, "d": fields})
        assert await _closed_with(socket) == 4007


async def test_a_client_that_closes_with_1000_loses_its_session(loopback: LoopbackDiscord) -> None:
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        session = (await socket.receive_json())["d"]["session_id"]
        await socket.close(code=1000)
    async with _socket(loopback) as socket:
        fields = {"token": loopback.token, "session_id": session, "seq": 1}
        await socket.send_json({"op": 6, "d": fields})
        assert await socket.receive_json() == {"op": 9, "d": False}


async def test_heartbeats_are_answered_and_their_absence_ends_the_session() -> None:
    async with run_discord(limits_with(heartbeat=0.1)) as running, _socket(running) as socket:
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json())["op"] == 11
        assert await _closed_with(socket) == 4009


async def test_a_half_open_connection_answers_nothing(loopback: LoopbackDiscord) -> None:
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        await socket.receive_json()
        loopback.world.kill_gateway("silence")
        await socket.send_json({"op": 1, "d": 1})
        loopback.world.post(loopback.channel, loopback.user, "unheard")
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.2)


async def test_too_many_sends() -> None:
    async with run_discord(limits_with(gateway_sends=Rate(3, 60.0))) as running, _socket(running) as socket:
        for _ in range(4):
            await socket.send_json({"op": 1, "d": None})
        assert await _closed_with(socket) == 4008


async def test_faults_strike_identify(loopback: LoopbackDiscord) -> None:
    loopback.world.fault(FaultRule("gateway.IDENTIFY", code=4004))
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        assert await _closed_with(socket) == 4004
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        assert (await socket.receive_json())["t"] == "READY"


async def test_a_deaf_session_loses_events_for_good_and_cannot_be_resumed(loopback: LoopbackDiscord) -> None:
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        ready = await socket.receive_json()
        loopback.world.kill_gateway("deaf")
        loopback.world.post(loopback.channel, loopback.user, "unheard")
        await socket.send_json({"op": 1, "d": 2})
        assert (await socket.receive_json())["op"] == 11
        loopback.world.kill_gateway("cut")
    async with _socket(loopback) as socket:
        fields = {"token": loopback.token, "session_id": ready["d"]["session_id"], "seq": 1}
        await socket.send_json({"op": 6, "d": fields})
        assert await socket.receive_json() == {"op": 9, "d": False}


async def test_a_message_may_have_any_json_and_an_event_any_data(loopback: LoopbackDiscord) -> None:
    world, channel = loopback.world, loopback.channel
    async with _socket(loopback) as socket:
        await _identify(socket, loopback)
        assert (await socket.receive_json())["t"] == "READY"
        odd = world.post(channel, loopback.user, "x", overrides={"content": 7, "flags": None}, without=["author"])
        heard = (await socket.receive_json())["d"]
        assert (heard["id"], heard["content"], heard["flags"]) == (str(odd), 7, None)
        assert "author" not in heard
        world.override(channel, odd, {"embeds": None})
        world.edit(channel, odd, "y")
        heard = (await socket.receive_json())["d"]
        assert (heard["embeds"], heard["author"]["id"]) == (None, str(loopback.user))
        assert world.dispatch("MESSAGE_DELETE", ["nonsense"]) == 1
        assert (await socket.receive_json())["d"] == ["nonsense"]
    async with client_for(loopback, intents=discord.Intents.default()) as client:
        (found,) = await client.http.logs_from(channel, 1)
        assert (found["id"], found["embeds"]) == (str(odd), None)


@pytest.mark.parametrize("how", ["nonsense", "close:12", "close:x"])
async def test_unknown_ways_to_kill_are_refused(loopback: LoopbackDiscord, how: str) -> None:
    with pytest.raises(InvalidInput):
        loopback.world.kill_gateway(how)


async def test_websocket_pings_are_answered_until_the_connection_is_half_open(loopback: LoopbackDiscord) -> None:
    url = f"{loopback.gateway}?v=10&encoding=json"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, autoping=False) as socket:
        await socket.receive_json()
        await _identify(socket, loopback)
        assert (await socket.receive_json())["t"] == "READY"
        await socket.ping(b"1")
        assert (await socket.receive(5)).type is aiohttp.WSMsgType.PONG
        loopback.world.kill_gateway("silence")
        await socket.ping(b"2")
        with pytest.raises(TimeoutError):
            await socket.receive(0.2)
