"""The listener over a real gateway: what people do arrives once and in order, through every kind of trouble."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from project.core.errors import AccountDead, Unreachable
from project.core.message import MediaKind, Message, plain_text
from project.core.secret import Secret
from project.discord import channel_feed, gateway, opening, pacing
from project.discord import client as client_module
from project.discord import listener as listener_module
from project.discord.listener import Listener
from project.discord.rest import Post
from project.discord.urls import parse_webhook_url
from project.sandbox.discord.world import FileIn
from project.sandbox.faults import FaultRule, Phase
from tests.integration.discord.conftest import READ, Place, limits_with, run_place, until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits before a new IDENTIFY, and between looks for what could not be read."""
    monkeypatch.setattr(listener_module, "REREAD_SECONDS", 0.5)
    monkeypatch.setattr(pacing, "SECONDS_BETWEEN", 0.1)
    monkeypatch.setattr(gateway, "AFTER_INVALID", (0.1, 0.2))


IDENTIFY, RESUME = "gateway.IDENTIFY", "gateway.RESUME"


@dataclass
class Sink:
    """Remembers everything, and knows the last message it took."""

    posts: list[tuple[Message, int | None]] = field(default_factory=list)
    edits: list[tuple[Message, int | None]] = field(default_factory=list)
    deletes: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    start: int | None = None
    ours: set[int] = field(default_factory=set)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    failing: int = 0
    error: Exception = field(default_factory=lambda: Unreachable("the store is down"))

    async def posted(self, message: Message, webhook_id: int | None) -> None:
        self._maybe_fail()
        self.posts.append((message, webhook_id))

    async def edited(self, message: Message, webhook_id: int | None) -> None:
        self._maybe_fail()
        self.edits.append((message, webhook_id))

    async def deleted(self, channel_id: int, message_ids: Sequence[int]) -> None:
        self._maybe_fail()
        self.deletes.append((channel_id, tuple(message_ids)))

    async def last_seen(self, channel_id: int) -> int | None:
        scope = f"dc:{channel_id}"
        ids = [message.message_id for message, _ in self.posts if message.scope == scope]
        return max(ids, default=self.start)

    async def untaken(self, channel_id: int, message_ids: Sequence[int]) -> frozenset[int]:
        return frozenset(id_ for id_ in message_ids if id_ > (self.start or 2**63)).difference(self.ids())

    async def unread(self, channel_id: int, trouble: str) -> None:
        self.troubles.append((channel_id, trouble))

    async def standing(self, channel_id: int) -> frozenset[int]:
        gone = {id_ for channel, ids in self.deletes if channel == channel_id for id_ in ids}
        here = {message.message_id for message, _ in self.posts if message.scope == f"dc:{channel_id}"}
        return frozenset(here | self.ours) - gone

    def _maybe_fail(self) -> None:
        if self.failing:
            self.failing -= 1
            raise self.error

    def ids(self) -> list[int]:
        return [message.message_id for message, _ in self.posts]

    def texts(self) -> list[str]:
        return [plain_text(message.text) for message, _ in self.posts]


def listener_for(place: Place, sink: Sink, *channels: int, webhooks: frozenset[int] = frozenset()) -> Listener:
    paired = frozenset(channels or (place.channel,))
    return Listener(
        token=place.token,
        api_url=place.world.api_url,
        gateway_url=place.server.gateway_url,
        channels=lambda: paired,
        sink=sink,
        webhooks=lambda: webhooks,
        rng=random.Random(1),
    )


@asynccontextmanager
async def listening(
    place: Place, sink: Sink, *channels: int, webhooks: frozenset[int] = frozenset()
) -> AsyncIterator[Listener]:
    listener = listener_for(place, sink, *channels, webhooks=webhooks)
    task = asyncio.create_task(listener.run())
    try:
        await until(lambda: listener.is_ready() or task.done())
        if task.done():
            await task
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert place.server.gateway.connected() == 0


