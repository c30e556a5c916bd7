"""Limits that two processes share: each has its own Discord client and its own connection to one PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

import aiohttp
import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from pairs import limits as limits_module
from pairs.journal.link import JournalLink
from pairs.lane.waits import Waits
from pairs.limits import Limits, LimitSettings
from pairs.models import Assignment, Pair
from project.core.errors import RetryLater, TargetGone
from project.core.link import Link
from project.core.secret import Secret
from project.discord.objects import Post, Webhook
from project.discord.rest import DiscordRest
from project.discord.routes import CLOUDFLARE
from project.discord.session import open_http
from project.discord.urls import parse_webhook_url
from project.sandbox.discord.limits import Limits as Profile
from project.sandbox.discord.limits import Rate
from project.sandbox.faults import FaultRule, Phase
from sessions.models import TelegramSession
from tests.integration.pairs.rig import DEVICE, until, until_value
from tests.integration.sandbox.conftest_discord import LoopbackDiscord, limits_with, run_discord

SEND = "POST /channels/{id}/messages"
EXECUTE = "POST /webhooks/{id}/{token}"
TOLD = "SELECT count(*) FROM core_rateslot WHERE blocked_until > now()"


class Process:
    """What a session's process has of Discord."""

    def __init__(
        self, discord: LoopbackDiscord, http: aiohttp.ClientSession, session: int, settings: LimitSettings
    ) -> None:
        self.waits = Waits(asyncio.get_running_loop().time)
        self.rest = DiscordRest(http=http, api_url=discord.api, token=Secret(discord.token), rate=50)
        self.link = JournalLink(Link("test"))
        self.limits = Limits(
            link=self.link,
            waits=self.waits,
            rest=self.rest,
            settings=settings,
            principal=f"session.{session}",
            rng=Random(1),
        )
        self.refused = 0

    def paused(self, scope: str) -> float:
        return self.waits.left([scope])

    async def post(self, channel: int, text: str) -> None:
        """As a lane does it: waits, sends, and waits again when it is told to."""
        while True:
            keys = (f"dc:channel:{channel}", "dc:global", CLOUDFLARE)
            while wait := max(self.waits.left(keys), self.rest.wait_before_send(channel)):
                await asyncio.sleep(wait)
            try:
                await self.rest.send(channel, Post(text))
            except RetryLater as error:
                self.waits.stop(error.scope, error.retry_after)
            else:
                return

    async def execute(self, hook: Webhook, text: str) -> None:
        while True:
            keys = (f"dc:webhook:{hook.id}", "dc:address", CLOUDFLARE)
            while wait := max(self.waits.left(keys), self.rest.wait_before_execute(hook)):
                await asyncio.sleep(wait)
            try:
                await self.rest.execute(hook, Post(text))
            except RetryLater as error:
                self.waits.stop(error.scope, error.retry_after)
            else:
                return


class Place:
    """A Discord, two sessions with a pair each, and any number of processes."""

    def __init__(self, discord: LoopbackDiscord, http: aiohttp.ClientSession, stack: AsyncExitStack) -> None:
        self.discord = discord
        self.sessions: list[int] = []
        self._http = http
        self._stack = stack

    async def pairs(self, *, webhook: int | None, channels: tuple[int, int]) -> None:
        """A pair of each of two sessions."""

        def save() -> None:
            try:
                for number, channel in enumerate(channels):
                    session = TelegramSession.objects.create(
                        name=f"s{number}", phone_sealed=b"", phone_hint="", device=DEVICE, lifecycle="active"
                    )
                    pair = Pair.objects.create(
                        source_chat=number, discord_channel=channel, destination_chat=number, webhook_id=webhook
                    )
                    Assignment.objects.create(pair=pair, session=session)
                    self.sessions.append(session.pk)
            finally:
                connections.close_all()

        await sync_to_async(save)()

    async def process(self, session: int = 0, settings: LimitSettings | None = None) -> Process:
        """A new process of a session; it knows what the tables say."""
        made = Process(self.discord, self._http, self.sessions[session], settings or LimitSettings())
        await made.limits.restore()
        await made.limits._look_who_shares()
        running = asyncio.create_task(made.limits.run())

        async def end() -> None:
            running.cancel()
            await asyncio.wait([running])
            made.link._link.close()

        self._stack.push_async_callback(end)
        return made

    def calls(self, method: str = SEND) -> int:
        return sum(calls.get(method, 0) for calls in self.discord.world.counters().calls.values())

    def refusals(self) -> int:
        errors = self.discord.world.counters().errors.values()
        return sum(count for found in errors for name, count in found.items() if name.startswith("429"))


@asynccontextmanager
async def place_with(profile: Profile) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(run_discord(profile))
        http = await stack.enter_async_context(open_http())
        yield Place(discord, http, stack)


@pytest.fixture
async def place(pg: asyncpg.Connection) -> AsyncIterator[Place]:
    async with place_with(limits_with()) as made:
        await made.pairs(webhook=None, channels=(made.discord.channel, made.discord.channel + 1))
        yield made


