"""Our requests, and the loopback Discord's answers, are as Discord's own description of its API has them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import discord
import pytest

from project.core.errors import AccountDead, Refused, RetryLater, TargetGone
from project.core.secret import Secret
from project.discord.client import set_endpoints
from project.discord.objects import Webhook
from project.discord.rest import DiscordRest, FilePart, Post
from project.sandbox.discord.limits import Rate
from project.sandbox.discord.world import FileIn
from tests.harness.discord_spec import Exchange, compared, needed, recorded
from tests.integration.discord.conftest import Place, limits_with, run_place, until
from tests.integration.discord.test_listener import Sink, listening
from tests.integration.pairs.rig import running_rig


def part(name: str) -> FilePart:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"12345"

    return FilePart(name, "image/png", 5, chunks)


def differences(exchanges: list[Exchange], *routes: str) -> list[str]:
    """What differs, each once; every one of `routes` must have been called with success."""
    report = compared(exchanges)
    called = {route for route, statuses in report.checked.items() if any(status < "300" for status in statuses)}
    assert set(routes) <= called, set(routes) - called
    # The description has the codes of a form's errors as numbers, the reference ("Error Messages") as texts.
    found = [p for p in report.problems if not (p.part == "answer 400" and p.at.startswith("errors."))]
    return sorted({f"{p.route} {p.part} {p.at}: {p.problem}" for p in found})


@pytest.fixture(autouse=True)
def described() -> None:
    needed()


MESSAGES, MESSAGE = "/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}"
HOOK = "/webhooks/{webhook_id}/{webhook_token}"


def test_a_difference_is_noticed() -> None:
    odd = [
        Exchange("GET", "/channels/5/messages", {"limit": "5", "odd": "1"}, None, 200, [{"id": "7"}]),
        Exchange("POST", "/channels/5/messages", {}, {"content": "x", "odd": 1}, 204, None),
        Exchange(
            "POST", "/webhooks/5/abc", {}, {"content": 5}, 429, {"message": "x", "retry_after": 1, "global": False}
        ),
        Exchange("GET", "/nowhere", {}, None, 404, None),
    ]
    told = differences(odd)
    for expected in (
        "GET /channels/{channel_id}/messages query odd: unknown",
        "GET /channels/{channel_id}/messages answer 200 0.author: ",
        "POST /channels/{channel_id}/messages request odd: unknown field",
        "POST /channels/{channel_id}/messages answer 204 : the description has none",
        "POST /webhooks/{webhook_id}/{webhook_token} answer 429 code: ",
        "GET /nowhere route : unknown",
    ):
        assert any(line.startswith(expected) for line in told), expected


async def test_all_that_we_ask_and_get() -> None:
    with recorded() as exchanges:
        async with run_place() as place:
            rest, channel = place.rest, place.channel
            place.world.post(channel, place.person, "a file", files=[FileIn("cat.png", b"12345", "image/png")])
            said = place.world.post(channel, place.person, f"hello <@{place.bot}>")
            place.world.edit(channel, said, "hello, edited")
            await rest.me()
            await rest.channel(channel)
            await rest.channel(place.world.create_thread(channel, "thread"))
            await rest.permissions(channel)
            place.world.set_permissions(channel, place.bot, ["view", "send", "history", "attach", "manage_webhooks"])
            await rest.permissions(channel)
            made = await rest.create_webhook(channel, "ours")
            await rest.webhook(made)
            await rest.webhook(place.hook)
            posts = [
                Post("x"),
                Post("answer", reply_to=said, nonce="n1"),
                Post("", files=(part("a.png"), part("b.png"))),
            ]
            ids = [await rest.send(channel, post) for post in posts]
            await rest.edit(channel, ids[0], Post("y"))
            await rest.edit(channel, ids[2], Post("y"))
            await rest.edit(channel, ids[2], Post("y", files=(part("c.png"),)))
            by_hook = [await rest.execute(made, Post("x", username="News", files=(part("a.png"),)))]
            by_hook.append(await rest.execute(place.hook, Post("x", username="News")))
            await rest.edit_executed(made, by_hook[0], Post("y"))
            await rest.edit_executed(place.hook, by_hook[1], Post("y", had_files=False))
            await rest.recent(channel, after_id=0)
            await rest.delete(channel, ids[1])
            await rest.delete_executed(made, by_hook[0])
            await rest.delete(channel, ids[1])
            await refusals(place)
    assert differences(
        exchanges,
        "GET /users/@me", "GET /applications/@me", "GET /channels/{channel_id}", "GET /guilds/{guild_id}",
        "GET /guilds/{guild_id}/members/{user_id}", f"GET {MESSAGES}", f"POST {MESSAGES}", f"GET {MESSAGE}",
        f"PATCH {MESSAGE}", f"DELETE {MESSAGE}", "POST /channels/{channel_id}/webhooks", f"GET {HOOK}", f"POST {HOOK}",
        f"GET {HOOK}/messages/{{message_id}}", f"PATCH {HOOK}/messages/{{message_id}}",
        f"DELETE {HOOK}/messages/{{message_id}}",
    ) == []  # fmt: skip


async def refusals(place: Place) -> None:
    """Answers other than success."""
    stranger = DiscordRest(http=place.http, api_url=place.world.api_url, token=Secret("wrong"))
    with pytest.raises(AccountDead):
        await stranger.me()
    with pytest.raises(TargetGone):
        await place.rest.send(4711, Post("x"))
    with pytest.raises(TargetGone):
        await place.rest.webhook(Webhook(place.hook.id, Secret("wrong-token")))
    for content in ("", "x" * 2001):
        with pytest.raises(Refused):
            await place.rest.send(place.channel, Post(content))
    with pytest.raises(Refused):
        await place.rest.edit(place.channel, 4711, Post("x", had_files=False))
    said = place.world.post(place.channel, place.person, "a person's")
    with pytest.raises(Refused):
        await place.rest.edit(place.channel, said, Post("x", had_files=False))


async def test_answers_that_ask_to_wait() -> None:
    with recorded() as exchanges:
        async with run_place(limits_with(webhook_channel=Rate(1, 60.0))) as place:
            await place.rest.execute(place.hook, Post("x"))
            with pytest.raises(RetryLater):
                await place.rest.execute(place.hook, Post("x"))
    assert "429" in compared(exchanges).checked[f"POST {HOOK}"]
    assert differences(exchanges) == []


async def test_all_that_the_listener_asks_and_gets() -> None:
    with recorded() as exchanges:
        async with run_place() as place:
            sink = Sink(start=1)
            async with listening(place, sink):
                said = place.world.post(place.channel, place.person, "hello")
                await until(lambda: said in sink.ids())
                place.world.kill_gateway("deaf")
                place.world.delete(place.channel, [said])
                place.world.kill_gateway("op9")
                await until(lambda: sink.deletes, seconds=30)
    assert differences(exchanges, "GET /users/@me", "GET /oauth2/applications/@me", f"GET {MESSAGES}") == []


@pytest.mark.parametrize("by_webhook", [True, False])
async def test_all_that_relaying_asks_and_gets(pg: asyncpg.Connection, by_webhook: bool) -> None:
    with recorded() as exchanges:
        async with running_rig(pg, by_webhook=by_webhook, by_bot=True) as rig:
            first = rig.world.post(rig.source, "long " + "word " * 600)
            answer = rig.world.post(rig.source, "an answer", reply_to=first)
            await rig.arrived("an answer")
            rig.world.edit(rig.source, answer, "an answer, edited")
            await rig.arrived("an answer, edited")
            rig.world.delete(rig.source, [first])
            rig.world.post(rig.source, "last")
            await rig.arrived("last")
            await until(lambda: len(rig.on_discord()) == 2)
    posted = f"POST {HOOK}" if by_webhook else f"POST {MESSAGES}"
    assert differences(exchanges, posted) == []


async def test_all_that_a_stock_client_asks_of_the_rest(place: Place) -> None:
    """Routes that the relay does not call, but that the loopback Discord has."""
    with recorded() as exchanges:
        set_endpoints(place.world.api_url, "")
        client = discord.Client(intents=discord.Intents.none())
        await client.login(place.token.reveal())
        http, channel, guild = client.http, place.channel, place.guild
        await http.get_bot_gateway()
        await http.get_user(place.person)
        await http.get_guilds(100)
        await http.get_all_guild_channels(guild)
        await http.get_roles(guild)
        await http.guild_webhooks(guild)
        await http.channel_webhooks(channel)
        await http.get_member(guild, place.person)
        made = await http.create_webhook(channel, name="hook")
        await http.get_webhook(int(made["id"]))
        managed = discord.http.Route("PATCH", "/webhooks/{hook}", hook=int(made["id"]))
        await http.request(managed, json={"name": "renamed"})
        held = discord.http.Route("PATCH", "/webhooks/{hook}/{token}", hook=int(made["id"]), token=made["token"])
        await http.request(held, json={"name": "again"})
        embed = {"title": "News", "fields": [{"name": "of", "value": "today"}]}
        posting = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        for number in (1, 2):
            await http.request(posting, json={"content": str(number), "embeds": [embed]})
        ids = [message["id"] for message in await http.logs_from(channel, 2)]
        await http.delete_messages(channel, ids)
        await http.request(discord.http.Route("DELETE", "/webhooks/{hook}", hook=int(made["id"])))
        await client.close()
    assert differences(exchanges) == []
