"""Two worker groups of one session: what happens to one of them does not concern the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from pairs.lane.lane import Lane
from tests.integration.pairs.rig import Rig, running_rig, until


@dataclass
class TwoGroups:
    """The rig's pair is in group 1, `second` in group 2; both relay the same source."""

    rig: Rig
    second: int
    destination: int

    def lanes(self, pair: int) -> list[Lane]:
        return [lane for (of, _), lane in self.rig.engine._lanes._lanes.items() if of == pair]

    def restarts(self) -> dict[int, int]:
        return {group.number: group.restarts for group in self.rig.engine.counters()}

    def post(self, *texts: str) -> None:
        for text in texts:
            self.rig.world.post(self.rig.source, text)

    async def arrived(self, *texts: str) -> None:
        """Everything once and in order at both destinations."""
        for chat in (self.rig.destination, self.destination):
            await until(lambda chat=chat: texts[-1] in self.rig.at_destination(chat), f"{texts[-1]} in {chat}")
            assert self.rig.at_destination(chat) == list(texts)


@pytest.fixture
async def groups(pg: asyncpg.Connection) -> AsyncIterator[TwoGroups]:
    async with running_rig(pg, by_webhook=False, by_bot=False) as rig:
        second, destination = await rig.second_pair()
        await pg.execute('UPDATE pairs_assignment SET "group" = 2 WHERE pair_id = $1', second)
        both = TwoGroups(rig, second, destination)
        rig.engine.wake()
        await until(lambda: len(rig.engine.counters()) == 2, "both groups")
        await until(lambda: not any(group.unsynced for group in rig.engine.counters()), "the second pair's start")
        yield both


async def test_a_group_that_breaks_or_is_restarted_leaves_the_other_alone(groups: TwoGroups) -> None:
    groups.post("one")
    await groups.arrived("one")
    others, broken = groups.lanes(groups.rig.pair), groups.lanes(groups.second)

    async def bug() -> None:
        raise RuntimeError("a bug in a lane's own code")

    broken[0]._queue.head = bug  # type: ignore[assignment]
    groups.post("two", "three")
    await until(lambda: groups.restarts() == {1: 0, 2: 1}, "the restart of the group that broke")
    await groups.arrived("one", "two", "three")
    assert groups.lanes(groups.rig.pair) == others
    assert not set(groups.lanes(groups.second)) & set(broken)

    groups.rig.engine.restart_group(2)
    groups.post("four")
    await until(lambda: groups.restarts() == {1: 0, 2: 2}, "the restart that was asked for")
    groups.post("five")
    await groups.arrived("one", "two", "three", "four", "five")
    assert groups.lanes(groups.rig.pair) == others


async def test_a_pair_that_changes_its_group_goes_on(groups: TwoGroups, pg: asyncpg.Connection) -> None:
    before = groups.lanes(groups.second)
    groups.post("one")
    await pg.execute('UPDATE pairs_assignment SET "group" = 1 WHERE pair_id = $1', groups.second)
    groups.rig.engine.wake()
    groups.post("two")
    await until(lambda: [group.pairs for group in groups.rig.engine.counters()] == [2], "one group")
    groups.post("three")
    await groups.arrived("one", "two", "three")
    assert groups.lanes(groups.second) == before
