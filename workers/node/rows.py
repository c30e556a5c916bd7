"""What the supervisor reads and writes: its node, the placements, the leases of workers that ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers import room
from workers.models import ProcessState
from workers.node.gauge import HostFigures, WorkerFigures

if TYPE_CHECKING:
    from project.core.pg import Connection

# ruff: noqa: S608 - _LIVE is a constant
_LIVE = "state <> 'gone' AND heartbeat_at > clock_timestamp() - make_interval(secs => $1)"
# One statement, so that a node at rest costs next to nothing. Its parts do not see each other's writes.
_LOOK = f"""
WITH beat AS (
    INSERT INTO workers_node (id, name, egress, state, pid, egress_name, started_at, heartbeat_at)
    VALUES ($2, $3, $4, $5, $6, $7, clock_timestamp(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp(), state = EXCLUDED.state
), buried AS (
    UPDATE workers_node SET state = 'gone' WHERE state <> 'gone' AND id <> $2 AND NOT ({_LIVE})
), others AS (
    SELECT id, state, heartbeat_at FROM workers_node WHERE id <> $2 AND {_LIVE}
), facts AS (
    SELECT (SELECT count(*) FROM workers_placement WHERE host = account) AS hosts,
           (SELECT count(*) FROM others WHERE state = 'up') AS others_up,
           (SELECT extract(epoch FROM min(heartbeat_at) - clock_timestamp())::float8 FROM others) + $1 AS next_silent,
           coalesce((SELECT drain_asked FROM workers_node WHERE id = $2), false) AS drain
)
SELECT facts.*, place.account, place.host, place.mine, place.asked, coalesce(lease.last_egress, '') AS egress
FROM facts LEFT JOIN (
    SELECT here.account, here.host, home.node_id IS NOT DISTINCT FROM $2 AS mine,
           here.restart_token IS NOT NULL AS asked
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
UPDATE workers_placement SET node_id = $2, pid = NULL, state = '', restart_token = NULL, updated_at = clock_timestamp()
WHERE account = ANY($3::text[]) AND host = account
  AND (node_id IS NULL OR node_id NOT IN (SELECT id FROM workers_node WHERE {_LIVE}))
RETURNING account
"""
_CLAIM_ALONE = "SELECT pg_advisory_xact_lock(7461, 5)"
_ROOM = f"""
SELECT {room.LIMITS.format(role="$2")},
    (SELECT count(*) FROM workers_placement WHERE host = account
     AND node_id IN (SELECT id FROM workers_node WHERE {_LIVE})) AS taken
"""
_STARTED = """
UPDATE workers_placement
SET pid = $3, state = 'booting', started_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE account = $2 AND node_id = $1
"""
_STATE = "UPDATE workers_placement SET state = $3 WHERE account = $2 AND node_id = $1 AND pid IS NOT NULL"
_ENDED = """
UPDATE workers_placement
SET pid = NULL, state = '', memory = NULL, resident = NULL, cpu_percent = NULL,
    restarts = restarts + $4, last_exit = $3, updated_at = clock_timestamp()
WHERE account = $2 AND node_id = $1
"""
_TAKE = """
UPDATE workers_placement SET restart_token = NULL WHERE node_id = $1 AND restart_token IS NOT NULL AND host = account
RETURNING account
"""
_MEASURED = """
WITH host AS (
    UPDATE workers_node SET memory_total = $2, memory_free = $3, disk_total = $4, disk_free = $5, cpu_percent = $6,
        loaded_since = CASE WHEN $12 THEN coalesce(loaded_since, clock_timestamp()) END,
        measured_at = clock_timestamp() WHERE id = $1
)
UPDATE workers_placement place
SET memory = seen.memory, resident = seen.resident, cpu_percent = seen.cpu, measured_at = clock_timestamp()
FROM unnest($7::text[], $8::int[], $9::bigint[], $10::bigint[], $11::float8[])
    AS seen (account, pid, memory, resident, cpu)
WHERE place.account = seen.account AND place.node_id = $1 AND place.pid = seen.pid
"""
_FREE = """
UPDATE core_lease SET released_at = clock_timestamp(), expires_at = clock_timestamp()
WHERE owner = ANY($1::text[]) AND released_at IS NULL
"""
_LEAVE = """
WITH left_behind AS (
    UPDATE workers_placement SET node_id = NULL, pid = NULL, state = '', updated_at = clock_timestamp()
    WHERE account IN (
        SELECT account FROM workers_placement WHERE node_id = $1 ORDER BY account LIMIT $2 FOR UPDATE
    ) AND node_id = $1 RETURNING account
)
SELECT account, pg_notify('relay_wake', 'placements') FROM left_behind
"""
_PART = """
WITH left_behind AS (
    UPDATE workers_placement SET node_id = NULL, pid = NULL, state = '', updated_at = clock_timestamp()
    WHERE node_id = $1 RETURNING account
), gone AS (
    UPDATE workers_node SET state = 'gone', heartbeat_at = clock_timestamp() WHERE id = $1
)
SELECT pg_notify('relay_wake', 'placements') FROM (SELECT count(*) FROM left_behind) AS counted
"""


@dataclass(frozen=True, slots=True)
class Me:
    """This supervisor as a row. `egress` is what leases remember of its address, `egress_name` what it shares with
    other nodes, "" when nobody said so."""

    id: uuid.UUID
    name: str
    egress: str
    pid: int
    egress_name: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A placement that no live node has. `egress`: the address that it was used from last."""

    account: str
    egress: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look shows. `hosts` counts all placements that need a process, `nodes` those that take placements, with
    this one. `riders`: accounts in another account's process here, and that account. `next_silent`: seconds until the
    first of the other nodes will have been silent too long, None without others. `asked`: somebody wants workers of
    this node restarted; `drain`: somebody wants it without accounts."""

    hosts: int
    nodes: int
    mine: frozenset[str]
    riders: dict[str, str]
    open: tuple[Open, ...]
    next_silent: float | None
    asked: bool = False
    drain: bool = False


async def look(conn: Connection, me: Me, *, state: str, ttl: float) -> Seen:
    """Say that this node is alive, note those that were silent for `ttl` seconds, and see what concerns this one."""
    rows = await conn.fetch(_LOOK, ttl, me.id, me.name, me.egress, state, me.pid, me.egress_name)
    placed = [row for row in rows if row["account"] is not None]
    return Seen(
        hosts=rows[0]["hosts"],
        nodes=rows[0]["others_up"] + 1,
        mine=frozenset(row["account"] for row in placed if row["mine"] and row["account"] == row["host"]),
        riders={row["account"]: row["host"] for row in placed if row["account"] != row["host"]},
        open=tuple(Open(row["account"], row["egress"]) for row in placed if not row["mine"]),
        next_silent=rows[0]["next_silent"],
        asked=any(row["mine"] and row["asked"] for row in placed),
        drain=rows[0]["drain"],
    )


async def namesakes(conn: Connection, me: Me) -> dict[uuid.UUID, int]:
    """Nodes of this name and address that are not known to be gone, and their process ids."""
    return {row["id"]: row["pid"] for row in await conn.fetch(_NAMESAKES, me.name, me.egress, me.id)}


async def retire(conn: Connection, nodes: Sequence[uuid.UUID]) -> None:
    """These nodes are gone: whoever looks next may have their placements."""
    await conn.execute(_RETIRE, list(nodes))


async def claim(conn: Connection, me: Me, accounts: Sequence[str], *, ttl: float, budget: room.Budget) -> list[str]:
    """Take these placements, the first first, as far as no live node has them by now and PostgreSQL has connections for
    them; returns those taken. One node at a time, so that all together keep to the limit."""
    async with conn.transaction():
        await conn.execute(_CLAIM_ALONE)
        row = await conn.fetchrow(_ROOM, ttl, budget.role)
        assert row is not None, "it has no FROM"
        left = budget.processes(row["most"], row["reserved"], row["of_role"]) - row["taken"]
        return [row["account"] for row in await conn.fetch(_CLAIM, ttl, me.id, list(accounts)[: max(0, left)])]


async def note_started(conn: Connection, me: Me, account: str, pid: int) -> None:
    """Show the process on its placement."""
    await conn.execute(_STARTED, me.id, account, pid)


async def note_ended(conn: Connection, me: Me, account: str, reason: str, *, crashed: bool) -> None:
    """Show on the placement how its process ended."""
    await conn.execute(_ENDED, me.id, account, reason[:200], int(crashed))


async def free_leases(conn: Connection, owners: Sequence[str]) -> None:
    """Free what these processes owned. Only after they were waited for."""
    await conn.execute(_FREE, list(owners))


async def note_state(conn: Connection, me: Me, account: str, state: ProcessState) -> None:
    """Show on the placement what its process does."""
    await conn.execute(_STATE, me.id, account, state.value)


async def note_figures(
    conn: Connection, me: Me, host: HostFigures, workers: Sequence[WorkerFigures], *, loaded: bool
) -> None:
    """Show what this host and its processes use, and since when it is too much."""
    await conn.execute(
        _MEASURED,
        me.id,
        *(host.memory_total, host.memory_free, host.disk_total, host.disk_free, host.cpu_percent),
        [worker.account for worker in workers],
        [worker.pid for worker in workers],
        [worker.memory for worker in workers],
        [worker.resident for worker in workers],
        [worker.cpu_percent for worker in workers],
        loaded,
    )


async def take_restarts(conn: Connection, me: Me) -> frozenset[str]:
    """Accounts of this node whose process somebody wants restarted; each wish is given out once."""
    return frozenset(row["account"] for row in await conn.fetch(_TAKE, me.id))


async def leave(conn: Connection, me: Me, *, at_most: int | None = None) -> frozenset[str]:
    """Give placements back, `at_most` or all, and tell the other nodes; returns their accounts."""
    return frozenset(row["account"] for row in await conn.fetch(_LEAVE, me.id, at_most))


async def part(conn: Connection, me: Me) -> None:
    """Give all back for good, and tell the other nodes."""
    await conn.execute(_PART, me.id)
