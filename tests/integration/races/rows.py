"""Sessions, a pair and leases as rows."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
from asgiref.sync import sync_to_async
from django.db import connections

from pairs.models import Assignment, Pair
from project.core.leases import Holding, acquire
from sessions.models import TelegramSession


@dataclass(frozen=True)
class Rows:
    """Two sessions; the first has the pair."""

    pair: int
    one: str
    two: str


def _make() -> Rows:
    try:
        sessions = [
            TelegramSession.objects.create(name=name, phone_sealed=b"", phone_hint="", device={}, lifecycle="active")
            for name in ("one", "two")
        ]
        pair = Pair.objects.create(source_chat=10, discord_channel=20, destination_chat=30)
        Assignment.objects.create(pair=pair, session=sessions[0])
        return Rows(pair.pk, *(session.account for session in sessions))
    finally:
        connections.close_all()


async def make_rows() -> Rows:
    """Committed."""
    return await sync_to_async(_make)()


async def hold(conn: asyncpg.Connection, account: str, owner: str = "a:1", ttl: float = 60) -> Holding:
    """A lease just taken."""
    taken = await acquire(conn, account=account, owner=owner, ttl=ttl, egress="", handover_wait=0)
    assert taken is not None
    return taken.holding


async def want(conn: asyncpg.Connection, account: str) -> None:
    """The pair is wanted by that session."""
    await conn.execute("UPDATE pairs_pair SET wanted_session_id = $1", int(account.partition(".")[2]))


async def assigned(conn: asyncpg.Connection) -> tuple[str, int]:
    """Who has the pair, and its generation."""
    row = await conn.fetchrow("SELECT 'session.' || session_id AS account, generation FROM pairs_assignment")
    assert row is not None
    return row["account"], row["generation"]
