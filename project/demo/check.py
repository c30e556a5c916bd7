"""Compares what was done with what the sandbox holds. Pure; it can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from project.demo.records import RouteRecord, Seen
from project.demo.script import Step, What

_POSTED = (What.POST, What.REPLY)


@dataclass(frozen=True, slots=True)
class Report:
    """The demo's figures; `seconds` from the first post to the last arrival, `*_ms` from source to destination."""

    profile: str
    sessions: int
    pairs: int
    sent: int
    delivered_discord: int
    delivered_destination: int
    lost: int
    duplicated: int
    out_of_order: int
    edits: int
    edits_synced: int
    deletes: int
    deletes_synced: int
    replies: int
    replies_linked: int
    from_discord: int
    concurrent_owners: int
    unknown_methods: int
    p50_ms: float
    p99_ms: float
    seconds: float

    @property
    def flawless(self) -> bool:
        """Nothing lost, doubled, out of order or left behind."""
        counted = (self.lost, self.duplicated, self.out_of_order, self.unknown_methods)
        followed = (self.edits_synced, self.deletes_synced, self.replies_linked)
        return not any(counted) and followed == (self.edits, self.deletes, self.replies) and self.concurrent_owners <= 1


@dataclass(frozen=True, slots=True)
class Setting:
    """What the figures were measured in."""

    profile: str
    sessions: int
    concurrent_owners: int
    unknown_methods: int


def judge(steps: Sequence[Step], records: Sequence[RouteRecord], setting: Setting) -> Report:
    """The report on `steps`, which were carried out."""
    routes = [_Route(record, [s for s in steps if s.route == n]) for n, record in enumerate(records)]
    times = sorted(time for route in routes for time in route.times())
    kinds = Counter(step.what for step in steps)
    return Report(
        profile=setting.profile,
        sessions=setting.sessions,
        pairs=len(records),
        sent=sum(len(route.sent) for route in routes),
        delivered_discord=sum(len(route.sent & route.on_discord.keys()) for route in routes),
        delivered_destination=sum(len((route.sent | route.said) & route.arrived.keys()) for route in routes),
        lost=sum(route.lost() for route in routes),
        duplicated=sum(route.duplicated() for route in routes),
        out_of_order=sum(route.out_of_order() for route in routes),
        edits=kinds[What.EDIT],
        edits_synced=sum(route.edits_synced() for route in routes),
        deletes=kinds[What.DELETE],
        deletes_synced=sum(route.deletes_synced() for route in routes),
        replies=kinds[What.REPLY],
        replies_linked=sum(route.replies_linked() for route in routes),
        from_discord=sum(len(route.said & route.arrived.keys()) for route in routes),
        concurrent_owners=setting.concurrent_owners,
        unknown_methods=setting.unknown_methods,
        p50_ms=_quantile(times, 0.5),
        p99_ms=_quantile(times, 0.99),
        seconds=_span(records),
    )


class _Route:
    """One pair's part of the judgement; messages are known by their numbers."""

    def __init__(self, record: RouteRecord, steps: Sequence[Step]) -> None:
        self._record = record
        self._steps = steps
        self._source = _by_number(record.source)
        self._ours = [seen for seen in record.discord if seen.ours]
        self.sent = self._source.keys()
        self.said = _by_number(seen for seen in record.discord if not seen.ours).keys()
        self.on_discord = _by_number(self._ours)
        self.arrived = _by_number(record.destination)

    def lost(self) -> int:
        """Messages that did not come to Discord, or not to the destination."""
        return len(self.sent - self.on_discord.keys()) + len((self.sent | self.said) - self.arrived.keys())

    def duplicated(self) -> int:
        """Posts beyond the first of a message; also of what nobody wrote."""
        return _extra(self._ours) + _extra(self._record.destination)

    def out_of_order(self) -> int:
        """Posts that came after a later one of the same origin."""
        pairs = ((self._ours, self.sent), (self._record.destination, self.sent), (self._record.destination, self.said))
        return sum(_inversions(seen.number for seen in place if seen.number in origin) for place, origin in pairs)

    def edits_synced(self) -> int:
        """Edits whose text stands on Discord and at the destination."""
        return sum(
            all(step.text in place[step.number].text for place in (self.on_discord, self.arrived))
            for step in self._of(What.EDIT)
        )

    def deletes_synced(self) -> int:
        """Deletes that took the message away on both sides."""
        return sum(
            all(place[step.number].deleted for place in (self.on_discord, self.arrived))
            for step in self._of(What.DELETE)
        )

    def replies_linked(self) -> int:
        """Replies that point at the right message: by reference or jump link on Discord, as replies after that."""
        return sum(
            all(place[step.number].reply_to == place[step.target].id for place in (self.on_discord, self.arrived))
            for step in self._of(What.REPLY)
            if step.target in self.on_discord and step.target in self.arrived
        )

    def times(self) -> list[float]:
        """Milliseconds from the source to the destination."""
        return [self.arrived[n].arrived - self._source[n].arrived for n in self.sent & self.arrived.keys()]

    def _of(self, what: What) -> list[Step]:
        known = self.on_discord.keys() & self.arrived.keys()
        return [step for step in self._steps if step.what is what and step.number in known]


def _by_number(messages: Iterable[Seen]) -> dict[int, Seen]:
    found: dict[int, Seen] = {}
    for seen in messages:
        if seen.number is not None:
            found.setdefault(seen.number, seen)
    return found


def _extra(messages: Iterable[Seen]) -> int:
    return sum(count - 1 for count in Counter(seen.number for seen in messages if seen.number is not None).values())


def _inversions(numbers: Iterable[int | None]) -> int:
    highest, count = 0, 0
    for number in numbers:
        if number is None:
            continue
        count += number < highest
        highest = max(highest, number)
    return count


def _quantile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


def _span(records: Sequence[RouteRecord]) -> float:
    starts = [seen.arrived for record in records for seen in record.source]
    ends = [seen.arrived for record in records for seen in record.destination]
    return round((max(ends, default=0.0) - min(starts, default=0.0)) / 1000, 1) if starts and ends else 0.0
