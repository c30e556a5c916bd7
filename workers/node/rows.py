"""What the supervisor reads and writes: its node, the placements, the leases of workers that ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.database import Connection

_BEAT = """
INSERT INTO workers_node (id, name, egress, state, pid, started_at, heartbeat_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp(), state = EXCLUDED.state
"""
# ruff: noqa: S608 - _LIVE is a constant
_LIVE = "state <> 'gone' AND heartbeat_at > clock_timestamp() - make_interval(secs => $1)"
_BURY = f"UPDATE workers_node SET state = 'gone' WHERE state <> 'gone' AND NOT ({_LIVE})"
_NODES = f"SELECT id FROM workers_node WHERE state = 'up' AND {_LIVE}"
_HOSTS = f"""
SELECT place.account, place.node_id, coalesce(lease.last_egress, '') AS egress,
       place.node_id IS NOT NULL AND place.node_id IN (SELECT id FROM workers_node WHERE {_LIVE}) AS held
FROM workers_placement place LEFT JOIN core_lease lease ON lease.name = place.account
WHERE place.host = place.account
ORDER BY place.account
"""
_CLAIM = f"""
UPDATE workers_placement SET node_id = $2, pid = NULL, updated_at = clock_timestamp()
WHERE account = ANY($3::text[]) AND host = account
  AND (node_id IS NULL OR node_id NOT IN (SELECT id FROM workers_node WHERE {_LIVE}))
RETURNING account
"""
_RIDERS = """
SELECT rider.account, rider.host FROM workers_placement rider
JOIN workers_placement host ON host.account = rider.host
WHERE host.node_id = $1 AND rider.account <> rider.host
"""
_STARTED = """
UPDATE workers_placement SET pid = $3, started_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE account = $2 AND node_id = $1
"""
_ENDED = """
UPDATE workers_placement
SET pid = NULL, restarts = restarts + $4, last_exit = $3, updated_at = clock_timestamp()
WHERE account = $2 AND node_id = $1
"""
_FREE = """
UPDATE core_lease SET released_at = clock_timestamp(), expires_at = clock_timestamp()
WHERE owner = ANY($1::text[]) AND released_at IS NULL
"""
_LEAVE = "UPDATE workers_placement SET node_id = NULL, pid = NULL WHERE node_id = $1"


@dataclass(frozen=True, slots=True)
class Me:
    """This supervisor as a row."""

    id: uuid.UUID
    name: str
    egress: str
    pid: int


@dataclass(frozen=True, slots=True)
class Host:
    """A placement that needs a process. `held`: a live node has claimed it. `egress`: where it was used last."""

    account: str
    node: uuid.UUID | None
    egress: str
    held: bool


async def beat(conn: Connection, me: Me, *, state: str, ttl: float) -> None:
    """Say that this node is alive, and note the nodes that have been silent for `ttl` seconds."""
    await conn.execute(_BEAT, me.id, me.name, me.egress, state, me.pid)
    await conn.execute(_BURY, ttl)


async def live_nodes(conn: Connection, *, ttl: float) -> int:
    """How many nodes take placements."""
    return len(await conn.fetch(_NODES, ttl))


async def hosts(conn: Connection, *, ttl: float) -> list[Host]:
    """Every placement that needs a process."""
    return [Host(row["account"], row["node_id"], row["egress"], row["held"]) for row in await conn.fetch(_HOSTS, ttl)]


async def claim(conn: Connection, me: Me, accounts: Sequence[str], *, ttl: float) -> list[str]:
    """Take these placements, as far as no live node has them by now; returns those taken."""
    return [row["account"] for row in await conn.fetch(_CLAIM, ttl, me.id, list(accounts))]


async def riders(conn: Connection, me: Me) -> dict[str, str]:
    """Accounts that live in another account's process on this node, and that account."""
    return {row["account"]: row["host"] for row in await conn.fetch(_RIDERS, me.id)}


async def note_started(conn: Connection, me: Me, account: str, pid: int) -> None:
    """Show the process on its placement."""
    await conn.execute(_STARTED, me.id, account, pid)


async def note_ended(conn: Connection, me: Me, account: str, reason: str, *, crashed: bool) -> None:
    """Show on the placement how its process ended."""
    await conn.execute(_ENDED, me.id, account, reason[:200], int(crashed))


async def free_leases(conn: Connection, owners: Sequence[str]) -> None:
    """Free what these processes owned. Only after they were waited for."""
    await conn.execute(_FREE, list(owners))


async def leave(conn: Connection, me: Me) -> None:
    """Give all placements back."""
    await conn.execute(_LEAVE, me.id)
