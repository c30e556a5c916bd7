"""The lanes of an engine: one per pair and hop that this process works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from random import Random

from msgspec.structs import replace

from pairs.journal.journal import Journal
from pairs.journal.rows import NewEvent, StoredEvent
from pairs.lane.config import PairConfig
from pairs.lane.hop import Hop
from pairs.lane.lane import Lane
from pairs.lane.record import Ahead
from pairs.lane.trouble import Patience
from pairs.lane.waits import Waits
from pairs.supervised import Tasks

DRAIN = 7.0  # seconds that a call under way gets to finish
LaneKey = tuple[int, int]  # (pair, hop)


class Lanes:
    """Starts and ends lanes as pairs and accounts come and go."""

    def __init__(
        self,
        *,
        journal: Journal,
        hops: Mapping[int, Hop],
        tasks: Tasks,
        waits: Waits,
        rng: Random,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience
        self._journal = journal
        self._hops = hops
        self._tasks = tasks
        self._rng = rng
        self._waits = waits
        self._lanes: dict[LaneKey, Lane] = {}

    async def set_pairs(self, pairs: Mapping[int, PairConfig], accounts: Container[str]) -> None:
        """The pairs as they are now, and the accounts that are connected here."""
        wanted = {(pair.id, hop): pair for pair in pairs.values() for hop in _hops_here(pair, accounts)}
        await self._end([key for key, lane in self._lanes.items() if not self._stays(key, lane, wanted)])
        for (pair_id, number), pair in wanted.items():
            if (pair_id, number) not in self._lanes:
                self._start(pair, number)

    async def drain(self) -> None:
        """Ends all after their call under way, within 8 s."""
        await self._end(list(self._lanes))

    def prepare(self, events: Sequence[NewEvent]) -> list[NewEvent]:
        """Events about to be journaled, with the parts of those that go out at once."""
        if len(events) == 1:
            return [self._with_parts(events[0])]
        times = Counter(event.pair_id for event in events)
        return [self._with_parts(event) if times[event.pair_id] == 1 else event for event in events]

    def _with_parts(self, event: NewEvent) -> NewEvent:
        lane = self._lanes.get((event.pair_id, 1))
        first = lane.prepare(event) if lane is not None and event.hops & 1 else None
        return event if first is None else replace(event, first=first)

    def offer(self, events: Sequence[StoredEvent]) -> None:
        """Events just journaled here."""
        for event in events:
            first, second = self._lanes.get((event.pair_id, 1)), self._lanes.get((event.pair_id, 2))
            if first is not None and event.hops & 1:
                first.offer(event, hop1_open=False)
            if second is not None and event.hops & 2:
                second.offer(event, hop1_open=bool(event.hops & 1))

    def elsewhere(self, pair: PairConfig) -> str | None:
        """The sender of a pair whose second hop another process works: it has to be told of what is due. That hop
        itself tells nobody: its own lane is here."""
        return None if (pair.id, 2) in self._lanes else pair.sender

    def refresh_all(self) -> None:
        """Nobody knows what the journal holds by now."""
        for lane in self._lanes.values():
            lane.refresh()

    def idle(self) -> list[LaneKey]:
        """Lanes that know of nothing to do. Their events may have been journaled, or their hop 1 sent, by another
        process."""
        return [key for key, lane in self._lanes.items() if lane.idle]

    def refresh_fed(self) -> None:
        """There was news. Busy lanes whose hop 1 another process works may have read before it: they look again before
        they rest."""
        for (_, hop), lane in self._lanes.items():
            if hop == 2 and not lane.idle and (lane.pair.id, 1) not in self._lanes:
                lane.refresh()

    def refresh(self, keys: Iterable[LaneKey]) -> None:
        """The journal holds something for these lanes."""
        for key in keys:
            if key in self._lanes:
                self._lanes[key].refresh()

    def sent(self, pairs: Container[int]) -> int:
        """Parts sent for these pairs since their lanes started."""
        return sum(lane.sent for (pair_id, _), lane in self._lanes.items() if pair_id in pairs)

    def _stays(self, key: LaneKey, lane: Lane, wanted: Mapping[LaneKey, PairConfig]) -> bool:
        return wanted.get(key) == lane.pair and self._tasks.runs(_task(key))

    async def _end(self, keys: Sequence[LaneKey]) -> None:
        for key in keys:
            self._lanes[key].close()
        await self._tasks.end([_task(key) for key in keys], grace=DRAIN)
        for key in keys:
            del self._lanes[key]

    def _start(self, pair: PairConfig, number: int) -> None:
        lane = Lane(
            pair=pair,
            hop=self._hops[number],
            journal=self._journal,
            settled=self._settled(number),
            following=self._following(number),
            tell=self.elsewhere,
            waits=self._waits,
            rng=self._rng,
            patience=self._patience,
        )
        self._lanes[pair.id, number] = lane
        self._tasks.start(_task((pair.id, number)), lane.run())

    def _settled(self, number: int) -> Callable[[StoredEvent], None]:
        return self._hop1_settled if number == 1 else _nothing

    def _following(self, number: int) -> Callable[[StoredEvent], Ahead | None]:
        return self._claim_of_hop2 if number == 1 else _nothing_follows

    def _claim_of_hop2(self, event: StoredEvent) -> Ahead | None:
        lane = self._lanes.get((event.pair_id, 2))
        return None if lane is None else lane.prepare_head(event)

    def _hop1_settled(self, event: StoredEvent) -> None:
        lane = self._lanes.get((event.pair_id, 2))
        if lane is not None:
            lane.hop1_settled(event.id)


def _hops_here(pair: PairConfig, accounts: Container[str]) -> list[int]:
    owners = {1: pair.session, 2: pair.sender}
    return [hop for hop, account in owners.items() if pair.sends and account in accounts]


def _task(key: LaneKey) -> tuple[str, LaneKey]:
    return "lane", key


def _nothing(event: StoredEvent) -> None:
    """Nobody waits for hop 2."""


def _nothing_follows(event: StoredEvent) -> Ahead | None:
    """Hop 2 is the last."""
    return None