async def test_people_post_edit_and_delete(place: Place) -> None:
    sink = Sink()
    async with listening(place, sink):
        first = place.world.post(place.channel, place.person, "**hello**")
        second = place.world.post(place.channel, place.person, "answer", reply_to=first)
        await until(lambda: len(sink.posts) == 2)
        place.world.edit(place.channel, first, "changed")
        place.world.delete(place.channel, [second])
        third = place.world.post(place.channel, place.person, "three")
        place.world.delete(place.channel, [first, third])
        await until(lambda: len(sink.deletes) == 2)
    (hello, _), (answer, _), _ = sink.posts
    assert (hello.scope, hello.message_id) == (f"dc:{place.channel}", first)
    assert plain_text(hello.text) == "hello"
    assert hello.author is not None
    assert (hello.author.name, hello.author.id) == ("ann", place.person)
    assert (answer.message_id, answer.reply_to) == (second, first)
    ((edit, _),) = sink.edits
    assert (edit.message_id, plain_text(edit.text)) == (first, "changed")
    assert edit.edited is not None
    assert sink.deletes == [(place.channel, (second,)), (place.channel, (first, third))]


async def test_files_of_people(place: Place) -> None:
    sink = Sink()
    async with listening(place, sink):
        files = [FileIn("cat.png", b"12345", "image/png"), FileIn("SPOILER_a.txt", b"x", "text/plain")]
        place.world.post(place.channel, place.person, "", files=files)
        await until(lambda: sink.posts)
    photo, document = sink.posts[0][0].attachments
    assert (photo.kind, photo.name, photo.mime, photo.size, photo.index) == (
        MediaKind.PHOTO, "cat.png", "image/png", 5, 0,
    )  # fmt: skip
    assert (document.kind, document.index, document.spoiler) == (MediaKind.DOCUMENT, 1, True)
    async with aiohttp.ClientSession() as http, http.get(photo.url) as answer:
        assert await answer.read() == b"12345" or answer.status == 404


async def test_own_posts_and_edits_are_dropped_but_their_deletes_pass(place: Place) -> None:
    sink = Sink()
    made = await place.rest.create_webhook(place.channel, "ours")
    async with listening(place, sink):
        by_bot = await place.rest.send(place.channel, Post("by the bot"))
        by_ours = await place.rest.execute(made, Post("by our application's webhook"))
        by_persons = await place.rest.execute(place.hook, Post("by a person's webhook"))
        await place.rest.edit(place.channel, by_bot, Post("by the bot, edited"))
        await place.rest.edit_executed(made, by_ours, Post("edited too"))
        place.world.delete(place.channel, [by_bot])
        place.world.delete(place.channel, [by_ours])
        await until(lambda: len(sink.deletes) == 2)
    assert [(message.message_id, hook) for message, hook in sink.posts] == [(by_persons, place.hook.id)]
    assert sink.edits == []
    assert sink.deletes == [(place.channel, (by_bot,)), (place.channel, (by_ours,))]


async def test_posts_of_a_webhook_known_as_ours_are_dropped_and_others_pass(place: Place) -> None:
    sink = Sink()
    foreign = parse_webhook_url(place.world.create_webhook(place.channel, "foreign"), api_url=place.world.api_url)
    async with listening(place, sink, webhooks=frozenset({place.hook.id})):
        ours = await place.rest.execute(place.hook, Post("by a pair's webhook"))
        await place.rest.edit_executed(place.hook, ours, Post("edited"))
        theirs = await place.rest.execute(foreign, Post("by a foreign one"))
        said = place.world.post(place.channel, place.person, "by a person")
        place.world.edit(place.channel, said, "by a person, edited")
        place.world.delete(place.channel, [ours])
        await until(lambda: len(sink.deletes) == 1)
    assert [(message.message_id, hook) for message, hook in sink.posts] == [(theirs, foreign.id), (said, None)]
    assert [message.message_id for message, _ in sink.edits] == [said]
    assert sink.deletes == [(place.channel, (ours,))]


