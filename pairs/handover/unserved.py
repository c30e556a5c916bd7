"""Hand-overs where nothing has to be drained: the session's owner has not connected it, or is provably gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pairs.handover import sql
from project.core.errors import FenceLost
from project.core.leases import Holding
from project.core.logs import get_logger
from project.core.pg import Connection
from sessions.domain.accounts import split_account

_log = get_logger(__name__)


async def give_away(conn: Connection, holding: Holding) -> None:
    """Hands over what is wanted elsewhere of a session that is held but not connected. Raises FenceLost."""
    kind, number = split_account(holding.account)
    if kind != "session":
        return
    row = await conn.fetchrow(sql.GIVE_ALL, holding.account, holding.owner, holding.epoch, number)
    assert row is not None, "it has no FROM"
    if not row["fenced"]:
        raise FenceLost(f"{holding.account} has another owner now.")
    if row["moved"]:
        _log.info("pairs handed over", account=holding.account, moved=row["moved"])


@dataclass(frozen=True, slots=True)
class Owner:
    """The lease of a session that pairs are wanted from, as it stands. `free`: never taken, or given back."""

    account: str
    epoch: int | None
    expires_at: datetime | None
    free: bool


class Unowned:
    """Tells which owners are provably gone, and hands their pairs over.

    A lease is given back after its process was waited for. One that was neither renewed nor given back for `ttl`
    seconds of our own monotonic clock belongs to a process that its kernel timer has ended; that it has expired by the
    database's clock proves nothing, since that clock may have been set.
    """

    def __init__(self, *, ttl: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = ttl
        self._clock = clock
        self._still: dict[Owner, float] = {}

    def gone(self, owners: Iterable[Owner]) -> list[Owner]:
        """Those of the owners that are not there any more."""
        now = self._clock()
        self._still = {owner: self._still.get(owner, now) for owner in owners}
        return [owner for owner, since in self._still.items() if owner.free or now - since >= self._ttl]

    async def take(self, conn: Connection) -> list[int]:
        """Looks once; the pairs that changed hands. Call it every few seconds."""
        rows = await conn.fetch(sql.OWNERS)
        gone = self.gone(Owner(row["account"], row["epoch"], row["expires_at"], row["free"]) for row in rows)
        if not gone:
            return []
        names, epochs = [owner.account for owner in gone], [owner.epoch for owner in gone]
        moved: list[int] = await conn.fetchval(sql.FORCE, names, epochs, [owner.expires_at for owner in gone])
        if moved:
            _log.warning("pairs taken from sessions without an owner", pairs=moved)
        return moved
