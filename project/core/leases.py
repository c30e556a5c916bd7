"""One owner per account: fenced leases on the database's clock.

An account's key used by two processes at once can cost the user the account, so this outranks availability:

- Taking over locks the row first, so it queues behind every transaction that holds it by `FENCE_SQL`: what
  the old owner commits is there before the new owner reads.
- The epoch grows with every acquire, so the old owner's next renewal and next fenced write fail.
- The new owner waits on its own clock before its first connection (`Acquired.wait`), renewing meanwhile.
- In a database that the installation is not bound to (`project.core.binding`) nothing is acquired or renewed, and after
  a fail-over every acquire waits the whole hand-over: the last lease before it may be lost.

Who needs several leases in one transaction locks them in the order of their names, as `renew` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from project.core.binding.sql import HELD, SWITCHED
from project.core.pg import Connection

LOCK_LIMIT = 5.0  # seconds that taking over queues behind the old owner's writes; then try again later
STATEMENT_LIMIT = 3.0  # seconds for one renewal or release

# The first statement of every fenced transaction: (account, owner, epoch). No row means FenceLost.
FENCE_SQL = "SELECT 1 FROM core_lease WHERE name = $1 AND owner = $2 AND epoch = $3 FOR SHARE"

_ENSURE = """
INSERT INTO core_lease (name, owner, epoch, expires_at, ready_at, last_egress)
VALUES ($1, '', 0, clock_timestamp(), clock_timestamp(), '') ON CONFLICT (name) DO NOTHING
"""
_LOCK = "SELECT 1 FROM core_lease WHERE name = $1 FOR UPDATE"
# ruff: noqa: S608 - made of constants
_SEEN = f"""
SELECT owner, epoch, last_egress, released_at IS NOT NULL AS released,
       expires_at <= clock_timestamp() AS expired,
       GREATEST(EXTRACT(EPOCH FROM clock_timestamp() - released_at), 0)::float8 AS since_release,
       GREATEST(EXTRACT(EPOCH FROM ready_at - clock_timestamp()), 0)::float8 AS not_ready,
       coalesce({HELD}, false) AS held, coalesce({SWITCHED}, false) AS switched
FROM core_lease LEFT JOIN core_installation AS bound ON true WHERE name = $1
"""
_TAKE = """
UPDATE core_lease
SET owner = $2, epoch = epoch + 1, expires_at = clock_timestamp() + $3, released_at = NULL,
    ready_at = clock_timestamp() + $4, last_egress = $5
WHERE name = $1
RETURNING epoch
"""
_RENEW = f"""
WITH mine AS (
    SELECT lease.name FROM core_lease AS lease
    JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS held (name, owner, epoch)
      ON lease.name = held.name AND lease.owner = held.owner AND lease.epoch = held.epoch
    WHERE lease.released_at IS NULL AND lease.expires_at > clock_timestamp()
      AND NOT EXISTS (SELECT 1 FROM core_installation AS bound WHERE {HELD})
    ORDER BY lease.name
    FOR NO KEY UPDATE OF lease
)
UPDATE core_lease SET expires_at = clock_timestamp() + $4 FROM mine WHERE core_lease.name = mine.name
RETURNING core_lease.name
"""
_RELEASE = """
UPDATE core_lease SET released_at = clock_timestamp(), expires_at = clock_timestamp()
WHERE name = $1 AND owner = $2 AND epoch = $3 AND released_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A lease as its owner knows it. `owner` is "<node id>:<uuid of the process>"."""

    account: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Acquired:
    """A lease just taken. Wait `wait` seconds on the own clock, renewing, before the first connection."""

    holding: Holding
    wait: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as found under its row lock. Times in seconds by the database's clock."""

    owner: str
    epoch: int
    last_egress: str
    released: bool
    expired: bool
    since_release: float  # 0 when it was not released
    not_ready: float
    held: bool = False  # not the database that the installation is bound to
    switched: bool = False  # a fail-over that no node has waited out yet


async def acquire(
    conn: Connection, *, account: str, owner: str, ttl: float, egress: str, handover_wait: float
) -> Acquired | None:
    """Take the lease of `account` for `ttl` seconds; None while somebody else's is alive or still writing,
    and while every account is held.

    `egress` is the address the account will connect from ("": not known). Must not run within a transaction.
    """
    try:
        async with conn.transaction():
            await conn.execute(f"SET LOCAL lock_timeout = '{int(LOCK_LIMIT * 1000)}ms'")
            await conn.execute(_ENSURE, account)
            await conn.execute(_LOCK, account)
            seen = await _look(conn, account)
            if seen.held or _belongs_to_another(seen, owner):
                return None
            wait = first_wait(seen, owner=owner, egress=egress, ttl=ttl, handover_wait=handover_wait)
            epoch = await conn.fetchval(_TAKE, account, owner, timedelta(seconds=ttl), timedelta(seconds=wait), egress)
            return Acquired(Holding(account, owner, epoch), wait)
    except asyncpg.LockNotAvailableError:
        return None


async def renew(conn: Connection, holdings: Sequence[Holding], *, ttl: float) -> bool:
    """Renew all leases of a process in one statement. True only when each is still its own and not expired.

    On False the process must stop: re-arm its kernel timer only on True, counted from before the call.
    """
    if not holdings:
        return True
    renewed = await conn.fetch(
        _RENEW,
        [holding.account for holding in holdings],
        [holding.owner for holding in holdings],
        [holding.epoch for holding in holdings],
        timedelta(seconds=ttl),
        timeout=STATEMENT_LIMIT,
    )
    return len(renewed) == len(holdings)


async def release(conn: Connection, holding: Holding) -> None:
    """Free a lease after its process is known to be gone (waitpid). Somebody else's lease is left alone."""
    await conn.execute(_RELEASE, holding.account, holding.owner, holding.epoch, timeout=STATEMENT_LIMIT)


def first_wait(seen: Seen, *, owner: str, egress: str, ttl: float, handover_wait: float) -> float:
    """Seconds before the new owner's first connection.

    What an earlier owner still had to wait counts for everyone, since that owner may have gone without ever
    connecting. It is capped, lest a clock set back hold the account for long.
    """
    longest = max(ttl, handover_wait)
    if seen.switched:
        return longest
    inherited = min(seen.not_ready, longest)
    if seen.epoch == 0 or (not seen.released and seen.owner == owner):
        return inherited
    if not seen.released:
        return max(ttl, inherited)
    if _same_address(seen, owner, egress):
        return inherited
    return max(handover_wait - seen.since_release, inherited)


def node_of(owner: str) -> str:
    """The node id within an owner's name."""
    return owner.partition(":")[0]


def _same_address(seen: Seen, owner: str, egress: str) -> bool:
    """Two unknown addresses are the same one only on the same node."""
    if seen.last_egress != egress:
        return False
    return bool(egress) or node_of(seen.owner) == node_of(owner)


def _belongs_to_another(seen: Seen, owner: str) -> bool:
    return not seen.released and not seen.expired and seen.owner != owner


async def _look(conn: Connection, account: str) -> Seen:
    row = await conn.fetchrow(_SEEN, account)
    assert row is not None, "the row was locked just now"
    return Seen(**dict(row))
