"""What each measure's figures are held against. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST_SPREAD = 0.25  # of the floor: a run above this is discarded
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """A figure that has to be at most (or, `least`, at least) this."""

    figure: str
    target: float
    gate: float
    least: bool = False

    def holds(self, value: float, limit: float) -> bool:
        """Whether a value keeps a limit."""
        return value >= limit if self.least else value <= limit


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the suite. `stage` is the installation that it runs on."""

    id: str
    what: str
    stage: str
    checks: tuple[Check, ...]


ORDER = Check("out_of_order", 0, 0)
SUITE = (
    Measure("P1", "CPU per message, burst over 100 chats, to Discord", "burst", (Check("ratio", 1.25, 1.6), ORDER)),
    Measure("P2", "CPU per message, steady 20/s, to Discord", "steady", (Check("ratio", 1.5, 2.0), ORDER)),
    Measure("P3", "steady 20/s: median latency over the floor's, ms", "steady", (Check("plus_ms", 3, 8),)),
    Measure("P4", "steady 20/s: 99th percentile over the floor's, ms", "steady", (Check("plus_ms", 15, 40),)),
    Measure("P5", "burst in one chat: messages a second", "steady", (Check("ratio", 0.8, 0.6, least=True), ORDER)),
    Measure("P6", "CPU per message, whole chain to the destination", "chain", (Check("ratio", 1.3, 1.7), ORDER)),
    Measure(
        "P7",
        "1 to 100 sessions: growth of CPU per message; private MiB each",
        "large",
        (Check("growth", 1.05, 1.15), Check("private_mib", 18, 25)),
    ),
    Measure(
        "P8",
        "1 to 30 pairs in each of 100 sessions: growth of CPU per message; kB per pair; seconds to load",
        "large",
        (Check("growth", 1.05, 1.15), Check("kb_per_pair", 8, 20), Check("load_s", 1, 3)),
    ),
    Measure("P9", "one message to 300 pairs: last delivery", "fanout", (Check("ratio", 1.2, 1.6),)),
    Measure(
        "P11",
        "100 MB of files: MB a second; growth of memory, MiB",
        "media",
        (Check("ratio", 0.9, 0.7, least=True), Check("growth_mib", 8, 16)),
    ),
    Measure(
        "P12",
        "limited by Discord: time over the optimum; 429s",
        "limits",
        (Check("ratio", 1.01, 1.05), Check("429s", 1, 3)),
    ),
    Measure("P13", "quiet pairs' 99th percentile beside 3 hot ones, over unloaded", "fair", (Check("ratio", 1.2, 2),)),
    Measure(
        "P14",
        "kill -9: seconds to the next message; rate of draining a backlog",
        "recovery",
        (Check("first_s", 2, 5), Check("ratio", 0.8, 0.5, least=True), ORDER),
    ),
    Measure("P15", "idle, 100 sessions and 3000 pairs: % of a core", "large", (Check("percent", 8, 10),)),
    Measure("C1", "moving 200 pairs: seconds of planning and commit", "moves", (Check("seconds", 1.5, 3),)),
    Measure(
        "C2",
        "60 sessions, 600 pairs: /sessionstatus, /workerstatus, /optimalsession; slowest, ms",
        "overviews",
        (Check("slowest_ms", 100, 300),),
    ),
)
STAGES = tuple(dict.fromkeys(measure.stage for measure in SUITE))


def spread(values: Sequence[float]) -> float:
    """How far values lie apart, as a part of their median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """Repetitions of floor and product, in turn. `discarded` runs before this one had too uneven a floor; `spread` is
    this one's."""

    floor: tuple[T, ...]
    ours: tuple[T, ...]
    spread: float
    discarded: int

    def middle(self, figure: Callable[[T], float]) -> tuple[float, float]:
        """Medians of a figure: the floor's and ours."""
        return statistics.median(map(figure, self.floor)), statistics.median(map(figure, self.ours))

    def ratio(self, figure: Callable[[T], float]) -> float:
        """The median of ours in terms of the floor's."""
        floor, ours = self.middle(figure)
        return ours / floor


def interleaved(
    floor: Callable[[], T], ours: Callable[[], T], figure: Callable[[T], float], *, repetitions: int, tries: int
) -> Run[T]:
    """Floor and product in turn. A run with too uneven a floor is made again, `tries` times at most; the last counts,
    and its spread says what it is worth."""
    for discarded in range(tries):
        pairs = [(floor(), ours()) for _ in range(repetitions)]
        run = Run(tuple(f for f, _ in pairs), tuple(o for _, o in pairs), 0.0, discarded)
        apart = spread([figure(sample) for sample in run.floor])
        run = Run(run.floor, run.ours, apart, discarded)
        if apart <= MOST_SPREAD:
            break
    return run


@dataclass(frozen=True, slots=True)
class Result:
    """One measure's figures. `notes` says what a reader has to know; `failure` why there are none."""

    figures: dict[str, float] = field(default_factory=dict)
    notes: str = ""
    failure: str = ""


def report(measure: Measure, result: Result) -> dict[str, object]:
    """The measure's part of the JSON."""
    told: dict[str, object] = {name: round(value, 4) for name, value in result.figures.items()}
    told |= {"what": measure.what, "notes": result.notes}
    told |= {"target": measure.checks[0].target, "gate": measure.checks[0].gate}
    if len(measure.checks) > 1:
        told["targets"] = {check.figure: check.target for check in measure.checks}
        told["gates"] = {check.figure: check.gate for check in measure.checks}
    if result.failure:
        return told | {"passed": False, "failure": result.failure}
    told["passed"] = all(check.holds(result.figures[check.figure], check.gate) for check in measure.checks)
    told["on_target"] = all(check.holds(result.figures[check.figure], check.target) for check in measure.checks)
    uneven = result.figures.get("spread", 0.0) > MOST_SPREAD
    return told | ({"uneven_floor": True} if uneven else {})
