"""Scripts by the batch, one per pair, on one installation; and what differs afterwards."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from project.sandbox.client import ControlClient
from tests.convergence.actors import Actors
from tests.convergence.acts import Act
from tests.convergence.disturbances import Disturber
from tests.convergence.model import Model
from tests.convergence.script import script
from tests.convergence.unfinished import unfinished
from tests.harness.command import say
from tests.harness.installation import Installation

PATIENCE = 60.0  # seconds without any progress before what differs is a difference
LONGEST = 180.0  # seconds in all
QUIET = 7.0  # an unsure attempt waits 5 s before it looks; a copy too many takes as long
LOOK = 1.5
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Order:
    """Scripts `first` to `first + count - 1` of a seed. `calm`: nothing goes wrong."""

    seed: int
    first: int
    count: int
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What one script left otherwise than it should be, and everything that was done."""

    script: int
    route: str
    lines: tuple[str, ...]
    acts: tuple[str, ...]
    posts: tuple[str, ...]
    journal: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """docs/reference/convergence.md says what each figure means."""

    seed: int
    scripts: int = 0
    acts: dict[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    swallowed: dict[str, int] = field(default_factory=dict)
    unknown_methods: int = 0
    concurrent_owners: int = 0
    seconds: float = 0.0
    differences: list[Difference] = field(default_factory=list)

    @property
    def converged(self) -> bool:
        """Every chat holds what it should, and nothing else went wrong."""
        return not self.differences and not self.unknown_methods and self.concurrent_owners <= 1


async def run(here: Installation, order: Order) -> Report:
    """All scripts, as many at once as there are pairs."""
    began, report = time.monotonic(), Report(order.seed)
    taken = [1] * len(here.world.routes)  # the number of the next message of each pair
    async with ControlClient(here.control_url) as control:
        disturber = None if order.calm else Disturber(here, control, order.seed)
        if disturber:
            await disturber.swallow()
        for batch in _batches(order, len(taken)):
            played = []
            for index in batch:
                place = (index - 1) % len(taken)  # also when it is replayed alone
                acts = script(order.seed, index, first=taken[place])
                actors = Actors(
                    control, here.world, here.world.routes[place], order.seed, taken[place], patient=not order.calm
                )
                played.append((index, actors, acts))
                taken[place] += len(Model().after(acts).messages)
            await _batch(here, played, disturber, report)
            report.scripts += len(played)
            say(f"{report.scripts} scripts, {len(report.differences)} with differences")
        counters = await control.counters()
        report.swallowed = {kind.value: count for kind, count in (await control.telegram.swallowed()).items()}
    report.unknown_methods, report.concurrent_owners = counters.unknown_methods, counters.concurrent_owners
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _batches(order: Order, pairs: int) -> list[list[int]]:
    """Numbers of scripts that are played at once: none of them in the same pair."""
    scripts = list(range(order.first, order.first + order.count))
    return [scripts[start : start + pairs] for start in range(0, len(scripts), pairs)]


Played = tuple[int, Actors, list[Act]]


async def _batch(here: Installation, played: Sequence[Played], disturber: Disturber | None, report: Report) -> None:
    trouble = asyncio.create_task(disturber.play()) if disturber else None
    async with asyncio.TaskGroup() as group:
        for _, actors, acts in played:
            group.create_task(actors.play(acts))
    if disturber and trouble:
        await _calm(disturber, trouble)
    over = time.monotonic()
    found = await _settle(played)
    report.slowest_s = max(report.slowest_s, round(time.monotonic() - over - QUIET, 1))
    for index, actors, _ in played:
        for act in actors.done:
            report.acts[act.what.value] = report.acts.get(act.what.value, 0) + 1
        if found.get(index):
            route = (
                f"{'webhook' if actors.route.webhook else 'bot'}, then {actors.route.sender or 'the session itself'}"
            )
            numbers = {int(n) for line in found[index] for n in re.findall(r"#(\d+)", line)}
            posts = tuple(await actors.posts(numbers))
            rows = await unfinished(here.config.database_direct_url, actors.route)
            difference = Difference(index, route, tuple(found[index]), tuple(map(str, actors.done)), posts, rows)
            report.differences.append(difference)
            say(json.dumps(asdict(difference), indent=1))  # a long run may be ended before its report


async def _calm(disturber: Disturber, trouble: asyncio.Task[None]) -> None:
    trouble.cancel()
    with suppress(asyncio.CancelledError):
        await trouble
    await disturber.control.telegram.clear_faults()
    await disturber.control.discord.clear_faults()


async def _settle(played: Sequence[Played]) -> dict[int, list[str]]:
    """Looks again at what differs, until nothing does or nothing has changed for long; then at all once more."""
    left = {index: actors for index, actors, _ in played}
    seen: dict[int, list[str]] = {}
    began = since = time.monotonic()
    while left and time.monotonic() - since < PATIENCE and time.monotonic() - began < LONGEST:
        found = await _look(left)
        left = {index: actors for index, actors in left.items() if found[index]}
        if found != seen:
            seen, since = found, time.monotonic()
        await asyncio.sleep(LOOK)
    await asyncio.sleep(QUIET)
    return await _look({index: actors for index, actors, _ in played})


async def _look(left: dict[int, Actors]) -> dict[int, list[str]]:
    turn = asyncio.Semaphore(AT_ONCE)  # the sandbox has other things to do

    async def one(look: Callable[[], Awaitable[list[str]]]) -> list[str]:
        async with turn:
            return await look()

    lines = await asyncio.gather(*(one(actors.differences) for actors in left.values()))
    return dict(zip(left, lines, strict=True))
