"""No room in the database, or for temporary files: nothing is sent unrecorded, and all goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import asyncpg
import pytest
from structlog.testing import capture_logs

from pairs.people import DiscordPeople
from project.core.config import current
from project.core.message import Author, Message, Node, Style
from project.sandbox.telegram.messages import NewFile
from tests.integration.pairs.rig import Rig, running_rig, until

NO_ROOM = """
CREATE SEQUENCE no_room_hits;
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('no_room_hits');
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$;
"""
ROOM = "DROP FUNCTION IF EXISTS no_room CASCADE; DROP SEQUENCE IF EXISTS no_room_hits"


@asynccontextmanager
async def without_room(pg: asyncpg.Connection, *on: str) -> AsyncIterator[None]:
    """Each of `on` ("INSERT ON pairs_event") fails as PostgreSQL does when its disk is full."""
    await pg.execute(NO_ROOM)
    try:
        for number, what in enumerate(on):
            await pg.execute(f"CREATE TRIGGER no_room_{number} BEFORE {what} FOR EACH ROW EXECUTE FUNCTION no_room()")
        yield
    finally:
        await pg.execute(ROOM)


async def refused(pg: asyncpg.Connection, times: int) -> None:
    """Waits until so many writes failed."""
    async with asyncio.timeout(30):
        while await pg.fetchval("SELECT last_value FROM no_room_hits") < times:
            await asyncio.sleep(0.02)


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=True, by_bot=True) as rig:
        yield rig


async def test_what_cannot_be_journaled_is_not_sent_and_not_lost(rig: Rig, pg: asyncpg.Connection) -> None:
    rig.world.post(rig.source, "before")
    await rig.arrived("before")
    people = DiscordPeople(current().database_url)
    with capture_logs() as logs:
        async with without_room(pg, "INSERT ON pairs_event", "INSERT ON pairs_inbox"):
            for number in range(3):
                rig.world.post(rig.source, f"message {number}")
            saying = asyncio.create_task(people.posted(_said(rig, "a person's"), None))
            await refused(pg, 4)
            assert rig.on_discord() == ["before", "a person's"]
            assert rig.at_destination() == ["before"]
            assert await pg.fetchval("SELECT count(*) FROM pairs_event") == 1
            assert await pg.fetchval("SELECT count(*) FROM pairs_delivery") == 2
        await asyncio.wait_for(saying, 30)
        rig.engine.wake()
        await rig.arrived("message 2")
        await until(lambda: any("a person's" in text for text in rig.at_destination()), "the person's message")
    await people.close()
    sent = [f"message {number}" for number in range(3)]
    assert rig.on_discord() == ["before", "a person's", *sent]
    assert [text for text in rig.at_destination() if "person" not in text] == ["before", *sent]
    assert len(rig.at_destination()) == 5
    assert {line["log_level"] for line in logs if "no room" in line["event"]} == {"error"}


async def test_what_was_sent_and_cannot_be_recorded_is_not_sent_twice(rig: Rig, pg: asyncpg.Connection) -> None:
    async with without_room(pg, "UPDATE ON pairs_delivery"):
        for number in range(3):
            rig.world.post(rig.source, f"message {number}")
        await refused(pg, 3)
        assert len(rig.on_discord()) <= 1
        assert rig.at_destination() == []
        assert await pg.fetchval("SELECT count(*) FROM pairs_delivery WHERE state IN ('sent', 'dead')") == 0
    await rig.arrived("message 2")
    assert rig.on_discord() == rig.at_destination() == [f"message {number}" for number in range(3)]


async def test_files_pass_through_without_touching_the_disk(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, full)
    data = bytes(range(256)) * 12_000  # 3 MB
    rig.world.post(rig.source, "a document", files=[NewFile("data.bin", "application/octet-stream", data)])
    await rig.arrived("a document")
    (copy,) = rig.standing()
    assert copy.file is not None
    assert rig.world.file_data(copy.file.id) == data
    (posted,) = [m for m in rig.discord.world.messages(rig.discord.channel) if m.files]
    assert posted.files[0].size == len(data)


def _said(rig: Rig, text: str) -> Message:
    id_ = rig.discord.world.post(rig.discord.channel, rig.discord.user, text)
    return Message(f"dc:{rig.discord.channel}", id_, 1, (Node(Style.TEXT, text),), Author("ann"))
