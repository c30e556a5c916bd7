"""What the relay does itself comes back through the gateway: an echo is no person's act, a moderator's delete is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.message import Author, Message, Node, Style
from project.discord.rest import DiscordRest
from project.sandbox.faults import FaultRule, Phase
from tests.integration.pairs.listening import listening
from tests.integration.pairs.rig import Rig, running_rig, until, until_value

LONG = "word " * 600
EVENTS = "SELECT string_agg(kind, ' ' ORDER BY seq) FROM pairs_event"
DELETES = {True: "delete_executed", False: "delete"}


@pytest.fixture(params=[True, False], ids=["webhook", "bot"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=request.param, by_bot=True) as rig:
        yield rig


async def posted(rig: Rig) -> tuple[int, list[int]]:
    """A message of two posts: its id at the source, theirs on Discord."""
    source = rig.world.post(rig.source, f"long {LONG}")
    await until(lambda: len(rig.on_discord()) == 2 and len(rig.at_destination()) == 1, "the long text")
    return source, [m.id for m in rig.discord.world.messages(rig.discord.channel) if not m.deleted]


async def heard(rig: Rig, pg: asyncpg.Connection) -> None:
    """Everything before this moment was heard: what a person writes last arrives, and nothing is left to take."""
    rig.discord.world.post(rig.discord.channel, rig.discord.user, "heard so far")
    await until(lambda: any("heard so far" in text for text in rig.at_destination()), "the marker")
    await until_value(pg, "SELECT count(*) FROM pairs_inbox", 0)


@pytest.mark.parametrize("how", ["live", "history"])
async def test_a_shrinking_edit_keeps_the_message(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection, how: str
) -> None:
    async with listening(rig, people) as listener:
        source, _ = await posted(rig)
        for text in ("short", f"long again {LONG}", "short at last"):
            rig.world.edit(rig.source, source, text)
            await rig.arrived(text[:10])
            posts = 2 if "again" in text else 1
            await until(lambda posts=posts: len(rig.on_discord()) == posts, "the number of posts")  # type: ignore[misc]
            if how == "history":
                listener.catch_up(rig.discord.channel)
        await heard(rig, pg)
        assert rig.at_destination()[0] == "short at last"
        assert [text.splitlines()[-1] for text in rig.on_discord() if "heard" not in text] == ["short at last"]
        assert await pg.fetchval(EVENTS) == "create edit edit edit create"


async def test_a_delete_at_the_source_comes_back_and_does_nothing_more(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    async with listening(rig, people):
        source, _ = await posted(rig)
        rig.world.delete(rig.source, [source])
        await until(lambda: not rig.on_discord() and not rig.at_destination(), "the delete")
        await heard(rig, pg)
        assert await pg.fetchval(EVENTS) == "create delete create"


@pytest.mark.parametrize("post", [0, 1])
async def test_a_moderators_delete_after_a_shrinking_edit(rig: Rig, people: DiscordPeople, post: int) -> None:
    """Of either post of a text that grew again."""
    async with listening(rig, people):
        source, _ = await posted(rig)
        rig.world.edit(rig.source, source, "short")
        await until(lambda: len(rig.on_discord()) == 1 and rig.at_destination() == ["short"], "the edit")
        rig.world.edit(rig.source, source, f"long again {LONG}")
        await until(lambda: len(rig.on_discord()) == 2, "both posts")
        await until(lambda: "again" in rig.at_destination()[0], "the edit at the destination")
        standing = [m.id for m in rig.discord.world.messages(rig.discord.channel) if not m.deleted]
        rig.discord.world.delete(rig.discord.channel, [standing[post]])
        await until(lambda: not rig.on_discord() and not rig.at_destination(), "the moderator's delete")


async def test_a_moderator_is_faster_than_our_own_delete(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He deletes the post that an edit leaves over, while our call for the same is under way."""
    monkeypatch.setattr("pairs.intake.inbox.LEAST_WAIT", 0.1)
    called, go_on = asyncio.Event(), asyncio.Event()
    method = DELETES[bool(rig.webhook)]
    delete = getattr(DiscordRest, method)

    async def held(*arguments: Any) -> Any:
        called.set()
        await go_on.wait()
        return await delete(*arguments)

    async with listening(rig, people):
        source, (_, surplus) = await posted(rig)
        monkeypatch.setattr(DiscordRest, method, held)
        rig.world.edit(rig.source, source, "short")
        await asyncio.wait_for(called.wait(), 10)
        rig.discord.world.delete(rig.discord.channel, [surplus])
        await until_value(pg, "SELECT count(*) FROM pairs_inbox WHERE not_before IS NOT NULL", 1)
        go_on.set()
        await until(lambda: not rig.on_discord() and not rig.at_destination(), "the moderator's delete")
        assert await pg.fetchval(EVENTS) == "create edit delete"


async def test_a_lost_answer_to_our_own_delete_makes_it_no_moderators(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repeat finds nothing to delete: that was us."""
    monkeypatch.setattr("pairs.intake.inbox.LEAST_WAIT", 0.1)
    monkeypatch.setattr("pairs.lane.attempts.SETTLE_TIME", 0.1)
    path = (
        "DELETE /webhooks/{id}/{token}/messages/{message_id}"
        if rig.webhook
        else "DELETE /channels/{id}/messages/{message_id}"
    )
    async with listening(rig, people):
        source, _ = await posted(rig)
        rig.discord.world.fault(FaultRule(path, Phase.AFTER, code=502))
        rig.world.edit(rig.source, source, "short")
        await until(lambda: len(rig.on_discord()) == 1 and rig.at_destination() == ["short"], "the edit")
        await heard(rig, pg)
        assert await pg.fetchval(EVENTS) == "create edit create"


async def test_an_echo_that_names_nobody_is_still_ours(rig: Rig, people: DiscordPeople, pg: asyncpg.Connection) -> None:
    """By what was written down, whatever the platform leaves out."""
    _, (post, _) = await posted(rig)
    await people.refresh()
    echo = Message(f"dc:{rig.discord.channel}", post, 1, (Node(Style.TEXT, "edited"),), Author("somebody"), edited=2)
    await people.edited(echo, None)
    await people.posted(echo, None)
    assert await pg.fetchval("SELECT count(*) FROM pairs_inbox") == 0
    assert await pg.fetchval(EVENTS) == "create"