async def test_two_processes_share_a_webhook_at_its_pace_and_see_hardly_a_429(pg: asyncpg.Connection) -> None:
    async with place_with(limits_with(buckets={"webhook_execute": Rate(5, 1.0)})) as place:
        world = place.discord.world
        url = world.create_webhook(place.discord.channel, "relay")
        hook = parse_webhook_url(url, api_url=place.discord.api)
        await place.pairs(webhook=hook.id, channels=(place.discord.channel, place.discord.channel))
        first, second = await place.process(0), await place.process(1)
        await first.execute(hook, "one")  # the headers of an answer tell each the limit
        await second.execute(hook, "two")

        async def relay(process: Process, name: str) -> None:
            for number in range(14):
                await process.execute(hook, f"{name} {number}")

        began = asyncio.get_running_loop().time()
        await asyncio.gather(relay(first, "a"), relay(second, "b"))
        took = asyncio.get_running_loop().time() - began
        texts = place.discord.texts()
        for name in ("a", "b"):
            assert [t for t in texts if t.startswith(f"{name} ")] == [f"{name} {number}" for number in range(14)]
        assert place.refusals() <= 2
        assert took >= 4.0  # 28 posts, five in a second


async def test_two_processes_stay_below_the_tokens_limit_together(pg: asyncpg.Connection) -> None:
    async with place_with(limits_with(token_global=Rate(50, 1.0))) as place:
        world, guild = place.discord.world, place.discord.guild
        channels = [world.create_channel(guild, f"c{number}") for number in range(24)]
        await place.pairs(webhook=None, channels=(channels[0], channels[1]))
        processes = [await place.process(0), await place.process(1)]

        async def lane(number: int) -> None:
            for turn in range(5):
                await processes[number % 2].post(channels[number], f"{turn}")

        await asyncio.gather(*(lane(number) for number in range(24)))
        for channel in channels:
            assert [message.content for message in world.messages(channel)] == ["0", "1", "2", "3", "4"]
        assert place.refusals() == 0


async def test_a_global_429_of_one_process_stops_the_others_of_the_token(place: Place, pg: asyncpg.Connection) -> None:
    first, second = await place.process(0), await place.process(1)
    place.discord.world.fault(FaultRule(SEND, Phase.BEFORE, 429, '{"retry_after": 60, "global": true}'))
    task = asyncio.create_task(first.post(place.discord.channel, "kept"))
    await until_value(pg, TOLD, 1)
    late = await place.process(1)  # a restart, or a process that was not there
    assert late.paused("dc:global") > 50
    second.rest.buckets.turns._looked_at -= 60  # it has not sent for a minute
    await second.post(place.discord.channel, "the one that makes it look")
    await until(lambda: second.paused("dc:global") > 50, "the other process to know")
    with pytest.raises(RetryLater):
        await second.rest.send(place.discord.channel, Post("too early"))
    assert place.calls() == 2
    task.cancel()


async def test_a_block_page_stops_the_whole_address_and_no_other(place: Place, pg: asyncpg.Connection) -> None:
    here, there = LimitSettings(egress="192.0.2.1"), LimitSettings(egress="192.0.2.2")
    first = await place.process(0, here)
    place.discord.world.fault(FaultRule(SEND, Phase.BEFORE, 429, "<html>access denied</html>"))
    with pytest.raises(RetryLater) as limited:
        await first.rest.send(place.discord.channel, Post("x"))
    first.waits.stop(limited.value.scope, limited.value.retry_after)
    neighbour, stranger = await place.process(1, here), await place.process(1, there)
    await until_value(pg, TOLD, 1)
    await neighbour.limits._look()
    assert neighbour.paused(CLOUDFLARE) > 50
    with pytest.raises(RetryLater):
        await neighbour.rest.me()
    assert stranger.paused(CLOUDFLARE) == 0
    await stranger.rest.me()


async def test_waits_of_a_process_hold_for_the_next_one(place: Place, pg: asyncpg.Connection) -> None:
    first = await place.process(0)
    first.waits.stop("sender.3:SendMessage", 40.0)
    first.waits.stop("dc:channel:9", 0.5)  # over before anybody else could come
    await until_value(pg, TOLD, 1)
    following = await place.process(0)
    assert 30 < following.paused("sender.3:SendMessage") <= 40
    assert following.paused("dc:channel:9") == 0


async def test_refusals_of_all_processes_open_the_breaker_once_and_it_closes_by_itself(
    place: Place, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "INVALID_WINDOW", 5.0)
    settings = LimitSettings(egress="192.0.2.1", most_invalid=12)
    processes = [await place.process(0, settings), await place.process(1, settings)]
    channel = place.discord.channel
    place.discord.world.set_permissions(channel, place.discord.bot_id, [])

    async def provoke(process: Process) -> str:
        while True:
            try:
                await process.rest.send(channel, Post("x"))
            except TargetGone:
                await asyncio.sleep(0.02)
            except RetryLater as error:
                return error.scope

    async with asyncio.timeout(15):
        assert await provoke(processes[0]) == CLOUDFLARE
    made = place.calls()
    assert 12 <= made < 40
    await until_value(pg, TOLD, 1)
    await processes[1].limits._look()
    with pytest.raises(RetryLater):
        await processes[1].rest.me()
    assert place.calls() == made
    opened = await pg.fetch("SELECT * FROM core_auditevent WHERE action = 'discord.breaker_opened'")
    assert [(row["actor"], row["target"]) for row in opened] == [
        (f"worker:session.{place.sessions[0]}", "egress:192.0.2.1")
    ]
    await until(lambda: processes[1].paused(CLOUDFLARE) == 0, "the breaker to close")
    await processes[1].rest.me()