async def test_dropped_echoes_count_for_a_resume(place: Place) -> None:
    sink = Sink()
    async with listening(place, sink):
        before = place.world.post(place.channel, place.person, "before")
        for number in range(5):
            await place.rest.send(place.channel, Post(f"echo {number}"))
        marker = place.world.post(place.channel, place.person, "marker")
        await until(lambda: marker in sink.ids())
        for number in range(5):
            await place.rest.send(place.channel, Post(f"last echo {number}"))
        assert place.world.kill_gateway("cut") == 1
        during = place.world.post(place.channel, place.person, "during")
        await until(lambda: during in sink.ids())
    assert sink.ids() == [before, marker, during]
    assert (place.calls(IDENTIFY), place.calls(RESUME)) == (1, 1)


async def test_other_channels_are_not_heard(place: Place) -> None:
    sink = Sink()
    other = place.world.create_channel(place.guild, "other")
    async with listening(place, sink):
        noise = place.world.post(other, place.person, "noise")
        place.world.edit(other, noise, "more noise")
        place.world.delete(other, [noise])
        place.world.post(place.channel, place.person, "signal")
        await until(lambda: sink.posts)
    assert (sink.texts(), sink.edits, sink.deletes) == (["signal"], [], [])


@pytest.mark.parametrize("how", ["cut", "op7", "op9_resumable", "close:4000", "close:1001", "close:1000"])
async def test_a_resumed_session_loses_and_doubles_nothing(place: Place, how: str) -> None:
    sink = Sink()
    async with listening(place, sink):
        before = place.world.post(place.channel, place.person, "before")
        await until(lambda: sink.posts)
        assert place.world.kill_gateway(how) == 1
        during = place.world.post(place.channel, place.person, "during")
        place.world.edit(place.channel, before, "edited meanwhile")
        place.world.delete(place.channel, [before])
        await until(lambda: place.calls(RESUME) >= 1 and len(sink.deletes) == 1)
        after = place.world.post(place.channel, place.person, "after")
        await until(lambda: after in sink.ids())
    assert sink.ids() == [before, during, after]
    assert len(sink.edits) == 1
    assert place.calls(IDENTIFY) == 1


async def test_a_gateway_that_falls_silent_is_noticed_and_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "HEARTBEAT_SECONDS", 1.0)
    sink = Sink()
    async with run_place(limits_with(heartbeat=0.3)) as place, listening(place, sink):
        place.world.kill_gateway("silence")
        during = place.world.post(place.channel, place.person, "during")
        await until(lambda: during in sink.ids(), seconds=30)
        assert place.calls(RESUME) == 1


@pytest.mark.parametrize("how", ["op9", "forget", "close:4007", "close:4009"])
async def test_a_new_session_fills_the_gap_in_order_and_doubles_nothing(place: Place, how: str) -> None:
    sink = Sink()
    if how.startswith("close:"):  # Discord then refuses the RESUME
        place.world.fault(FaultRule(RESUME, Phase.BEFORE, int(how[6:])))
    async with listening(place, sink):
        before = place.world.post(place.channel, place.person, "before")
        await until(lambda: sink.posts)
        place.world.kill_gateway("forget" if how.startswith("close:") else how)
        during = [place.world.post(place.channel, place.person, f"during {i}") for i in range(150)]
        place.world.edit(place.channel, before, "edited meanwhile")
        await until(lambda: place.calls(IDENTIFY) >= 2, seconds=30)
        after = place.world.post(place.channel, place.person, "after")
        await until(lambda: after in sink.ids(), seconds=30)
    assert sink.ids() == [before, *during, after]
    assert [plain_text(edit.text) for edit, _ in sink.edits] == ["edited meanwhile"]


async def test_what_was_posted_before_the_start_is_caught_up_first(place: Place) -> None:
    start = place.world.post(place.channel, place.person, "already taken")
    missed = [place.world.post(place.channel, place.person, f"missed {i}") for i in range(3)]
    by_bot = await place.rest.send(place.channel, Post("ours"))
    fresh = place.world.create_channel(place.guild, "fresh")
    place.world.post(fresh, place.person, "before the pair existed")
    sink = Sink(start=start)
    original = sink.last_seen

    async def last_seen(channel_id: int) -> int | None:
        return None if channel_id == fresh else await original(channel_id)

    sink.last_seen = last_seen  # type: ignore[method-assign]
    async with listening(place, sink, place.channel, fresh):
        live = [place.world.post(channel, place.person, "live") for channel in (place.channel, fresh)]
        await until(lambda: set(live) <= set(sink.ids()))
    assert by_bot not in sink.ids()
    here = [message.message_id for message, _ in sink.posts if message.scope == f"dc:{place.channel}"]
    assert here == [*missed, live[0]]
    assert [id_ for id_ in sink.ids() if id_ not in here] == [live[1]]


