"""A message followed over the three chats while the pair runs; sent again, deleted downstream; the pair moved away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from pairs.domain.references import DiscordPost, TelegramPost
from pairs.models import Delivery, Pair
from pairs.services.editing import PairChange, edit_pair
from pairs.services.finding import Poster
from pairs.services.removal import remove_pairs
from pairs.services.resending import delete_downstream, plan_resend, resend
from pairs.services.statuses import pause, resume
from pairs.services.trace import PairTrace, trace
from project.core.errors import Conflict, NotFound
from tests.integration.pairs.rig import Rig, running_rig, until, until_value

T = TypeVar("T")


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=True, by_bot=True, apart=True) as rig:
        yield rig


async def orm(act: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """A service in a thread of its own, as the bot calls it."""

    def run() -> T:
        try:
            return act(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(run)()


async def traced(post: TelegramPost | DiscordPost) -> PairTrace:
    (found,) = await orm(trace, post)
    return found


async def settled(pg: asyncpg.Connection) -> None:
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE state IN ('waiting', 'sending', 'held')", 0)


async def test_a_message_is_followed_from_any_chat_sent_again_and_deleted(rig: Rig, pg: asyncpg.Connection) -> None:
    message = rig.world.post(rig.source, "hello")
    await rig.arrived("hello")
    rig.world.edit(rig.source, message, "hello there")
    await rig.arrived("hello there")
    await settled(pg)
    found = await traced(TelegramPost(rig.source, "", message))
    assert [(event.kind, event.revision) for event in found.events] == [("create", 0), ("edit", 1)]
    ((_, (discord,)), (_, (copy,))) = found.events[0].hops
    assert (discord.state, copy.state) == ("sent", "sent")
    assert copy.link == f"https://t.me/c/{rig.destination}/{rig.standing()[0].id}"
    assert await traced(TelegramPost(rig.destination, "", rig.standing()[0].id)) == found
    assert await traced(DiscordPost(rig.discord.channel, int(discord.link.rsplit("/", 1)[1]))) == found

    assert found.event_id is not None
    with pytest.raises(Conflict, match="appear again"):
        await orm(resend, actor="me", event_id=found.event_id)
    plan = await orm(resend, actor="me", event_id=found.event_id, agreed=[1, 2])
    assert plan.appears_again == (1, 2)
    await until(lambda: rig.at_destination() == ["hello there"] * 2, "one more copy, in its newest words")
    await settled(pg)
    assert len(rig.on_discord()) == 2

    await orm(delete_downstream, actor="me", event_id=found.event_id)
    await until(lambda: rig.at_destination() == ["hello there"], "the newest copy to go")
    await until(lambda: len(rig.on_discord()) == 1, "the newest copy to go from Discord")
    with pytest.raises(Conflict, match="deleted"):
        await orm(plan_resend, found.event_id)
    assert not next(m for m in rig.world.messages(rig.source) if m.id == message).deleted


async def test_what_was_not_forwarded_says_why(rig: Rig) -> None:
    rig.world.post(rig.source, "first")
    await rig.arrived("first")
    await orm(pause, [rig.pair], actor="me", reason="holiday")
    await until(lambda: not rig.engine._pairs[rig.pair].journals, "the pause to be noticed")
    message = rig.world.post(rig.source, "while paused")
    found = await traced(TelegramPost(rig.source, "", message))
    assert found.event_id is None
    assert found.why.startswith("The pair is paused (holiday). It goes on from message")
    await orm(resume, [rig.pair], actor="me")
    await rig.arrived("while paused")
    assert (await traced(TelegramPost(rig.source, "", message))).event_id
    assert "neither a post of ours" in (await traced(DiscordPost(rig.discord.channel, 5))).why
    with pytest.raises(NotFound):
        await orm(trace, DiscordPost(4, 5))


async def test_another_destination_while_it_runs_loses_nothing_and_touches_no_stranger(
    rig: Rig, pg: asyncpg.Connection
) -> None:
    """Both chats number their messages from the same beginning: an id of one names another message in the other."""
    first = rig.world.post(rig.source, "old words")
    await rig.arrived("old words")
    new = rig.world.create_channel("New", admins=[rig.user, rig.bot.user_id])
    info = await rig._accounts[rig.sender].resolve(f"-100{new}")
    sender = await orm(lambda: Pair.objects.select_related("sender").get().sender)
    for number in range(5):
        rig.world.post(rig.source, f"before {number}")
    await orm(edit_pair, actor="me", pair_id=rig.pair, change=PairChange(poster=Poster(info, sender)))
    for number in range(5):
        rig.world.post(rig.source, f"after {number}")
    await until(lambda: "after 4" in rig.at_destination(new), "what comes after the change")
    rig.world.edit(rig.source, first, "new words")
    await until(lambda: any("new words" in line for line in rig.on_discord()), "the edit on Discord")
    await settled(pg)
    came = rig.at_destination()[1:] + rig.at_destination(new)
    assert came == [f"before {n}" for n in range(5)] + [f"after {n}" for n in range(5)]
    assert "old words" in rig.at_destination()
    assert not any("new words" in text for text in rig.at_destination(new))


async def test_another_sender_while_it_runs_doubles_nothing(rig: Rig, pg: asyncpg.Connection) -> None:
    """The bot's process and the session's would both be the sender's for a moment."""
    info = await rig._accounts[rig.session].resolve(f"-100{rig.destination}")
    texts = [f"words {number}" for number in range(16)]
    for text in texts[:8]:
        rig.world.post(rig.source, text)
    await orm(edit_pair, actor="me", pair_id=rig.pair, change=PairChange(poster=Poster(info, None)))
    for text in texts[8:]:
        rig.world.post(rig.source, text)
    await until(lambda: texts[-1] in rig.at_destination(), "the last words")
    await settled(pg)
    assert rig.at_destination() == texts
    assert rig.standing()[-1].author_id == rig.user


async def test_nothing_is_sent_after_a_removal(rig: Rig, pg: asyncpg.Connection) -> None:
    rig.world.post(rig.source, "before")
    await rig.arrived("before")
    await orm(remove_pairs, actor="me", pair_ids=[rig.pair])
    rig.world.post(rig.source, "after")
    await until(lambda: rig.pair not in rig.engine._pairs, "the owner to let go of it")
    assert rig.at_destination() == ["before"]
    assert len(rig.on_discord()) == 1
    assert await orm(lambda: Delivery.objects.filter(state="waiting").count()) == 0
