"""Compares what was written with what the sandbox holds. Pure; it can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.records import RouteRecord, Seen
from tests.chaos.script import Step, What, head


@dataclass(frozen=True, slots=True)
class Verdict:
    """Figures of one route, or of all together. `findings` names the messages, for whoever looks for the cause."""

    sent: int = 0
    lost: int = 0
    duplicated: int = 0
    ambiguous: int = 0
    out_of_order: int = 0
    edits: int = 0
    edits_synced: int = 0
    deletes: int = 0
    deletes_synced: int = 0
    findings: tuple[str, ...] = field(default=())

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def missing(self) -> int:
        """How much is still to come."""
        return self.lost + self.edits - self.edits_synced + self.deletes - self.deletes_synced


def judge(records: Mapping[int, RouteRecord], steps: Iterable[Step], strikes: Mapping[int, int]) -> dict[int, Verdict]:
    """A verdict per route. `strikes`: how many faults hit a route; each excuses one doubled webhook post where nobody
    can look whether the first one stands."""
    of: dict[int, list[Step]] = {index: [] for index in records}
    for step in steps:
        if step.route in of:
            of[step.route].append(step)
    return {index: _judge(index, record, of[index], strikes.get(index, 0)) for index, record in records.items()}


def _judge(index: int, record: RouteRecord, steps: Sequence[Step], strikes: int) -> Verdict:
    source, said = _by_number(record.source), _by_number(record.said)
    discord, destination = _by_number(record.discord), _by_number(record.destination)
    due = {number for number, seen in source.items() if not seen.deleted}  # a delete cancels what is still queued
    lost = [("Discord", n) for n in due - discord.keys()]
    lost += [("destination", n) for n in (due | said.keys()) - destination.keys()]
    doubled, ambiguous = _doubled(record, strikes)
    swapped = [("Discord", n) for n in _inversions(record.source, discord)]
    swapped += [("destination", n) for o in (record.source, record.said) for n in _inversions(o, destination)]
    edits = [s for s in steps if s.what is What.EDIT and s.number in source]
    deletes = [s for s in steps if s.what is What.DELETE and s.number in source]
    unedited = [s.number for s in edits if not _edited(record, s)]
    undeleted = [s.number for s in deletes if not _deleted(record, s.number)]
    findings = {"lost": lost, "doubled": doubled, "swapped": swapped}
    findings |= {"unedited": [("", n) for n in unedited], "undeleted": [("", n) for n in undeleted]}
    return Verdict(
        sent=len(source) + len(said),
        lost=len(lost),
        duplicated=len(doubled),
        ambiguous=ambiguous,
        out_of_order=len(swapped),
        edits=len(edits),
        edits_synced=len(edits) - len(unedited),
        deletes=len(deletes),
        deletes_synced=len(deletes) - len(undeleted),
        findings=tuple(
            f"route {index}: {what} {where} #{n:06d}" for what, found in findings.items() for where, n in found
        ),
    )


def _edited(record: RouteRecord, step: Step) -> bool:
    """On both sides, each copy. Of an excused double on Discord, one copy: nobody knows the other one's id."""
    discord, destination = (
        [head(step) in seen.text for seen in place if seen.number == step.number]
        for place in (record.discord, record.destination)
    )
    there = all(discord) if record.readable else any(discord)
    return bool(discord) and there and bool(destination) and all(destination)


def _deleted(record: RouteRecord, number: int) -> bool:
    """The same of a delete; what never arrived need not be deleted."""
    discord, destination = (
        [seen.deleted for seen in place if seen.number == number] for place in (record.discord, record.destination)
    )
    there = all(discord) if record.readable else any(discord) or not discord
    return there and all(destination)


def _by_number(messages: Iterable[Seen]) -> dict[int, Seen]:
    found: dict[int, Seen] = {}
    for seen in messages:
        found.setdefault(seen.number, seen)
    return found


def _doubled(record: RouteRecord, strikes: int) -> tuple[list[tuple[str, int]], int]:
    """Posts beyond the first of a message, and those that nobody wrote; and how many are excused."""
    known = {seen.number for seen in (*record.source, *record.said)}
    on_discord = [("Discord", n) for n in _extra(record.discord, known)]
    excused = 0 if record.readable else min(strikes, len(on_discord))
    return on_discord[excused:] + [("destination", n) for n in _extra(record.destination, known)], excused


def _extra(messages: Sequence[Seen], known: set[int]) -> list[int]:
    counts = Counter(seen.number for seen in messages)
    return [n for n, count in counts.items() for _ in range(count - (n in known))]


def _inversions(origin: Sequence[Seen], place: Mapping[int, Seen]) -> list[int]:
    """Messages whose first copy came after that of a later one of the same origin."""
    rank = {seen.number: position for position, seen in enumerate(origin)}
    highest, found = -1, []
    for number in place:
        if number in rank:
            if rank[number] < highest:
                found.append(number)
            highest = max(highest, rank[number])
    return found