async def test_catching_up_goes_on_until_discord_answers(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    start = place.world.post(place.channel, place.person, "already taken")
    missed = place.world.post(place.channel, place.person, "missed")
    monkeypatch.setattr(channel_feed, "TOLD_AFTER", 2)
    place.world.fault(FaultRule(READ, Phase.BEFORE, 400, "odd", count=2))
    sink = Sink(start=start)
    async with listening(place, sink):
        live = place.world.post(place.channel, place.person, "live")
        await until(lambda: live in sink.ids())
    assert sink.ids() == [missed, live]
    begun, over = sink.troubles
    assert begun == (place.channel, "Its history could not be read 2 times (HTTPException).")
    assert over == (place.channel, "")


async def test_a_channel_that_cannot_be_read_is_told_and_does_not_stop_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = place.world.create_channel(place.guild, "closed")
    place.world.set_permissions(closed, place.bot, [])
    sink = Sink(start=1)
    monkeypatch.setattr(channel_feed, "CLOSED_SECONDS", 0.5)
    async with listening(place, sink, place.channel, closed):
        live = place.world.post(place.channel, place.person, "live")
        await until(lambda: live in sink.ids() and len(sink.troubles) == 2)
        assert set(sink.troubles) == {(place.channel, ""), (closed, "The bot may not see the channel, or it is gone.")}
        missed = place.world.post(closed, place.person, "missed")
        place.world.set_permissions(closed, place.bot, ["view", "send", "history"])
        await until(lambda: missed in sink.ids() and sink.troubles[-1] == (closed, ""), seconds=30)


async def test_a_store_that_is_down_gets_everything_later_and_in_order(place: Place) -> None:
    sink = Sink(failing=3)
    async with listening(place, sink):
        ids = [place.world.post(place.channel, place.person, f"{i}") for i in range(5)]
        place.world.delete(place.channel, [ids[0]])
        await until(lambda: sink.deletes, seconds=30)
    assert sink.ids() == ids
    assert sink.deletes == [(place.channel, (ids[0],))]


async def test_a_pair_that_comes_back_is_caught_up_when_told(place: Place) -> None:
    sink = Sink()
    paired: set[int] = set()
    listener = Listener(
        token=place.token,
        api_url=place.world.api_url,
        gateway_url=place.server.gateway_url,
        channels=lambda: frozenset(paired),
        sink=sink,
    )
    task = asyncio.create_task(listener.run())
    await until(listener.is_ready)
    while_paused = place.world.post(place.channel, place.person, "while paused")
    sink.start = while_paused - 1
    paired.add(place.channel)
    listener.catch_up(place.channel)
    live = place.world.post(place.channel, place.person, "live")
    await until(lambda: live in sink.ids())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sink.ids() == [while_paused, live]


async def test_an_act_that_always_fails_does_not_stop_the_channel(place: Place) -> None:
    sink = Sink(failing=3, error=KeyError("a bug"))
    async with listening(place, sink):
        poison = place.world.post(place.channel, place.person, "poison")
        good = place.world.post(place.channel, place.person, "good")
        await until(lambda: good in sink.ids(), seconds=30)
    assert sink.ids() == [poison, good]
    assert (sink.texts(), sink.posts[0][0].note) == (["", "good"], "[a message that could not be read]")


async def test_an_event_that_cannot_be_read_is_found_in_the_history(place: Place) -> None:
    sink = Sink()
    async with listening(place, sink):
        first = place.world.post(place.channel, place.person, "first")
        await until(lambda: sink.posts)
        second = place.world.post(place.channel, place.person, "second", without=["id"])
        place.world.override(place.channel, second, {})
        third = place.world.post(place.channel, place.person, "third")
        await until(lambda: third in sink.ids())
        place.world.override(place.channel, first, {"content": None})
        place.world.edit(place.channel, first, "first, edited")
        place.world.override(place.channel, first, {})
        await until(lambda: sink.edits, seconds=30)
    assert sorted(sink.ids()) == [first, second, third]
    assert len(sink.ids()) == 3
    assert place.calls(IDENTIFY) == 1


FORWARD = {
    "type": 0, "content": "", "message_reference": {"type": 1, "channel_id": "1", "message_id": "2", "guild_id": "3"},
    "message_snapshots": [{"message": {
        "type": 0, "content": "old news", "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None,
        "flags": 0, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": None,
    }}],
}  # fmt: skip


@pytest.mark.parametrize("missed", [False, True])
async def test_a_forward_with_null_components_costs_nothing(place: Place, missed: bool) -> None:
    """discord.py#10115: such a message ended Discord -> Telegram of its channel for good."""
    sink = Sink()
    async with listening(place, sink):
        before = place.world.post(place.channel, place.person, "before")
        await until(lambda: sink.posts)
        if missed:
            place.world.kill_gateway("forget")
        forward = place.world.post(place.channel, place.person, "x", overrides=FORWARD)
        after = place.world.post(place.channel, place.person, "after")
        await until(lambda: after in sink.ids(), seconds=30)
    assert sink.ids() == [before, forward, after]
    assert (sink.texts()[1], sink.posts[1][0].note) == ("old news", "[forwarded]")


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}])
async def test_odd_events_of_any_kind_cost_themselves_only(place: Place, odd: object) -> None:
    sink = Sink()
    names = ["GUILD_CREATE", "CHANNEL_UPDATE", "GUILD_ROLE_UPDATE", "THREAD_LIST_SYNC", "WHATEVER_IS_NEW"]
    names += ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"]
    async with listening(place, sink):
        for name in names:
            place.world.dispatch(name, odd)
        for field in ("id", "ids"):
            place.world.dispatch("MESSAGE_DELETE_BULK", {"channel_id": str(place.channel), field: odd})
            place.world.dispatch("MESSAGE_DELETE", {"channel_id": str(place.channel), field: odd})
        after = place.world.post(place.channel, place.person, "after")
        place.world.delete(place.channel, [after])
        await until(lambda: sink.deletes)
    assert sink.ids() == [after]
    assert sink.deletes[-1] == (place.channel, (after,))
    assert place.calls(IDENTIFY) == 1


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_fatal_codes_end_it_with_one_identify(place: Place, code: int) -> None:
    place.world.fault(FaultRule(IDENTIFY, Phase.BEFORE, code))
    with pytest.raises(AccountDead) as dead:
        await asyncio.wait_for(listener_for(place, Sink()).run(), 15)
    assert dead.value.code == str(code)
    assert dead.value.hint
    assert place.calls(IDENTIFY) == 1


