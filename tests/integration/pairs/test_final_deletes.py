"""A copy that somebody deleted: no later edit brings a part of it back, and none adds one to what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.sandbox.discord.views import FileIn
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.messages import NewFile
from project.telegram.account import TelegramAccount
from tests.integration.pairs.listening import listening
from tests.integration.pairs.rig import Rig, running_rig, until, until_value
from tests.integration.telegram.pictures import png

PHOTO = NewFile("p.png", "image/png", png(), photo=True)
DOCUMENT = NewFile("other.bin", "application/octet-stream", b"other bytes")
LONG = "x" * 1990  # with a file: a caption and a text on Telegram
UNFINISHED = "SELECT count(*) FROM pairs_delivery WHERE state NOT IN ('sent', 'skipped')"
HELD_UP = "SELECT count(*) FROM pairs_delivery WHERE hop = 2 AND not_before > now()"


@pytest.fixture(params=[True, False], ids=["webhook and sender bot", "bot and session"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=request.param, by_bot=request.param) as rig:
        yield rig


@pytest.fixture
async def people() -> AsyncIterator[DiscordPeople]:
    people = DiscordPeople(current().database_url)
    yield people
    await people.close()


async def settled(rig: Rig, pg: asyncpg.Connection, events: int) -> None:
    """So many events were journaled, and both hops are through with them."""
    await until_value(pg, "SELECT count(*) FROM pairs_event", events)
    await until_value(pg, UNFINISHED, 0)


def said(rig: Rig, text: str) -> int:
    """A person's message with a file on Discord."""
    files = [FileIn("a.pdf", b"a", "application/pdf")]
    return rig.discord.world.post(rig.discord.channel, rig.discord.user, text, files=files)


@pytest.mark.parametrize("first", ["short", LONG], ids=["of one part", "of two parts"])
async def test_a_text_that_grows_adds_nothing_to_a_copy_that_an_administrator_deleted(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection, first: str
) -> None:
    async with listening(rig, people):
        id_ = said(rig, first)
        await settled(rig, pg, 1)
        rig.world.delete(rig.destination, [message.id for message in rig.standing()])
        for number, text in enumerate(["short again", LONG, LONG[:1500]]):
            rig.discord.world.edit(rig.discord.channel, id_, text)
            await settled(rig, pg, number + 2)
            assert rig.standing() == []


@pytest.mark.parametrize("files", [[], [PHOTO]], ids=["added", "replaced"])
async def test_a_file_that_an_edit_brings_does_not_come_alone(
    rig: Rig, pg: asyncpg.Connection, files: list[NewFile]
) -> None:
    id_ = rig.world.post(rig.source, "caption", files=files)
    await settled(rig, pg, 1)
    rig.world.delete(rig.destination, [message.id for message in rig.standing()])
    rig.world.edit(rig.source, id_, "caption, edited", file=DOCUMENT)
    await settled(rig, pg, 2)
    assert rig.standing() == []
    assert "caption, edited" in "".join(rig.on_discord())


async def test_of_a_copy_that_lost_one_part_the_rest_is_edited_and_nothing_added(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    async with listening(rig, people):
        id_ = said(rig, LONG)
        await settled(rig, pg, 1)
        rig.world.delete(rig.destination, [rig.standing()[-1].id])
        rig.discord.world.edit(rig.discord.channel, id_, "short")
        await settled(rig, pg, 2)
        rig.discord.world.edit(rig.discord.channel, id_, "y" * 1990)
        await settled(rig, pg, 3)
        (left,) = rig.standing()
        assert left.file is not None
        assert set(left.text.rpartition("\n")[2]) == {"y"}


async def test_the_copy_is_deleted_while_its_new_part_waits(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    """Also the process that comes after a crash hears of it."""
    async with listening(rig, people):
        id_ = said(rig, "short")
        await settled(rig, pg, 1)
        rig.world.faults.add(FaultRule("messages.sendMessage", Phase.BEFORE, code=420, error="FLOOD_WAIT_2"))
        rig.discord.world.edit(rig.discord.channel, id_, LONG)
        await until_value(pg, HELD_UP, 1)
        rig.world.delete(rig.destination, [message.id for message in rig.standing()])
        await rig.crash()
        await rig.start()
        await settled(rig, pg, 2)
        assert rig.standing() == []


async def test_a_new_part_that_stands_already_is_known_though_the_rest_was_deleted(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer was lost: the message's delete has to find it."""
    sent = asyncio.Event()
    send = TelegramAccount.send_text

    async def unanswered(self: TelegramAccount, *arguments: Any, **more: Any) -> Any:
        await send(self, *arguments, **more)
        sent.set()
        await asyncio.Event().wait()

    async with listening(rig, people):
        id_ = said(rig, "short")
        await settled(rig, pg, 1)
        with monkeypatch.context() as patch:
            patch.setattr(TelegramAccount, "send_text", unanswered)
            rig.discord.world.edit(rig.discord.channel, id_, LONG)
            await asyncio.wait_for(sent.wait(), 10)
            rig.world.delete(rig.destination, [rig.standing()[0].id])
            await rig.crash()
        await rig.start()
        await settled(rig, pg, 2)
        assert len(rig.standing()) == 1
        rig.discord.world.delete(rig.discord.channel, [id_])
        await until(lambda: rig.standing() == [], "the delete")


@pytest.mark.parametrize("file", [None, DOCUMENT], ids=["text", "file"])
async def test_on_discord_nothing_is_added_to_a_copy_whose_delete_was_not_heard_of(
    rig: Rig, pg: asyncpg.Connection, file: NewFile | None
) -> None:
    """Nobody listens: the moderator's delete is a row later than the edit, if ever."""
    id_ = rig.world.post(rig.source, "short", files=[PHOTO] if file else [])
    await settled(rig, pg, 1)
    (post,) = [message.id for message in rig.discord.world.messages(rig.discord.channel)]
    rig.discord.world.delete(rig.discord.channel, [post])
    text = "short, edited" if file else "x" * 3000
    rig.world.edit(rig.source, id_, text, file=file)
    await settled(rig, pg, 2)
    assert rig.on_discord() == []
    assert rig.at_destination() == [text]


async def test_a_bot_that_may_not_look_adds_to_a_copy(pg: asyncpg.Connection) -> None:
    async with running_rig(pg, by_webhook=False, by_bot=True) as rig:
        id_ = rig.world.post(rig.source, "short")
        await settled(rig, pg, 1)
        rig.discord.world.set_permissions(rig.discord.channel, rig.discord.bot_id, ["view", "send"])
        rig.world.edit(rig.source, id_, "x" * 3000)
        await settled(rig, pg, 2)
        assert len(rig.on_discord()) == 2
        assert await pg.fetchval("SELECT status FROM pairs_pair") == "active"
