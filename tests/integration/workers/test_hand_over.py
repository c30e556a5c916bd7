"""Pairs of sessions that cannot hand them over themselves: a dead account, a session that does not run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg

from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer


async def pair_of(pg: asyncpg.Connection, account: str) -> None:
    number = await pg.fetchval(
        """
        INSERT INTO pairs_pair (source_chat, source_title, source_username, discord_channel, discord_title,
          destination_chat, destination_title, options, status, status_reason, last_seq, created_at)
        VALUES (1, '', '', 1, '', 1, '', '{}', 'active', '', 0, now()) RETURNING id
        """
    )
    await pg.execute(
        'INSERT INTO pairs_assignment (pair_id, session_id, "group", generation) VALUES ($1, $2, 1, 1)',
        number,
        session_id(account),
    )


def session_id(account: str) -> int:
    return int(account.partition(".")[2])


async def want(pg: asyncpg.Connection, account: str, *wakes: str) -> None:
    await pg.execute("UPDATE pairs_pair SET wanted_session_id = $1", session_id(account))
    for name in wakes:
        await pg.execute("SELECT pg_notify('relay_wake', $1)", name)


async def has(pg: asyncpg.Connection, account: str) -> bool:
    row = await pg.fetchrow("SELECT session_id, generation FROM pairs_assignment")
    return row is not None and (row["session_id"], row["generation"]) == (session_id(account), 2)


async def test_a_dead_account_gives_its_pairs_away(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer, pg: asyncpg.Connection
) -> None:
    """Its process holds the lease on, so nobody could take them."""
    dead, other = await add_session(), await add_session()
    await pair_of(pg, dead)
    start_node()
    await until(lambda: peer.live(dead) and peer.live(other))
    peer.kill_key(dead, "AUTH_KEY_UNREGISTERED")
    await until(lambda: not peer.live(dead))
    await want(pg, other, dead)
    await until(lambda: has(pg, other))
    assert await pg.fetchval("SELECT released_at IS NULL FROM core_lease WHERE name = $1", dead)


async def test_pairs_of_a_session_that_does_not_run_are_taken(
    start_node: StartNode, add_session: Callable[[], Any], peer: Peer, pg: asyncpg.Connection
) -> None:
    stopped, other = await add_session(), await add_session()
    await pair_of(pg, stopped)
    start_node()
    await until(lambda: peer.live(stopped) and peer.live(other))
    await pg.execute("UPDATE tg_sessions_telegramsession SET lifecycle = 'disabled' WHERE id = $1", session_id(stopped))
    await pg.execute("SELECT pg_notify('relay_wake', 'placements')")
    await until(lambda: pg.fetchval("SELECT released_at IS NOT NULL FROM core_lease WHERE name = $1", stopped))
    await want(pg, other, "placements")
    await until(lambda: has(pg, other))