async def test_a_missing_intent_is_named(place: Place) -> None:
    place.world.set_bot(place.bot, message_content=False)
    with pytest.raises(AccountDead, match="read messages") as dead:
        await asyncio.wait_for(listener_for(place, Sink()).run(), 15)
    assert "Message Content" in dead.value.hint


async def test_a_wrong_token_ends_it_before_any_identify(place: Place) -> None:
    place.token = Secret("wrong")
    with pytest.raises(AccountDead):
        await asyncio.wait_for(listener_for(place, Sink()).run(), 15)
    assert place.calls(IDENTIFY) == 0


async def test_discord_down_at_the_start_is_waited_out() -> None:
    async with run_place(limits_with()) as place:
        place.world.fault(FaultRule("GET /users/@me", Phase.BEFORE, 400, "odd", count=2))
        place.world.fault(FaultRule(IDENTIFY, Phase.BEFORE, 4000))
        sink = Sink()
        listener = listener_for(place, sink)
        task = asyncio.create_task(listener.run())
        await until(listener.is_ready, seconds=30)
        place.world.post(place.channel, place.person, "made it")
        await until(lambda: sink.posts)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def miss(place: Place) -> None:
    """A stretch in which nothing is heard begins; `end_stretch` ends it."""
    assert place.world.kill_gateway("deaf") == 1


