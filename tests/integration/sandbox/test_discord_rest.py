"""The loopback Discord's REST API: what it takes, what it refuses and how it says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from tests.integration.sandbox.conftest_discord import (
    Caller,
    LoopbackDiscord,
    call,
    calls,
    client_for,
    limits_with,
    loopback,
    run_discord,
)

__all__ = ["call", "loopback"]
SOURCE = Path(__file__).read_bytes()


def _messages(running: LoopbackDiscord) -> str:
    return f"/channels/{running.channel}/messages"


async def _post(call: Caller, running: LoopbackDiscord, **fields: Any) -> Any:
    answer = await call("POST", _messages(running), json=fields)
    assert answer.status == 200, answer.json
    return answer.json


def _hook(running: LoopbackDiscord) -> str:
    return running.world.create_webhook(running.channel, "hook")


# --- who may


async def test_wrong_token(loopback: LoopbackDiscord, call: Caller) -> None:
    answer = await call("GET", "/users/@me", token="wrong")
    assert (answer.status, answer.json) == (401, {"message": "401: Unauthorized", "code": 0})
    assert loopback.world.counters().invalid_requests == 1


async def test_json_answers_name_their_type_exactly(loopback: LoopbackDiscord, call: Caller) -> None:
    answer = await call("GET", "/users/@me")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Via"]


async def test_unknown_route_is_told_and_counted(loopback: LoopbackDiscord, call: Caller) -> None:
    answer = await call("GET", "/stage-instances/1")
    assert (answer.status, answer.json) == (404, {"message": "404: Not Found", "code": 0})
    assert loopback.world.counters().unknown_methods == {"GET /api/v10/stage-instances/1": 1}


@pytest.mark.parametrize(
    ("permissions", "method", "path", "body", "code"),
    [
        ([], "GET", "", None, 50001),
        ([], "POST", "/messages", {"content": "x"}, 50001),
        (["view"], "POST", "/messages", {"content": "x"}, 50013),
        (["view", "send"], "POST", "/webhooks", {"name": "x"}, 50013),
        (["view", "send"], "POST", "/messages", {"content": "x", "message_reference": {"message_id": "1"}}, 160002),
        (["view", "send"], "POST", "/messages/bulk-delete", {"messages": ["1", "2"]}, 50013),
    ],
)
async def test_missing_rights(
    loopback: LoopbackDiscord, call: Caller, permissions: list[str], method: str, path: str, body: Any, code: int
) -> None:
    loopback.world.set_permissions(loopback.channel, loopback.bot_id, permissions)
    answer = await call(method, f"/channels/{loopback.channel}{path}", json=body)
    assert answer.json["code"] == code
    assert loopback.texts() == []


async def test_without_history_nothing_is_listed(loopback: LoopbackDiscord, call: Caller) -> None:
    loopback.world.post(loopback.channel, loopback.user, "x")
    loopback.world.set_permissions(loopback.channel, loopback.bot_id, ["view", "send"])
    answer = await call("GET", _messages(loopback))
    assert (answer.status, answer.json) == (200, [])


async def test_a_bot_outside_the_guild_sees_nothing(loopback: LoopbackDiscord, call: Caller) -> None:
    loopback.world.kick_bot(loopback.guild, loopback.bot_id)
    assert (await call("GET", f"/channels/{loopback.channel}")).json["code"] == 50001
    assert (await call("GET", "/users/@me/guilds")).json == []


async def test_rights_can_be_computed_from_roles_and_overwrites(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        channel = client.get_channel(loopback.channel)
        assert channel.permissions_for(channel.guild.me).manage_webhooks
        loopback.world.set_permissions(loopback.channel, loopback.bot_id, ["view", "history"])
        await client.until(lambda: client.events("guild_channel_update"))
        rights = channel.permissions_for(channel.guild.me)
        assert (rights.view_channel, rights.read_message_history) == (True, True)
        assert (rights.send_messages, rights.attach_files, rights.manage_webhooks) == (False, False, False)


# --- messages


@pytest.mark.parametrize(
    ("fields", "code", "where"),
    [
        ({}, 50006, None),
        ({"content": "   \n "}, 50006, None),
        ({"content": "x" * 2001}, 50035, "content"),
        ({"content": "x", "nonce": "n" * 26}, 50035, "nonce"),
        ({"content": "x", "message_reference": {"message_id": "1"}}, 50035, "message_reference"),
        ({"content": "x", "message_reference": {"message_id": "a"}}, 50035, "message_reference"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, 50035, "allowed_mentions"),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, 50035, "allowed_mentions"),
        ({"content": "x", "attachments": [{"id": 0}]}, 50035, "attachments"),
        ({"embeds": [{}] * 11}, 50035, "embeds"),
        ({"embeds": [{"description": "x" * 4097}]}, 50035, "embeds"),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, 50035, "embeds"),
    ],
)
async def test_refused_messages(
    loopback: LoopbackDiscord, call: Caller, fields: dict[str, Any], code: int, where: str | None
) -> None:
    answer = await call("POST", _messages(loopback), json=fields)
    assert (answer.status, answer.json["code"]) == (400, code)
    assert where is None or where in answer.json["errors"]
    assert loopback.texts() == []


async def test_malformed_json(loopback: LoopbackDiscord, call: Caller) -> None:
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession() as http:
        url = loopback.api + _messages(loopback)
        authorized = headers | {"Authorization": f"Bot {loopback.token}"}
        async with http.post(url, data=b"{", headers=authorized) as response:
            assert (response.status, (await response.json())["code"]) == (400, 50109)


async def test_the_ends_of_a_text_are_trimmed(loopback: LoopbackDiscord, call: Caller) -> None:
    assert (await _post(call, loopback, content=" \n two words \n"))["content"] == "two words"


async def test_reply_to_a_missing_message_falls_back_when_asked(loopback: LoopbackDiscord, call: Caller) -> None:
    reference = {"message_id": "1", "fail_if_not_exists": False}
    assert "message_reference" not in await _post(call, loopback, content="x", message_reference=reference)


async def test_reply_names_and_carries_the_original(loopback: LoopbackDiscord, call: Caller) -> None:
    first = await _post(call, loopback, content="first")
    reply = await _post(call, loopback, content="second", message_reference={"message_id": first["id"]})
    assert (reply["type"], reply["referenced_message"]["id"]) == (19, first["id"])
    await call("DELETE", f"{_messages(loopback)}/{first['id']}")
    again = (await call("GET", f"{_messages(loopback)}/{reply['id']}")).json
    assert (again["message_reference"]["message_id"], again["referenced_message"]) == (first["id"], None)


async def test_enforced_nonce_gives_the_first_message_back(loopback: LoopbackDiscord, call: Caller) -> None:
    first = await _post(call, loopback, content="x", nonce="n1", enforce_nonce=True)
    again = await _post(call, loopback, content="y", nonce="n1", enforce_nonce=True)
    assert (again["id"], again["content"]) == (first["id"], "x")
    assert loopback.texts() == ["x"]
    other = loopback.world.create_bot("other")
    answer = await call(
        "POST", _messages(loopback), token=other.token, json={"content": "z", "nonce": "n1", "enforce_nonce": True}
    )
    assert answer.json["id"] != first["id"]


async def test_an_unenforced_nonce_does_not_hold_anything_back(loopback: LoopbackDiscord, call: Caller) -> None:
    for _ in range(2):
        await _post(call, loopback, content="x", nonce="n1")
    assert loopback.texts() == ["x", "x"]


async def test_repeat_of_a_deleted_message_is_unknown(loopback: LoopbackDiscord, call: Caller) -> None:
    first = await _post(call, loopback, content="x", nonce="n1", enforce_nonce=True)
    loopback.world.delete(loopback.channel, [int(first["id"])])
    answer = await call("POST", _messages(loopback), json={"content": "x", "nonce": "n1", "enforce_nonce": True})
    assert (answer.status, answer.json["code"]) == (404, 10008)


async def test_a_nonce_is_forgotten_after_its_window() -> None:
    async with run_discord(limits_with(nonce_window=0.0)) as running, calls(running) as call:
        for _ in range(2):
            last = await _post(call, running, content="x", nonce="n1", enforce_nonce=True)
        assert running.texts() == ["x", "x"]
        assert "nonce" not in (await call("GET", f"{_messages(running)}/{last['id']}")).json


async def test_windows_of_the_history(loopback: LoopbackDiscord, call: Caller) -> None:
    ids = [str(loopback.world.post(loopback.channel, loopback.user, str(n))) for n in range(6)]
    loopback.world.delete(loopback.channel, [int(ids[2])])

    async def texts(**query: str) -> list[str]:
        answer = await call("GET", _messages(loopback), params=query)
        return [message["content"] for message in answer.json]

    assert await texts() == ["5", "4", "3", "1", "0"]
    assert await texts(limit="2") == ["5", "4"]
    assert await texts(after=ids[0], limit="2") == ["3", "1"]
    assert await texts(after=ids[5]) == []
    assert await texts(before=ids[4], limit="2") == ["3", "1"]
    assert await texts(around=ids[3], limit="3") == ["4", "3", "1"]
    assert (await call("GET", _messages(loopback), params={"limit": "101"})).json["code"] == 50035


async def test_others_messages_cannot_be_edited(loopback: LoopbackDiscord, call: Caller) -> None:
    theirs = loopback.world.post(loopback.channel, loopback.user, "mine")
    answer = await call("PATCH", f"{_messages(loopback)}/{theirs}", json={"content": "x"})
    assert (answer.status, answer.json["code"]) == (403, 50005)


async def test_others_messages_are_deleted_only_by_moderators(loopback: LoopbackDiscord, call: Caller) -> None:
    theirs = loopback.world.post(loopback.channel, loopback.user, "mine")
    loopback.world.set_permissions(loopback.channel, loopback.bot_id, ["view", "send", "history"])
    path = f"{_messages(loopback)}/{theirs}"
    assert (await call("DELETE", path)).json["code"] == 50013
    loopback.world.set_permissions(loopback.channel, loopback.bot_id, ["view", "manage_messages"])
    assert (await call("DELETE", path)).status == 204
    assert (await call("DELETE", path)).json["code"] == 10008


async def test_bulk_delete(loopback: LoopbackDiscord, call: Caller) -> None:
    ids = [str(loopback.world.post(loopback.channel, loopback.user, str(n))) for n in range(3)]
    path = f"{_messages(loopback)}/bulk-delete"
    assert (await call("POST", path, json={"messages": ids[:1]})).json["code"] == 50016
    assert (await call("POST", path, json={"messages": ["1", "2"]})).json["code"] == 50034
    assert (await call("POST", path, json={"messages": ids[:2]})).status == 204
    assert loopback.texts() == ["2"]


# --- mentions


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        (None, ("everyone", "role:7", "user:9", "reply:author")),
        ({"parse": []}, ()),
        ({"parse": [], "replied_user": True}, ("reply:author",)),
        ({"parse": ["users"]}, ("user:9",)),
        ({"parse": [], "users": ["9"]}, ("user:9",)),
        ({"parse": ["everyone"], "roles": ["7"]}, ("everyone", "role:7")),
    ],
)
async def test_whom_a_post_pings(
    loopback: LoopbackDiscord, call: Caller, allowed: Any, pinged: tuple[str, ...]
) -> None:
    replied = loopback.world.post(loopback.channel, loopback.user, "x")
    fields: dict[str, Any] = {"content": "@everyone <@&7> <@!9>", "message_reference": {"message_id": str(replied)}}
    await _post(call, loopback, **fields, **({} if allowed is None else {"allowed_mentions": allowed}))
    stored = loopback.world.messages(loopback.channel)[-1]
    assert stored.pinged == tuple(ping.replace("author", str(loopback.user)) for ping in pinged)
    assert stored.allowed_mentions == allowed


async def test_webhooks_ping_users_unless_told(loopback: LoopbackDiscord, call: Caller) -> None:
    url = _hook(loopback)
    await call("POST", url, json={"content": "@here <@&7> <@9>"})
    await call("POST", url, json={"content": "@here <@&7> <@9>", "allowed_mentions": {"parse": []}})
    assert [m.pinged for m in loopback.world.messages(loopback.channel)] == [("user:9",), ()]


async def test_an_edit_without_allowed_mentions_pings_again(loopback: LoopbackDiscord, call: Caller) -> None:
    posted = await _post(call, loopback, content="quiet", allowed_mentions={"parse": []})
    path = f"{_messages(loopback)}/{posted['id']}"
    await call("PATCH", path, json={"content": "@here", "allowed_mentions": {"parse": []}})
    assert loopback.world.messages(loopback.channel)[0].pinged == ()
    await call("PATCH", path, json={"content": "@everyone"})
    stored = loopback.world.messages(loopback.channel)[0]
    assert (stored.pinged, [edit.content for edit in stored.edits]) == (("everyone",), ["@here", "@everyone"])


# --- webhooks


async def test_webhook_life(loopback: LoopbackDiscord, call: Caller) -> None:
    made = (await call("POST", f"/channels/{loopback.channel}/webhooks", json={"name": "relay"})).json
    path = f"/webhooks/{made['id']}"
    secret = f"{path}/{made['token']}"
    assert (await call("GET", path)).json["token"] == made["token"]
    assert (await call("GET", secret)).json["channel_id"] == str(loopback.channel)
    assert (await call("PATCH", secret, json={"name": "other"})).json["name"] == "other"
    listed = (await call("GET", f"/channels/{loopback.channel}/webhooks")).json
    assert [hook["name"] for hook in listed] == ["other"]
    assert (await call("GET", f"{path}/wrong-token")).json == {"message": "Invalid Webhook Token", "code": 50027}
    assert (await call("DELETE", secret)).status == 204
    for gone in (path, secret):
        assert (await call("GET", gone)).json == {"message": "Unknown Webhook", "code": 10015}


async def test_a_webhook_answers_only_when_asked_to(loopback: LoopbackDiscord, call: Caller) -> None:
    url = _hook(loopback)
    silent = await call("POST", url, json={"content": "x"})
    told = await call("POST", url, params={"wait": "true"}, json={"content": "y", "nonce": "n", "username": "Bob"})
    assert (silent.status, silent.json) == (204, b"")
    assert (told.status, told.json["author"]["username"], "nonce" in told.json) == (200, "Bob", False)
    assert told.json["webhook_id"] == told.json["author"]["id"]


@pytest.mark.parametrize("name", ["Discord fan", "CLYDE", "", "x" * 81])
async def test_refused_names(loopback: LoopbackDiscord, call: Caller, name: str) -> None:
    answer = await call("POST", _hook(loopback), json={"content": "x", "username": name})
    assert (answer.status, answer.json["code"]) == (400, 50035)
    assert "username" in answer.json["errors"]
    assert loopback.texts() == []


async def test_the_sixteenth_webhook_of_a_channel(loopback: LoopbackDiscord, call: Caller) -> None:
    for _ in range(15):
        _hook(loopback)
    answer = await call("POST", f"/channels/{loopback.channel}/webhooks", json={"name": "one more"})
    assert (answer.status, answer.json["code"]) == (400, 30007)


async def test_a_webhook_touches_only_its_own_messages(loopback: LoopbackDiscord, call: Caller) -> None:
    mine, other = _hook(loopback), _hook(loopback)
    posted = (await call("POST", mine, params={"wait": "true"}, json={"content": "x"})).json
    for method in ("GET", "PATCH", "DELETE"):
        answer = await call(method, f"{other}/messages/{posted['id']}", json={"content": "y"})
        assert (answer.status, answer.json["code"]) == (404, 10008)
    assert (await call("GET", f"{mine}/messages/{posted['id']}")).json["content"] == "x"


async def test_a_thread_of_another_channel_is_unknown(loopback: LoopbackDiscord, call: Caller) -> None:
    elsewhere = loopback.world.create_channel(loopback.guild, "elsewhere")
    thread = loopback.world.create_thread(elsewhere, "aside")
    answer = await call("POST", _hook(loopback), params={"thread_id": str(thread)}, json={"content": "x"})
    assert (answer.status, answer.json["code"]) == (404, 10003)


# --- files


def _form(payload: dict[str, Any], *files: tuple[str, bytes]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps(payload), content_type="application/json")
    for number, (name, data) in enumerate(files):
        form.add_field(f"files[{number}]", data, filename=name, content_type="application/octet-stream")
    return form


async def test_files_come_back_as_they_were_sent(loopback: LoopbackDiscord, call: Caller) -> None:
    async with client_for(loopback) as client:
        channel = client.get_channel(loopback.channel)
        files = [discord.File(__file__), discord.File(__file__, filename="my photo.png", spoiler=True)]
        posted = await channel.send(files=files)
        assert [file.filename for file in posted.attachments] == ["test_discord_rest.py", "SPOILER_my_photo.png"]
        assert posted.attachments[1].content_type == "image/png"
        assert await posted.attachments[0].read() == SOURCE


async def test_edits_keep_only_listed_attachments(loopback: LoopbackDiscord, call: Caller) -> None:
    form = _form({}, ("a.txt", b"a"), ("b.txt", b"b"))
    posted = (await call("POST", _messages(loopback), data=form)).json
    path = f"{_messages(loopback)}/{posted['id']}"
    untouched = (await call("PATCH", path, json={"content": "words"})).json
    assert [file["filename"] for file in untouched["attachments"]] == ["a.txt", "b.txt"]
    kept = {"attachments": [{"id": posted["attachments"][1]["id"]}, {"id": 0}]}
    mixed = (await call("PATCH", path, data=_form(kept, ("c.txt", b"c")))).json
    assert [file["filename"] for file in mixed["attachments"]] == ["b.txt", "c.txt"]
    answer = await call("PATCH", path, json={"content": "", "attachments": []})
    assert answer.json["code"] == 50006


async def test_too_many_and_too_large_files() -> None:
    async with run_discord(limits_with(file_bytes=1000, request_bytes=5000)) as running, calls(running) as call:
        large = await call("POST", _messages(running), data=_form({}, ("a", b"x" * 1001)))
        assert (large.status, large.json["code"]) == (413, 40005)
        whole = await call("POST", _messages(running), data=_form({}, *[(str(n), b"x" * 900) for n in range(6)]))
        assert (whole.status, whole.json["code"]) == (413, 40005)
        many = await call("POST", _messages(running), data=_form({}, *[(str(n), b"x") for n in range(11)]))
        assert (many.status, many.json["code"]) == (400, 50035)
        assert running.texts() == []


async def test_links_are_signed_ranged_and_expire(loopback: LoopbackDiscord, call: Caller) -> None:
    posted = (await call("POST", _messages(loopback), data=_form({}, ("a.txt", b"0123456789")))).json
    url = posted["attachments"][0]["url"]
    assert (await call("GET", url)).json == b"0123456789"
    assert (await call("GET", url.split("?")[0])).status == 404
    assert (await call("GET", url.replace("ex=", "ex=f"))).status == 404
    async with aiohttp.ClientSession() as http, http.get(url, headers={"Range": "bytes=4-6"}) as ranged:
        assert (ranged.status, await ranged.read()) == (206, b"456")
        assert ranged.headers["Content-Range"] == "bytes 4-6/10"
    loopback.world.delete(loopback.channel, [int(posted["id"])])
    assert (await call("GET", url)).status == 404


async def test_an_expired_link() -> None:
    async with run_discord(limits_with(url_lifetime=0)) as running, calls(running) as call:
        posted = (await call("POST", _messages(running), data=_form({}, ("a.txt", b"a")))).json
        assert (await call("GET", posted["attachments"][0]["url"])).status == 404
