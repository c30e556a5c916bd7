"""Clocks are set while leases are held: by an hour, in either direction, on the host or in the database."""

from __future__ import annotations

import ast
import asyncio
import time
from pathlib import Path

import asyncpg
import pytest

from project.core.config import current
from project.core.leases import FENCE_SQL, acquire
from tests.integration.races.rows import hold
from workers.worker.leases import Keeper

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = "session.1"
TTL = 15.0
HOUR = 3600.0


class Died(Exception):
    """In place of the process's end."""


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The kernel's timer: what it was set to."""
    seconds: list[float] = []

    def die() -> None:
        raise Died

    monkeypatch.setattr("workers.worker.fence.arm", seconds.append)
    monkeypatch.setattr("workers.worker.fence.die", die)
    return seconds


def keeper(owner: str) -> Keeper:
    return Keeper(service=owner, owner=owner, egress="", ttl=TTL, renew=0.01, limit=12.0, handover_wait=0.0)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_the_hosts_clock_is_set(
    transactional_db: None, armed: list[float], monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """Leases are renewed and the timer is armed by what stands still or goes on evenly."""
    keep = keeper("a:1")
    assert await keep.acquire(ACCOUNT)
    running = asyncio.create_task(keep.run())
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    async with asyncio.timeout(10):
        while len(armed) < 4:
            await asyncio.sleep(0.01)
    running.cancel()
    assert all(11.0 < seconds <= 12.0 for seconds in armed)


async def test_the_databases_clock_is_set_ahead(
    transactional_db: None, pg: asyncpg.Connection, armed: list[float]
) -> None:
    """Every lease looks expired. A new owner waits the whole time on its own clock before it connects; the old one's
    writes are refused from that moment, and its next renewal ends it."""
    keep = keeper("a:1")
    held = await keep.acquire(ACCOUNT)
    assert held is not None
    await pg.execute(
        "UPDATE core_lease SET expires_at = expires_at - interval '1 h', ready_at = ready_at - interval '1 h'"
    )
    taken = await acquire(pg, account=ACCOUNT, owner="b:1", ttl=TTL, egress="", handover_wait=0.0)
    assert taken is not None
    assert taken.wait == TTL
    assert await pg.fetchval(FENCE_SQL, ACCOUNT, held.holding.owner, held.holding.epoch) is None
    with pytest.raises(Died):
        await keep.run()


async def test_the_databases_clock_is_set_back(pg: asyncpg.Connection) -> None:
    """A lease seems to last for an hour: nobody takes it before, whether its owner lives or not."""
    await hold(pg, ACCOUNT)
    await pg.execute("UPDATE core_lease SET expires_at = expires_at + interval '1 h'")
    assert await acquire(pg, account=ACCOUNT, owner="b:1", ttl=TTL, egress="", handover_wait=0.0) is None
    assert current().lease_fence < current().lease_ttl  # an owner that could not renew is gone long before


def test_what_keeps_leases_asks_no_clock_that_can_be_set() -> None:
    """Durations are measured by time.monotonic or the loop's clock; moments are the database's."""
    files = [*(ROOT / "workers").rglob("*.py"), *(ROOT / "pairs" / "lane").rglob("*.py")]
    files += [*(ROOT / "pairs" / "handover").rglob("*.py"), ROOT / "project" / "core" / "leases.py"]
    asked = {
        f"{path.relative_to(ROOT)}: {node.value.id}.{node.attr}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("time", "time"), ("datetime", "now"), ("timezone", "now")}
    }
    assert asked == {
        "workers/beat.py: datetime.now",  # to correct what Beat's own clock has written
        "workers/services/pulses.py: time.time",  # to tell how far this host's clock is off
    }