async def end_stretch(place: Place, sink: Sink, how: str = "op9") -> None:
    """The session is invalid: a new one begins, and with it everything that was missed is told."""
    assert place.world.kill_gateway(how) == 1
    marker = place.world.post(place.channel, place.person, "marker")
    await until(lambda: marker in sink.ids(), seconds=30)


@pytest.mark.parametrize("how", ["op9", "forget", "cut"])
async def test_posts_edits_and_deletes_of_a_lost_stretch_are_found(place: Place, how: str) -> None:
    sink = Sink()
    async with listening(place, sink):
        first, second, third = (place.world.post(place.channel, place.person, str(n)) for n in range(3))
        ours = await place.rest.send(place.channel, Post("ours"))
        kept = await place.rest.send(place.channel, Post("ours, kept"))
        sink.ours |= {ours, kept}
        await until(lambda: third in sink.ids())
        miss(place)
        fourth = place.world.post(place.channel, place.person, "during")
        place.world.edit(place.channel, first, "edited")
        place.world.delete(place.channel, [second])
        place.world.delete(place.channel, [ours])
        place.world.post(place.channel, place.person, "deleted, too")
        place.world.delete(place.channel, [place.world.messages(place.channel)[-1].id])
        await end_stretch(place, sink, how)
    assert sink.ids()[:4] == [first, second, third, fourth]
    assert sink.texts()[3:] == ["during", "marker"]
    assert [plain_text(edit.text) for edit, _ in sink.edits] == ["edited"]
    assert sink.deletes == [(place.channel, (second, ours))]


async def test_a_post_of_ours_deleted_before_its_id_was_known_is_found_a_little_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "AGAIN_SECONDS", 0.5)
    sink = Sink()
    async with listening(place, sink):
        said = place.world.post(place.channel, place.person, "hello")
        await until(lambda: said in sink.ids())
        miss(place)
        ours = await place.rest.send(place.channel, Post("ours"))
        place.world.delete(place.channel, [ours])
        await end_stretch(place, sink)
        assert sink.deletes == []
        sink.ours.add(ours)  # the answer came at last
        await until(lambda: sink.deletes, seconds=30)
    assert sink.deletes == [(place.channel, (ours,))]


async def test_a_post_missed_before_one_that_was_heard_is_found(place: Place) -> None:
    sink = Sink(start=1)
    async with listening(place, sink):
        missed = place.world.post(place.channel, place.person, "missed", without=["channel_id"])
        place.world.override(place.channel, missed, {})
        heard = place.world.post(place.channel, place.person, "heard")
        await until(lambda: heard in sink.ids() and missed in sink.ids())
    assert sink.ids().count(missed) == 1


async def test_a_history_that_may_not_be_read_is_no_deletion(place: Place) -> None:
    """Discord answers with an empty list, not with an error, when Read Message History is missing."""
    sink = Sink()
    async with listening(place, sink):
        place.world.post(place.channel, place.person, "stands")
        await until(lambda: sink.posts)
        place.world.set_permissions(place.channel, place.bot, ["view", "send"])
        place.world.kill_gateway("op9")
        told = (place.channel, "The bot may not read the message history.")
        await until(lambda: sink.troubles[-1] == told, seconds=30)
        place.world.set_permissions(place.channel, place.bot, ["view", "send", "history"])
        last = place.world.post(place.channel, place.person, "last")
        await until(lambda: last in sink.ids())
    assert sink.deletes == []


async def test_a_purge_of_more_than_a_page_is_found(place: Place) -> None:
    sink = Sink()
    async with listening(place, sink):
        ids = [place.world.post(place.channel, place.person, str(n)) for n in range(120)]
        await until(lambda: len(sink.posts) == 120)
        miss(place)
        place.world.delete(place.channel, ids[20:])
        await end_stretch(place, sink)
    assert sink.deletes == [(place.channel, tuple(ids[20:]))]
    assert len(sink.posts) == 121
