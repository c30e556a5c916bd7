"""The live owner's side: which of its pairs are wanted elsewhere, and giving them away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pairs.handover import sql
from pairs.journal.link import JournalLink
from pairs.lane.load import numbers
from project.core.errors import FenceLost
from project.core.leases import Holding
from project.core.logs import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """A pair of `account` that another session is to read."""

    pair_id: int
    generation: int
    account: str


class HandOver:
    """`holdings` is the live map of the leases of this process."""

    def __init__(self, link: JournalLink, holdings: Mapping[str, Holding]) -> None:
        self._link = link
        self._holdings = holdings

    async def wishes(self, accounts: Iterable[str]) -> list[Wish]:
        """Pairs of these accounts that are wanted elsewhere."""
        sessions, _ = numbers(accounts)
        if not sessions:
            return []
        rows = await self._link.run(lambda conn: conn.fetch(sql.WANTED, sessions))
        return [Wish(row["pair_id"], row["generation"], f"session.{row['session_id']}") for row in rows]

    async def give(self, wishes: Sequence[Wish]) -> None:
        """Commits the new owners and wakes them. Only after nothing of these pairs runs here any more.

        A pair that is no longer wanted elsewhere, or was moved already, stays as it is. Raises FenceLost.
        """
        for account in sorted({wish.account for wish in wishes}):
            await self._give(account, [wish for wish in wishes if wish.account == account])

    async def _give(self, account: str, wishes: Sequence[Wish]) -> None:
        holding = self._holdings.get(account)
        if holding is None:  # dropped meanwhile: whoever has its lease next gives the pairs away
            return
        pairs, generations = [wish.pair_id for wish in wishes], [wish.generation for wish in wishes]
        fence = (holding.account, holding.owner, holding.epoch)
        row = await self._link.run(lambda conn: conn.fetchrow(sql.GIVE, *fence, pairs, generations))
        assert row is not None, "it has no FROM"
        if not row["fenced"]:
            raise FenceLost(f"{account}: the lease is no longer ours")
        _log.info("pairs handed over", account=account, pairs=pairs, moved=row["moved"])
