"""An old backup goes on with `adopt --resume`: what the old installation sent after it is found, not sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.core.message import Author, Message, Node, Style
from project.sandbox.faults import FaultRule
from tests.integration.pairs.rig import Rig, running_rig, until, until_value

SEND = "messages.sendMessage"
ADOPTED = """
INSERT INTO core_installation ("only", uid, random_id_key, resumed_at) VALUES (true, gen_random_uuid(), '', now())
"""
TABLES = ("pairs_pair", "pairs_event", "pairs_delivery", "pairs_inbox")


@pytest.fixture(params=["webhook and bot", "bot and session"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    first = request.param == "webhook and bot"
    async with running_rig(pg, by_webhook=first, by_bot=first) as rig:
        yield rig


@pytest.fixture
async def backup(pg: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection to make and restore a backup with; the copies are temporary tables of it."""
    conn = await asyncpg.connect(current().database_url)
    yield conn
    await conn.close(timeout=5)


async def save(conn: asyncpg.Connection) -> None:
    for table in TABLES:
        await conn.execute(f"CREATE TEMPORARY TABLE saved_{table} AS SELECT * FROM {table}")


async def restore(conn: asyncpg.Connection) -> None:
    """The tables as they were saved, adopted with --resume."""
    async with conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")  # in any order
        for table in TABLES:
            await conn.execute(f"DELETE FROM {table}")
            await conn.execute(f"INSERT INTO {table} SELECT * FROM saved_{table}")
        await conn.execute(ADOPTED)


def forget_keys(rig: Rig) -> None:
    """As if days had passed: neither platform recognises a repeat any more."""
    rig.world.state.sent.clear()
    rig.discord.world.state.nonces.clear()


async def test_what_was_sent_after_the_backup_is_not_doubled_and_what_was_not_is_sent(
    rig: Rig, pg: asyncpg.Connection, backup: asyncpg.Connection
) -> None:
    rig.world.post(rig.source, "before")
    await rig.arrived("before")
    rig.world.faults.add(FaultRule(SEND, code=420, error="FLOOD_WAIT_1"))
    rig.world.post(rig.source, "queued in the backup")
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE hop = 2 AND not_before > now()", 1)
    await save(backup)
    for number in range(3):
        rig.world.post(rig.source, f"same text {number % 2}")
    spoken = _said(rig, "a person's")
    people = DiscordPeople(current().database_url)
    await people.posted(spoken, None)
    rig.engine.wake()
    await rig.arrived("a person's")
    await until(lambda: len(rig.at_destination()) == 6, "everything after the backup")
    await rig.stop()
    discord, destination = rig.on_discord(), rig.at_destination()

    await restore(backup)
    forget_keys(rig)
    rig.world.post(rig.source, "never sent")
    await rig.start()
    await people.posted(spoken, None)  # the listener reads the channel again from the backup's last message on
    await people.close()
    await rig.arrived("never sent")
    rig.world.post(rig.source, "and on")
    await rig.arrived("and on")
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE state IN ('waiting', 'sending')", 0)
    assert [line.splitlines()[-1] for line in rig.on_discord()[len(discord) :]] == ["never sent", "and on"]
    assert rig.on_discord()[: len(discord)] == discord
    assert rig.at_destination() == [*destination, "never sent", "and on"]
    assert await pg.fetchval("SELECT count(*) FROM pairs_delivery WHERE state <> 'sent' OR remote_id IS NULL") == 0


def _said(rig: Rig, text: str) -> Message:
    id_ = rig.discord.world.post(rig.discord.channel, rig.discord.user, text)
    date = (id_ >> 22) // 1000 + 1420070400
    return Message(f"dc:{rig.discord.channel}", id_, date, (Node(Style.TEXT, text),), Author("ann"))
