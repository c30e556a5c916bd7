"""What the supervisor reads and writes: its node, the placements, the leases of workers that ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.database import Connection

# ruff: noqa: S608 - _LIVE is a constant
_LIVE = "state <> 'gone' AND heartbeat_at > clock_timestamp() - make_interval(secs => $1)"
# One statement, so that a node at rest costs next to nothing. Its parts do not see each other's writes.
_LOOK = f"""
WITH beat AS (
    INSERT INTO workers_node (id, name, egress, state, pid, started_at, heartbeat_at)
    VALUES ($2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp(), state = EXCLUDED.state
), buried AS (
    UPDATE workers_node SET state = 'gone' WHERE state <> 'gone' AND id <> $2 AND NOT ({_LIVE})
), others AS (
    SELECT id, state, heartbeat_at FROM workers_node WHERE id <> $2 AND {_LIVE}
), facts AS (
    SELECT (SELECT count(*) FROM workers_placement WHERE host = account) AS hosts,
           (SELECT count(*) FROM others WHERE state = 'up') AS others_up,
           (SELECT extract(epoch FROM min(heartbeat_at) - clock_timestamp())::float8 FROM others) + $1 AS next_silent
)
SELECT facts.*, place.account, place.host, place.mine, coalesce(lease.last_egress, '') AS egress
FROM facts LEFT JOIN (
    SELECT here.account, here.host, home.node_id IS NOT DISTINCT FROM $2 AS mine
    FROM workers_placement here JOIN workers_placement home ON home.account = here.host
    WHERE home.node_id = $2
       OR here.account = here.host AND (home.node_id IS NULL OR home.node_id NOT IN (SELECT id FROM others))
) place ON true
LEFT JOIN core_lease lease ON NOT place.mine AND lease.name = place.account
ORDER BY place.account
"""
_NAMESAKES = "SELECT id, pid FROM workers_node WHERE name = $1 AND egress = $2 AND id <> $3 AND state <> 'gone'"
_RETIRE = "UPDATE workers_node SET state = 'gone' WHERE id = ANY($1::uuid[])"
_CLAIM = f"""
UPDATE workers_placement SET node_id = $2, pid = NULL, updated_at = clock_timestamp()
WHERE account = ANY($3::text[]) AND host = account
  AND (node_id IS NULL OR node_id NOT IN (SELECT id FROM workers_node WHERE {_LIVE}))
RETURNING account
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
_PART = """
WITH left_behind AS (
    UPDATE workers_placement SET node_id = NULL, pid = NULL WHERE node_id = $1 RETURNING account
), gone AS (
    UPDATE workers_node SET state = 'gone', heartbeat_at = clock_timestamp() WHERE id = $1
)
SELECT pg_notify('relay_wake', 'placements') FROM (SELECT count(*) FROM left_behind) AS counted
"""


@dataclass(frozen=True, slots=True)
class Me:
    """This supervisor as a row."""

    id: uuid.UUID
    name: str
    egress: str
    pid: int


@dataclass(frozen=True, slots=True)
class Open:
    """A placement that no live node has. `egress`: the address that it was used from last."""

    account: str
    egress: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look shows. `hosts` counts all placements that need a process, `nodes` those that take placements, with
    this one. `riders`: accounts in another account's process here, and that account. `next_silent`: seconds until the
    first of the other nodes will have been silent too long, None without others."""

    hosts: int
    nodes: int
    mine: frozenset[str]
    riders: dict[str, str]
    open: tuple[Open, ...]
    next_silent: float | None


async def look(conn: Connection, me: Me, *, state: str, ttl: float) -> Seen:
    """Say that this node is alive, note those that were silent for `ttl` seconds, and see what concerns this one."""
    rows = await conn.fetch(_LOOK, ttl, me.id, me.name, me.egress, state, me.pid)
    placed = [row for row in rows if row["account"] is not None]
    return Seen(
        hosts=rows[0]["hosts"],
        nodes=rows[0]["others_up"] + 1,
        mine=frozenset(row["account"] for row in placed if row["mine"] and row["account"] == row["host"]),
        riders={row["account"]: row["host"] for row in placed if row["account"] != row["host"]},
        open=tuple(Open(row["account"], row["egress"]) for row in placed if not row["mine"]),
        next_silent=rows[0]["next_silent"],
    )


async def namesakes(conn: Connection, me: Me) -> dict[uuid.UUID, int]:
    """Nodes of this name and address that are not known to be gone, and their process ids."""
    return {row["id"]: row["pid"] for row in await conn.fetch(_NAMESAKES, me.name, me.egress, me.id)}


async def retire(conn: Connection, nodes: Sequence[uuid.UUID]) -> None:
    """These nodes are gone: whoever looks next may have their placements."""
    await conn.execute(_RETIRE, list(nodes))


async def claim(conn: Connection, me: Me, accounts: Sequence[str], *, ttl: float) -> list[str]:
    """Take these placements, as far as no live node has them by now; returns those taken."""
    return [row["account"] for row in await conn.fetch(_CLAIM, ttl, me.id, list(accounts))]


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


async def part(conn: Connection, me: Me) -> None:
    """The same for good, and tell the other nodes."""
    await conn.execute(_PART, me.id)
