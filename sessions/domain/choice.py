"""Which sessions could read some sources, best first, and why the others could not. Pure: rows are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Seen(StrEnum):
    """What the last look at a source through a session showed."""

    MEMBER = "member"
    BANNED = "banned"
    PROTECTED = "protected"
    GUEST = "guest"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A living session as its rows show it. `used` are seats taken or promised. `access`: what the last look at each
    source showed; one that nobody looked at is missing."""

    session_id: int
    name: str
    lifecycle: str
    health: str
    health_reason: str
    priority: int
    max_pairs: int
    used: int
    access: Mapping[int, str]

    @property
    def free(self) -> int:
        """Pairs that it can still take."""
        return max(0, self.max_pairs - self.used)


@dataclass(frozen=True, slots=True)
class Choice:
    """A session that fits. `unseen`: sources of which nobody knows whether it can read them; it has to look first.
    `protected`: sources that it reads but that forbid copying, as they do to everybody. `guest`: public sources that it
    may read but is no member of, so that posts come late."""

    session_id: int
    name: str
    priority: int
    used: int
    max_pairs: int
    unseen: tuple[int, ...]
    protected: tuple[int, ...]
    guest: tuple[int, ...] = ()

    @property
    def free(self) -> int:
        """Pairs that it can still take."""
        return self.max_pairs - self.used


@dataclass(frozen=True, slots=True)
class Refusal:
    """A session that does not fit, and every reason why."""

    session_id: int
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All living sessions: those that fit, best first, and the others by name."""

    best: tuple[Choice, ...]
    refused: tuple[Refusal, ...]


def rank(candidates: Iterable[Candidate], sources: Sequence[int] = (), *, seats: int = 1) -> Ranking:
    """Sessions that could take `seats` pairs of these sources.

    Only healthy ones with room that no look found unable to read. Those surely in every source come first, those that
    are no member of one last; then the higher priority, then the more free seats, then the name.
    """
    best, refused = [], []
    for candidate in candidates:
        reasons = tuple(_reasons(candidate, sources, seats))
        if reasons:
            refused.append(Refusal(candidate.session_id, candidate.name, reasons))
        else:
            best.append(_choice(candidate, sources))
    best.sort(key=_place)
    return Ranking(tuple(best), tuple(sorted(refused, key=lambda refusal: refusal.name.lower())))


def _place(choice: Choice) -> tuple[object, ...]:
    return bool(choice.guest), bool(choice.unseen), -choice.priority, -choice.free, choice.name.lower()


def unfit(candidate: Candidate) -> str:
    """Why a session can take no pair whatever its room and sources; "" when it can."""
    if candidate.lifecycle != "active":
        return {"disabled": "disabled", "deleted": "deleted"}.get(candidate.lifecycle, "not logged in yet")
    if candidate.health != "healthy":
        return f"{candidate.health} ({candidate.health_reason})" if candidate.health_reason else candidate.health
    return ""


def _reasons(candidate: Candidate, sources: Sequence[int], seats: int) -> Iterable[str]:
    state = unfit(candidate)
    if state:
        yield state
    if candidate.free < seats:
        taken = f"{candidate.used} of {candidate.max_pairs} pairs"
        yield f"full: {taken}" if not candidate.free else f"{candidate.free} free seats, {seats} needed ({taken})"
    for source in dict.fromkeys(sources):
        if candidate.access.get(source) == Seen.BANNED:
            yield f"cannot read source {source}"


def _choice(candidate: Candidate, sources: Sequence[int]) -> Choice:
    seen = {source: candidate.access.get(source, Seen.UNKNOWN) for source in sources}
    return Choice(
        session_id=candidate.session_id,
        name=candidate.name,
        priority=candidate.priority,
        used=candidate.used,
        max_pairs=candidate.max_pairs,
        unseen=tuple(source for source, what in seen.items() if what == Seen.UNKNOWN),
        protected=tuple(source for source, what in seen.items() if what == Seen.PROTECTED),
        guest=tuple(source for source, what in seen.items() if what == Seen.GUEST),
    )
