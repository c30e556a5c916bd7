"""Worker groups as rows: alive when, doing what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sessions.domain.accounts import split_account
from workers.models import GroupState
from workers.worker.ports import Counters

if TYPE_CHECKING:
    from project.core.pg import Connection

_WRITE = """
INSERT INTO workers_workergroup (session_id, number, state, heartbeat_at, counters, restarts)
SELECT $1, number, state, clock_timestamp(), counters::jsonb, restarts
FROM unnest($2::smallint[], $3::text[], $4::text[], $5::int[]) AS seen (number, counters, state, restarts)
ON CONFLICT (session_id, number) DO UPDATE
SET state = EXCLUDED.state, heartbeat_at = EXCLUDED.heartbeat_at, counters = EXCLUDED.counters,
    restarts = EXCLUDED.restarts
"""
_TAKE = """
UPDATE workers_workergroup SET restart_token = NULL WHERE session_id = $1 AND restart_token IS NOT NULL
RETURNING number
"""

_CONNECTED = "UPDATE workers_placement SET connected_at = clock_timestamp() WHERE account = ANY($1::text[])"


async def report(conn: Connection, account: str, groups: Sequence[Counters]) -> None:
    """Write the heartbeat and counters of a session's groups. Rows of groups that are no more go with the plan."""
    kind, number = split_account(account)
    if kind == "session" and groups:
        await conn.execute(
            _WRITE,
            number,
            [group.number for group in groups],
            [_figures(group) for group in groups],
            [_state(group) for group in groups],
            [group.restarts for group in groups],
        )


async def note_connected(conn: Connection, accounts: Sequence[str]) -> None:
    """These accounts of this process are connected now: what their health is judged from when no checks are made."""
    if accounts:
        await conn.execute(_CONNECTED, list(accounts))


async def take_restarts(conn: Connection, account: str) -> list[int]:
    """Groups of the session that somebody wants restarted; each wish is given out once."""
    kind, number = split_account(account)
    return [row["number"] for row in await conn.fetch(_TAKE, number)] if kind == "session" else []


def _state(group: Counters) -> str:
    return (GroupState.RESTARTING if group.resting else GroupState.RUNNING).value


def _figures(group: Counters) -> str:
    return json.dumps({"pairs": group.pairs, "sent": group.sent, "unsynced": group.unsynced})
