"""Keeps the leases of this process, on a connection of its own, and keeps the kernel's timer armed with them."""

from __future__ import annotations

import asyncio
import time

from project.core import leases
from project.core.leases import Acquired, Holding
from project.core.link import DatabaseDown, Link
from project.core.logs import get_logger
from workers.worker import fence

AGAIN_AFTER = 0.5

log = get_logger(__name__)


class Keeper:
    """Every lease this process holds. One statement renews them all, or the process ends.

    `service` names its connection in pg_stat_activity."""

    def __init__(
        self, *, service: str, owner: str, egress: str, ttl: float, renew: float, limit: float, handover_wait: float
    ) -> None:
        self._owner = owner
        self._egress = egress
        self._ttl = ttl
        self._renew = renew
        self._limit = limit
        self._handover_wait = handover_wait
        self._link = Link(f"leases of {service}")
        self._held: dict[str, Holding] = {}
        self._changing = asyncio.Lock()

    async def acquire(self, account: str) -> Acquired | None:
        """Take one more lease; None while it is somebody else's. Raises DatabaseDown."""
        async with self._changing, self._link.use() as conn:
            began = time.monotonic()
            acquired = await leases.acquire(
                conn,
                account=account,
                owner=self._owner,
                ttl=self._ttl,
                egress=self._egress,
                handover_wait=self._handover_wait,
            )
            if acquired is not None:
                if not self._held:
                    fence.arm(self._limit - (time.monotonic() - began))
                self._held[account] = acquired.holding
        return acquired

    async def release(self, account: str) -> None:
        """Give a lease back. Only when the account is disconnected for good. Never raises: it expires anyway."""
        async with self._changing:
            holding = self._held.pop(account, None)
            if holding is None:
                return
            try:
                async with self._link.use() as conn:
                    await leases.release(conn, holding)
            except DatabaseDown as error:
                log.warning("lease not released, it expires", account=account, reason=str(error))

    async def run(self) -> None:
        """Renew for ever. Ends only by cancellation, or with the process when a lease was lost."""
        pause = self._renew
        while True:
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                await self._renew_all(began)
                pause = max(0.0, self._renew - (time.monotonic() - began))
            except DatabaseDown as error:
                log.warning("leases not renewed", reason=str(error))
                pause = min(AGAIN_AFTER, self._renew)

    async def _renew_all(self, began: float) -> None:
        async with self._changing:
            if not self._held:
                return
            async with self._link.use() as conn:
                kept = await leases.renew(conn, list(self._held.values()), ttl=self._ttl)
            if not kept:
                log.error("a lease was lost", accounts=sorted(self._held))
                fence.die()
            fence.arm(self._limit - (time.monotonic() - began))
