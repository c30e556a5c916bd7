"""Worker groups as rows: alive when, doing what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workers.worker.ports import Counters

if TYPE_CHECKING:
    from workers.database import Connection

_WRITE = """
INSERT INTO workers_workergroup (session_id, number, state, heartbeat_at, counters)
SELECT $1, number, 'running', clock_timestamp(), counters::jsonb
FROM unnest($2::smallint[], $3::text[]) AS seen (number, counters)
ON CONFLICT (session_id, number)
DO UPDATE SET state = 'running', heartbeat_at = EXCLUDED.heartbeat_at, counters = EXCLUDED.counters
"""
_FORGET = "DELETE FROM workers_workergroup WHERE session_id = $1 AND number <> ALL($2::smallint[])"


async def report(conn: Connection, account: str, groups: Sequence[Counters]) -> None:
    """Write the heartbeat and counters of a session's groups; a group without pairs is no more."""
    kind, _, number = account.partition(".")
    if kind != "session":
        return
    numbers = [group.number for group in groups]
    await conn.execute(_WRITE, int(number), numbers, [_figures(group) for group in groups])
    await conn.execute(_FORGET, int(number), numbers)


def _figures(group: Counters) -> str:
    return json.dumps({"pairs": group.pairs, "sent": group.sent, "unsynced": group.unsynced})
