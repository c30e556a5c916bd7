"""Edits of messages with files: one living copy of each file, the new text once, nothing of the old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.discord.rest import DiscordRest
from project.sandbox.discord.views import FileIn
from project.sandbox.telegram.messages import NewFile
from project.telegram.account import TelegramAccount
from tests.integration.pairs.listening import listening
from tests.integration.pairs.rig import Rig, running_rig, until, until_value
from tests.integration.telegram.pictures import png

PHOTO = NewFile("p.png", "image/png", png(), photo=True)
DOCUMENT = NewFile("other.bin", "application/octet-stream", b"other bytes")
UNFINISHED = "SELECT count(*) FROM pairs_delivery WHERE state NOT IN ('sent', 'skipped')"


@pytest.fixture(params=[True, False], ids=["webhook", "bot"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=request.param, by_bot=True) as rig:
        yield rig


def squeezed(text: str) -> str:
    return "".join(text.split())


def on_discord(rig: Rig) -> tuple[str, int]:
    """All text that stands in the channel, without escapes and the author's line, and the number of files."""
    standing = [m for m in rig.discord.world.messages(rig.discord.channel) if not m.deleted]
    text = "".join(message.content for message in standing).replace("**Source:**", "")
    return squeezed(text.replace("\\", "")), sum(len(message.files) for message in standing)


def at_destination(rig: Rig) -> tuple[str, list[str]]:
    """All text that stands there without the author's line, and the names of the files."""
    text = "".join(message.text for message in rig.standing())
    text = text.removeprefix("ann:").removeprefix("Ann:")
    return squeezed(text), sorted(message.file.name for message in rig.standing() if message.file)


async def settled(rig: Rig, pg: asyncpg.Connection, events: int) -> None:
    """So many events were journaled, and both hops are through with them."""
    await until_value(pg, "SELECT count(*) FROM pairs_event", events)
    await until_value(pg, UNFINISHED, 0)


@pytest.mark.parametrize("char", "*_|")
@pytest.mark.parametrize("first", ["short", "long"])
async def test_b03_a_caption_that_changes_its_length(rig: Rig, pg: asyncpg.Connection, char: str, first: str) -> None:
    long = char * 1010
    texts = ["Plan", long, "Plan B"] if first == "short" else [long, "Plan", long, "Plan C"]
    id_ = rig.world.post(rig.source, texts[0], files=[PHOTO])
    await settled(rig, pg, 1)
    for number, text in enumerate(texts):
        if number:
            rig.world.edit(rig.source, id_, text)
        await settled(rig, pg, number + 1)
        assert on_discord(rig) == (squeezed(text), 1)
        assert rig.at_destination() == [text]
        assert len([m for m in rig.standing() if m.file]) == 1


async def test_b04_a_long_message_with_files_is_shortened_on_discord(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    world, channel = rig.discord.world, rig.discord.channel
    files = [FileIn(name, name.encode(), "application/pdf") for name in ("a.pdf", "b.pdf")]
    texts = ["x" * 1500, "short, thirty characters long.", "x" * 1500, "short again"]
    async with listening(rig, people):
        id_ = world.post(channel, rig.discord.user, texts[0], files=files)
        for number, text in enumerate(texts):
            if number:
                world.edit(channel, id_, text)
            await settled(rig, pg, number + 1)
            assert at_destination(rig) == (squeezed(text), ["a.pdf", "b.pdf"])


async def test_a_person_takes_files_away(rig: Rig, people: DiscordPeople, pg: asyncpg.Connection) -> None:
    world, channel = rig.discord.world, rig.discord.channel
    files = [FileIn(name, name.encode(), "application/pdf") for name in ("a.pdf", "b.pdf", "c.pdf")]
    async with listening(rig, people):
        id_ = world.post(channel, rig.discord.user, "x" * 1500, files=files)
        await settled(rig, pg, 1)
        stand = [file.id for file in next(m for m in world.messages(channel) if m.id == id_).files]
        world.edit(channel, id_, "x" * 1500, keep=stand[1:])
        await settled(rig, pg, 2)
        assert at_destination(rig) == ("x" * 1500, ["b.pdf", "c.pdf"])
        world.edit(channel, id_, "no more", keep=[])
        await settled(rig, pg, 3)
        assert at_destination(rig) == ("nomore", [])


@pytest.mark.parametrize("text", ["with a file", "word" * 600], ids=["short", "long"])
async def test_a_source_adds_and_replaces_a_file(rig: Rig, pg: asyncpg.Connection, text: str) -> None:
    id_ = rig.world.post(rig.source, text)
    await settled(rig, pg, 1)
    for number, file in enumerate((PHOTO, DOCUMENT)):
        rig.world.edit(rig.source, id_, text[:1000], file=file)
        await settled(rig, pg, number + 2)
        assert on_discord(rig) == (squeezed(text[:1000]), 1)
        assert at_destination(rig)[0] == squeezed(text[:1000])
        (stands,) = [m.file for m in rig.standing() if m.file]
        assert rig.world.file_data(stands.id) == file.data


@pytest.mark.parametrize("where", ["discord", "destination"])
async def test_a_crash_between_the_steps_loses_no_file(
    rig: Rig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The new file is there, the old one is not gone yet."""
    monkeypatch.setattr("pairs.lane.attempts.SETTLE_TIME", 0.1)
    called = asyncio.Event()

    async def held(*arguments: Any) -> Any:
        called.set()
        await asyncio.Event().wait()

    id_ = rig.world.post(rig.source, "caption", files=[PHOTO])
    await settled(rig, pg, 1)
    method = "delete_executed" if rig.webhook and where == "discord" else "delete"
    with monkeypatch.context() as patch:
        patch.setattr(DiscordRest if where == "discord" else TelegramAccount, method, held)
        rig.world.edit(rig.source, id_, "caption, edited", file=DOCUMENT)
        await asyncio.wait_for(called.wait(), 10)
        assert (on_discord(rig)[1] if where == "discord" else len(rig.standing())) == 2
        await rig.crash()
    await rig.start()
    await settled(rig, pg, 2)
    await until(lambda: rig.at_destination() == ["caption, edited"], "the edit")
    assert on_discord(rig) == ("caption,edited", 1)
    assert [rig.world.file_data(m.file.id) for m in rig.standing() if m.file] == [DOCUMENT.data]
