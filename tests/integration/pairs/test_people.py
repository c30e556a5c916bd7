"""People on Discord: replies, moderators, the right to look back, and texts that no database takes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from msgspec.structs import replace

from pairs.lane import attempts
from pairs.people import DiscordPeople
from project.core.message import Author, Message, Node, Style
from project.sandbox.faults import FaultRule, Phase
from tests.integration.pairs.rig import Rig, running_rig, until, until_value

WEBHOOK = "POST /webhooks/{id}/{token}"


@pytest.fixture(params=["one process", "two processes"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=True, by_bot=True, apart=request.param == "two processes") as rig:
        yield rig


def said(rig: Rig, text: str, *, reply_to: int | None = None) -> Message:
    id_ = rig.discord.world.post(rig.discord.channel, rig.discord.user, text.replace("\0", ""), reply_to=reply_to)
    return Message(f"dc:{rig.discord.channel}", id_, 1, (Node(Style.TEXT, text),), Author("ann"), reply_to=reply_to)


async def test_a_reply_to_our_post_is_a_reply_at_the_destination(rig: Rig, people: DiscordPeople) -> None:
    rig.world.post(rig.source, "question")
    await rig.arrived("question")
    (ours,) = [m for m in rig.discord.world.messages(rig.discord.channel) if m.content == "question"]
    await people.posted(said(rig, "answer", reply_to=ours.id), None)
    await until(lambda: len(rig.standing()) == 2, "the answer")
    question, answer = rig.standing()
    assert answer.reply_to == question.id


async def test_a_reply_to_something_never_relayed_becomes_a_quote(rig: Rig, people: DiscordPeople) -> None:
    unseen = rig.discord.world.post(rig.discord.channel, rig.discord.user, "before the pair was made")
    await people.posted(said(rig, "answer", reply_to=unseen), None)
    await until(lambda: len(rig.standing()) == 1, "the answer")
    assert rig.standing()[0].reply_to is None
    assert "answer" in rig.standing()[0].text


async def test_our_own_webhooks_posts_are_dropped_without_a_refresh(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    await people.posted(said(rig, "echo"), int(rig.webhook.split("/")[-2]))
    assert await pg.fetchval("SELECT count(*) FROM pairs_inbox") == 0


async def test_a_text_with_nul_is_relayed(people: DiscordPeople, pg: asyncpg.Connection) -> None:
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        await people.posted(said(rig, "a\0b"), None)
        await until(lambda: any("a\ufffdb" in text for text in rig.at_destination()), "the text")


async def test_the_delete_of_something_unknown_waits_without_spinning(
    people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        await people.deleted(rig.discord.channel, list(range(1000, 1250)))
        await until_value(pg, "SELECT count(*) FROM pairs_inbox WHERE not_before > now()", 250)
        before = rig.engine._link.statements
        rig.world.post(rig.source, "goes on")
        await rig.arrived("goes on")
        assert rig.engine._link.statements - before < 40


async def test_without_the_right_to_read_history_a_lost_answer_is_counted(
    pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord then answers with an empty list, which looks as if nothing stood there."""
    monkeypatch.setattr(attempts, "SETTLE_TIME", 0.1)
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        rig.discord.world.set_permissions(rig.discord.channel, rig.discord.bot_id, ["view", "send"])
        rig.discord.world.fault(FaultRule(WEBHOOK, Phase.BEFORE, code=502))
        rig.world.post(rig.source, "hello")
        await rig.arrived("hello")
        assert rig.engine._lanes._hops[1].ambiguous == 1  # type: ignore[attr-defined]


async def test_a_delete_before_the_create_went_out_cancels_it(pg: asyncpg.Connection) -> None:
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        rig.discord.world.fault(FaultRule(WEBHOOK, Phase.BEFORE, delay=0.5))
        rig.world.post(rig.source, "slow")
        doomed = rig.world.post(rig.source, "doomed")
        rig.world.delete(rig.source, [doomed])
        rig.world.post(rig.source, "last")
        await rig.arrived("last")
        assert rig.at_destination() == rig.on_discord() == ["slow", "last"]
        assert "doomed" not in [m.content for m in rig.discord.world.messages(rig.discord.channel)]


async def test_people_are_heard_once_by_pairs_that_share_channel_and_destination(
    people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    """Two sources into one channel and on to one chat: a person's message, its edit and delete arrive there once."""
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        second = await _twin(pg, rig.pair)
        first = said(rig, "once")
        await people.posted(first, None)
        await people.posted(first, None)
        await until(lambda: [post.text for post in rig.standing()] == ["ann:\nonce"], "the message")
        taken = "SELECT count(*) FROM pairs_event e WHERE e.message_id = $1 AND e.pair_id = $2"
        assert [await pg.fetchval(taken, first.message_id, pair) for pair in (rig.pair, second)] == [1, 0]
        changed = replace(first, text=(Node(Style.TEXT, "twice said"),), edited=2)
        await people.edited(changed, None)
        await until(lambda: [post.text for post in rig.standing()] == ["ann:\ntwice said"], "the edit")
        # The pair that took it rests: another one must not say it again, whatever is heard once more.
        await pg.execute("UPDATE pairs_pair SET status = 'paused' WHERE id = $1", rig.pair)
        await people.posted(first, None)
        await people.edited(replace(changed, edited=3), None)
        assert await pg.fetchval("SELECT count(*) FROM pairs_inbox") == 0
        later = said(rig, "later")
        await people.posted(later, None)
        assert await pg.fetchval("SELECT pair_id FROM pairs_inbox WHERE message_id = $1", later.message_id) == second


async def _twin(pg: asyncpg.Connection, pair: int) -> int:
    """A pair with another source, and nobody who works it."""
    columns = await pg.fetch(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'pairs_pair' AND is_generated = "
        "'NEVER' AND column_name NOT IN ('id', 'source_chat')"
    )
    names = ", ".join(f'"{row["name"]}"' for row in columns)
    return int(
        await pg.fetchval(
            f"INSERT INTO pairs_pair (source_chat, {names}) SELECT source_chat + 1, {names} FROM pairs_pair "
            "WHERE id = $1 RETURNING id",
            pair,
        )
    )
