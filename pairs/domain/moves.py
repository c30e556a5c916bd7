"""May these pairs go to those sessions? Judged before anything is changed. Pure: rows and looks are handed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pairs.domain.guests import SHORT
from pairs.domain.specs import shorten
from sessions.domain.choice import Candidate, Seen, unfit

INSIDE = frozenset({Seen.MEMBER, Seen.PROTECTED})
READABLE = INSIDE | {Seen.GUEST}
EDITS = (
    "The new account posts at the destination itself: what the old one posted there can no longer be edited or deleted."
)


@dataclass(frozen=True, slots=True)
class MovingPair:
    """A pair as its rows show it. `session_id` is None while it is parked; `wanted_id` and `wanted` name who is to have
    it next."""

    id: int
    title: str
    source_chat: int
    destination_chat: int
    posts_itself: bool
    status: str
    session_id: int | None
    session: str
    wanted_id: int | None
    generation: int
    source_username: str = ""
    wanted: str = ""

    @property
    def paused(self) -> bool:
        """It moves like the others, and stays paused."""
        return self.status == "paused"

    def on_its_way(self, target: int) -> bool:
        """Another session than `target` is just taking it over. Staying where it is takes that back, and may be asked
        for at any time."""
        if self.session_id is None or target == self.session_id:
            return False
        return self.wanted_id not in (None, self.session_id, target)

    @property
    def bound_to_account(self) -> bool:
        """Basic groups and private chats have other message ids in every account, so the cursor would mean nothing."""
        return self.source_chat <= 0


@dataclass(frozen=True, slots=True)
class Sights:
    """What sessions see, by (session, chat): what they can read, where they may post. `errors`: of sessions that could
    not look."""

    read: Mapping[tuple[int, int], str] = field(default_factory=dict)
    post: Mapping[tuple[int, int], bool] = field(default_factory=dict)
    errors: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A pair and its sessions, by id and name. `before_id` has it now, None for a parked pair, which nobody has to give
    away; `before` is whose it would have become, or is. `wanted_id`: who was to have it when this was planned."""

    pair_id: int
    before_id: int | None
    before: str
    after_id: int
    after: str
    generation: int
    status: str
    wanted_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A pair that cannot go where it was asked to, and why."""

    pair_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What would happen. `already`: pairs that are there, or on their way there, as they should be."""

    moves: tuple[Move, ...]
    refused: tuple[Refused, ...]
    already: tuple[int, ...]
    warnings: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Each reason once, with its pairs."""
        return tuple(f"{pairs_named(ids)}: {reason}" for reason, ids in grouped(self.refused).items())


def judge(
    pairs: Sequence[MovingPair], wishes: Mapping[int, int], targets: Mapping[int, Candidate], sights: Sights
) -> MovePlan:
    """`wishes` names a session for each pair id. Seats go to the pairs in their order."""
    taken: Counter[int] = Counter()
    moves, refused, already, warned = [], [], [], []
    for pair in pairs:
        target = targets[wishes[pair.id]]
        if (pair.wanted_id or pair.session_id) == target.session_id:
            already.append(pair.id)
            continue
        seat = pair.session_id != target.session_id  # a wish that is taken back needs no new one
        reason = why_not(pair, target, sights) if seat else ""
        if not reason and seat and taken[target.session_id] >= target.free:
            reason = f"{target.name} has no seat left ({target.used} of {target.max_pairs} pairs)"
        if reason:
            refused.append(Refused(pair.id, reason))
            continue
        taken[target.session_id] += seat
        moves.append(_move(pair, target))
        warned.append(pair)
    return MovePlan(tuple(moves), tuple(refused), tuple(already), tuple(_warnings(warned, wishes, sights)))


def why_not(pair: MovingPair, target: Candidate, sights: Sights) -> str:
    """Why a session with room cannot take the pair; "" when it can."""
    state = unfit(target)
    if state:
        return f"{target.name} is {state}"
    if pair.bound_to_account:
        return "its source is a basic group or private chat, whose message ids belong to one account; make a new pair"
    seen = sights.read.get((target.session_id, pair.source_chat))
    if seen is None:
        return f"{target.name} {sights.errors.get(target.session_id, 'has not looked at its source')}"
    if seen not in READABLE:
        return f"{target.name} {'is banned from' if seen == Seen.BANNED else 'is not a member of'} {pair.title}"
    if pair.posts_itself and not sights.post.get((target.session_id, pair.destination_chat)):
        return f"{target.name} may not post at its destination, and the pair has no sender bot"
    return ""


def grouped(refused: Iterable[Refused]) -> dict[str, list[int]]:
    """Pair ids by reason."""
    found: dict[str, list[int]] = {}
    for one in refused:
        found.setdefault(one.reason, []).append(one.pair_id)
    return found


def pairs_named(ids: Collection[int]) -> str:
    """ "pair 7", "pairs 1-3,7"."""
    return f"pair{'s' if len(ids) > 1 else ''} {shorten(ids)}"


def _move(pair: MovingPair, target: Candidate) -> Move:
    return Move(
        pair_id=pair.id,
        before_id=pair.session_id,
        before=pair.wanted or pair.session,
        after_id=target.session_id,
        after=target.name,
        generation=pair.generation,
        status=pair.status,
        wanted_id=pair.wanted_id,
    )


def _warnings(pairs: Sequence[MovingPair], wishes: Mapping[int, int], sights: Sights) -> Iterable[str]:
    itself = [pair.id for pair in pairs if pair.posts_itself]
    if itself:
        yield f"{pairs_named(itself)}: {EDITS}"
    guests = [pair.id for pair in pairs if sights.read.get((wishes[pair.id], pair.source_chat)) == Seen.GUEST]
    if guests:
        yield f"{pairs_named(guests)}: the session is {SHORT}, so posts come late; it can join."
    protected = [pair.id for pair in pairs if sights.read.get((wishes[pair.id], pair.source_chat)) == Seen.PROTECTED]
    if protected:
        yield f"{pairs_named(protected)}: the source forbids copying what is posted there."
    paused = [pair.id for pair in pairs if pair.paused]
    if paused:
        yield f"{pairs_named(paused)}: paused, and will stay paused."
