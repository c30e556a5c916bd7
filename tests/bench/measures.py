"""The measures, by the installation that they share. Each gives the results it could take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import psutil

from pairs.models import Pair, PairStatus
from sessions.models import TelegramSession
from sessions.services import login
from sessions.services.finding import find_session
from tests.bench import commands, cpu
from tests.bench.figures import Result, Run, interleaved
from tests.bench.orders import Lane, Load, Shape, Side, Taken
from tests.bench.stage import Sample, Stage
from tests.harness.rows import wait


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything. `quick` is for a look, not for a report."""

    repetitions: int = 5
    tries: int = 3
    burst: int = 3000
    one_chat: int = 1000
    steady_seconds: float = 10.0
    sessions: int = 100
    pairs: int = 30
    large_burst: int = 3000
    per_session_seconds: float = 60.0
    fan: tuple[int, int] = (10, 30)
    hot_seconds: float = 10.0
    limited: int = 90
    limited_runs: int = 2
    files: int = 10
    backlog: int = 10_000
    idle_seconds: float = 60.0
    burst_shape: tuple[int, int] = (4, 25)


QUICK = Scale(
    repetitions=2,
    tries=2,
    burst=600,
    one_chat=300,
    steady_seconds=5.0,
    sessions=8,
    pairs=10,
    large_burst=600,
    per_session_seconds=10.0,
    fan=(3, 20),
    hot_seconds=5.0,
    limited=35,
    limited_runs=1,
    files=5,
    backlog=1000,
    idle_seconds=10.0,
)
TINY = replace(QUICK, repetitions=1, tries=1, burst=60, burst_shape=(1, 4))
POLL = 6.0  # seconds between a worker's own looks at the tables
Results = dict[str, Result]


def _cpu(sample: Sample) -> float:
    return sample.cpu


def _cost(run: Run[Sample], notes: str = "") -> Result:
    floor, ours = run.middle(_cpu)
    figures = {
        "ratio": ours / floor,
        "spread": run.spread,
        "out_of_order": sum(sample.taken.out_of_order for sample in run.ours),
        "floor_ms": floor,
        "ours_ms": ours,
        "database_ms": statistics.median(sample.database for sample in run.ours),
        "node_ms": statistics.median(sample.node for sample in run.ours),
        "floor_rate": statistics.median(sample.taken.rate for sample in run.floor),
        "ours_rate": statistics.median(sample.taken.rate for sample in run.ours),
        "discarded": run.discarded,
    }
    if any(sample.listener for sample in run.ours):
        figures["listener_ms"] = statistics.median(sample.listener for sample in run.ours)
    return Result(figures, notes)


def _both(stage: Stage, scale: Scale, count: int, figure: Callable[[Sample], float], rate: float = 0.0) -> Run[Sample]:
    """One kind of load for both sides, warmed up."""
    warm = max(count // 10, 20)
    stage.bare_run(stage.load(stage.bare, count=warm, rate=rate))
    stage.our_run(stage.load(stage.ours, count=warm, rate=rate))
    return interleaved(
        lambda: stage.bare_run(stage.load(stage.bare, count=count, rate=rate)),
        lambda: stage.our_run(stage.load(stage.ours, count=count, rate=rate)),
        figure,
        repetitions=scale.repetitions,
        tries=scale.tries,
    )


HOP_1 = "Hop 1 alone: the pairs' sender has no worker, so that hop 2 is journaled and stays there."


def burst(scale: Scale) -> Results:
    """P1."""
    with Stage(Shape("", *scale.burst_shape)) as stage:
        stage.pair()
        return {"P1": _cost(_both(stage, scale, scale.burst, _cpu), HOP_1)}


def chain(scale: Scale) -> Results:
    """P6."""
    with Stage(Shape("", *scale.burst_shape, full=True), services=("discord",)) as stage:
        stage.pair()
        notes = "Sessions post at the destinations themselves. The Discord listener runs and is counted beside."
        return {"P6": _cost(_both(stage, scale, scale.burst, _cpu), notes)}


def steady(scale: Scale) -> Results:
    """P2 to P5: one session with ten pairs."""
    with Stage(Shape("", 1, 10)) as stage:
        stage.pair()
        run = _both(stage, scale, int(20 * scale.steady_seconds), _cpu, rate=20.0)
        one = interleaved(
            lambda: stage.bare_run(stage.load(stage.bare, count=scale.one_chat, lanes=stage.bare.lanes[:1])),
            lambda: stage.our_run(stage.load(stage.ours, count=scale.one_chat, lanes=stage.ours.lanes[:1])),
            lambda sample: sample.taken.rate,
            repetitions=scale.repetitions,
            tries=scale.tries,
        )
    return {
        "P2": _cost(run, HOP_1),
        "P3": _latency(run, 0.5),
        "P4": _latency(run, 0.99),
        "P5": replace(_cost(one, HOP_1), figures=_cost(one).figures | {"ratio": one.ratio(lambda s: s.taken.rate)}),
    }


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which that part of all lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _latency(run: Run[Sample], part: float) -> Result:
    floor, ours = run.middle(lambda sample: quantile(sample.taken.latencies, part) * 1000)
    return Result({"plus_ms": ours - floor, "floor_ms": floor, "ours_ms": ours, "discarded": run.discarded})


def fanout(scale: Scale) -> Results:
    """P9: every session reads the same source."""
    with Stage(Shape("", *scale.fan, shared_source=True)) as stage:
        stage.pair()
        run = interleaved(
            lambda: _fan(stage.bare_run, stage.load(stage.bare, count=1)),
            lambda: _fan(stage.our_run, stage.load(stage.ours, count=1)),
            lambda last: last,
            repetitions=scale.repetitions,
            tries=scale.tries,
        )
    floor, ours = run.middle(lambda last: last * 1000)
    sessions, pairs = scale.fan
    figures = {"ratio": ours / floor, "spread": run.spread, "floor_ms": floor, "ours_ms": ours}
    notes = f"{sessions} processes on either side, {sessions * pairs} pairs. {HOP_1}"
    return {"P9": Result(figures | {"discarded": run.discarded}, notes)}


def _fan(run: Callable[[Load], Sample], load: Load) -> float:
    """Seconds to the last of the copies, the median of three messages."""
    return statistics.median(run(load).taken.last for _ in range(3))


def media(scale: Scale) -> Results:
    """P11: files of 10 MB, since that is what a worker hands to Discord."""
    size = 10_000_000
    with Stage(Shape("", 1, 1)) as stage:
        stage.pair()

        def carry(side: Side, processes: Callable[[], list[psutil.Process]]) -> tuple[float, float]:
            load = replace(stage.load(side, count=scale.files), file_bytes=size, patience=120.0)
            with cpu.PeakMemory(processes()) as peak:
                taken = stage.peer.load(load)
            assert taken.missing == 0, f"{taken.missing} files did not arrive"
            return scale.files * size / 1e6 / taken.last, peak.growth

        carry(stage.bare, stage.floor_processes)
        carry(stage.ours, stage.workers)
        run = interleaved(
            lambda: carry(stage.bare, stage.floor_processes),
            lambda: carry(stage.ours, stage.workers),
            lambda carried: carried[0],
            repetitions=scale.repetitions,
            tries=scale.tries,
        )
    floor, ours = run.middle(lambda carried: carried[0])
    grown = run.middle(lambda carried: carried[1])
    figures = {"ratio": ours / floor, "spread": run.spread, "floor_mb_s": floor, "ours_mb_s": ours}
    figures |= {"growth_mib": grown[1], "floor_growth_mib": grown[0], "discarded": run.discarded}
    notes = f"{scale.files} files of 10 MB one after the other; a worker takes none above 10 MiB. {HOP_1}"
    return {"P11": Result(figures, notes)}


def limits(scale: Scale) -> Results:
    """P12: each webhook has 5 posts in 2 s and 30 in 60 s to itself, so the runs go on at the same time."""
    with Stage(Shape("", 1, scale.limited_runs), profile="real", floor=False) as stage:
        stage.pair()

        def carry(lane: Lane) -> float:
            load = replace(stage.load(stage.ours, count=scale.limited, lanes=[lane]), patience=90.0)
            taken = stage.peer.load(load)
            assert taken.missing == 0, f"{taken.missing} messages did not arrive"
            return taken.last - taken.first

        with ThreadPoolExecutor(scale.limited_runs) as pool:
            times = list(pool.map(carry, stage.ours.lanes))
        refused = stage.peer.errors("429")
    best = optimum(scale.limited)
    figures = {"ratio": statistics.median(times) / best, "429s": refused / len(times)}
    notes = (
        f"Profile real, {scale.limited} messages in each of {len(times)} channels, from first to last arrival; "
        f"the optimum is {best:.0f} s."
    )
    return {"P12": Result(figures | {"seconds": statistics.median(times), "optimum_s": best}, notes)}


def optimum(count: int) -> float:
    """Seconds from the first to the last of `count` posts under 5 in 2 s and 30 in 60 s, windows from the first."""
    return (count - 1) // 30 * 60.0 + (count - 1) % 30 // 5 * 2.0


def fair(scale: Scale) -> Results:
    """P13: three hot pairs of one session, all others quiet."""
    with Stage(Shape("", *scale.fan)) as stage:
        stage.pair()
        for side in (stage.bare, stage.ours):
            stage.peer.load(stage.load(side, count=len(side.lanes)))
        run = interleaved(
            lambda: _beside(stage, stage.bare, scale),
            lambda: _beside(stage, stage.ours, scale),
            lambda figures: figures[0],
            repetitions=scale.repetitions,
            tries=scale.tries,
        )
    calm, loud = run.middle(lambda p: p[0] * 1000), run.middle(lambda p: p[1] * 1000)
    figures = {"ratio": loud[1] / calm[1], "spread": run.spread, "floor_ratio": loud[0] / calm[0]}
    figures |= {"unloaded_ms": calm[1], "loaded_ms": loud[1], "floor_unloaded_ms": calm[0], "floor_loaded_ms": loud[0]}
    notes = f"Quiet pairs 30/s in all; each hot pair 20/s, all three in one session. {HOP_1}"
    return {"P13": Result(figures | {"discarded": run.discarded}, notes)}


def _beside(stage: Stage, side: Side, scale: Scale) -> tuple[float, float]:
    """The quiet lanes' 99th percentile: alone, and beside hot ones."""
    hot, quiet = side.lanes[:3], side.lanes[3:]
    still = stage.load(side, count=int(30 * scale.hot_seconds), rate=30.0, lanes=quiet)
    loud = stage.load(side, count=int(60 * scale.hot_seconds), rate=60.0, lanes=hot)
    alone = stage.peer.load(still)
    with ThreadPoolExecutor(1) as pool:
        noise = pool.submit(stage.peer.load, loud)
        beside = stage.peer.load(still)
        noise.result()
    return quantile(alone.latencies, 0.99), quantile(beside.latencies, 0.99)


def recovery(scale: Scale) -> Results:
    """P14."""
    with Stage(Shape("", 1, 10)) as stage:
        stage.pair()
        _both(stage, replace(scale, repetitions=1, tries=1), 100, _cpu)
        killed = [_after_kill(stage) for _ in range(min(scale.repetitions, 3))]
        run = interleaved(
            lambda: stage.peer.load(stage.load(stage.bare, count=scale.backlog)).rate,
            lambda: _drain(stage, scale.backlog).rate,
            lambda rate: rate,
            repetitions=min(scale.repetitions, 2),
            tries=1,
        )
        swapped = _drain(stage, scale.backlog // 10).out_of_order
    floor, ours = run.middle(lambda rate: rate)
    figures = {"first_s": statistics.median(killed), "first_s_worst": max(killed), "ratio": ours / floor}
    figures |= {"floor_rate": floor, "ours_rate": ours, "spread": run.spread, "out_of_order": swapped}
    notes = (
        f"A backlog of {scale.backlog} written while no node ran, from the first arrival to the last; "
        f"the floor's is the same burst, live. {HOP_1}"
    )
    return {"P14": Result(figures, notes)}


def _after_kill(stage: Stage) -> float:
    """Seconds from the kill of the worker to the arrival of a message written right after."""
    (worker,) = stage.workers()
    began = time.monotonic()
    worker.kill()
    taken = stage.peer.load(stage.load(stage.ours, count=1))
    assert taken.missing == 0, "no message arrived after a kill"
    took = time.monotonic() - began
    wait(stage.workers, "the worker to run again")
    return took


def _drain(stage: Stage, count: int) -> Taken:
    """A backlog, worked off once the node is back; times count from its first delivery."""
    stage.here.end("node1")
    load = replace(stage.load(stage.ours, count=count), patience=120.0)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(stage.peer.load, load)
        time.sleep(1.0)
        stage.here.start("node1")
        taken = loading.result()
    assert taken.missing == 0, f"{taken.missing} of {count} messages did not arrive"
    return replace(taken, last=taken.last - taken.first)


def large(scale: Scale) -> Results:
    """P7, P8, P15: many sessions, first with one pair each, then with all."""
    with Stage(Shape("", scale.sessions, scale.pairs)) as stage:
        firsts = _first_lanes(stage.ours)
        empty = sum(cpu.private_mib(stage.workers()))
        stage.pair(firsts)
        seven = _sessions(stage, scale)
        few = _large_burst(stage, scale, one_each=True)
        before = sum(cpu.private_mib(stage.workers()))
        stage.pair([lane for lane in stage.ours.lanes if lane not in set(firsts)])
        time.sleep(POLL)
        more = len(stage.ours.lanes) - len(firsts)
        kb = (sum(cpu.private_mib(stage.workers())) - before) * 1024 / more
        many = _large_burst(stage, scale, one_each=False)
        load = _load_time(stage)
        idle = _idle(stage, scale)
    floor_growth = many.middle(_cpu)[0] / few.middle(_cpu)[0]
    growth = many.middle(_cpu)[1] / few.middle(_cpu)[1]
    eight = {"growth": growth / floor_growth, "ours_growth": growth, "floor_growth": floor_growth}
    eight |= {"kb_per_pair": kb, "load_s": load, "spread": max(few.spread, many.spread)}
    eight |= {"few_ms": few.middle(_cpu)[1], "many_ms": many.middle(_cpu)[1], "empty_mib": empty / scale.sessions}
    notes = f"{scale.sessions} processes on either side, {len(firsts)} and {len(firsts) + more} pairs. {HOP_1}"
    return {"P7": seven, "P8": Result(eight, notes), "P15": idle}


def _first_lanes(side: Side) -> tuple[Lane, ...]:
    """One lane of each person."""
    firsts: dict[int, Lane] = {}
    for lane in side.lanes:
        firsts.setdefault(lane.person, lane)
    return tuple(firsts.values())


def _large_burst(stage: Stage, scale: Scale, *, one_each: bool) -> Run[Sample]:
    bare, ours = (_first_lanes(side) if one_each else side.lanes for side in (stage.bare, stage.ours))
    stage.our_run(stage.load(stage.ours, count=len(ours), lanes=ours))
    stage.bare_run(stage.load(stage.bare, count=len(bare), lanes=bare))
    return interleaved(
        lambda: stage.bare_run(stage.load(stage.bare, count=scale.large_burst, lanes=bare)),
        lambda: stage.our_run(stage.load(stage.ours, count=scale.large_burst, lanes=ours)),
        _cpu,
        repetitions=min(scale.repetitions, 3),
        tries=scale.tries,
    )


def _sessions(stage: Stage, scale: Scale) -> Result:
    """P7: one message a second in one session, then in all; the CPU of the sessions that have messages.

    The floor's growth stands beside ours: a hundred processes that take turns on two cores find cold caches each time.
    """
    lanes = _first_lanes(stage.ours)
    name = stage.world(lanes[:1]).routes[0].session
    account = find_session(name).account
    one = stage.our_run(_by_the_second(stage, scale, stage.ours, 1), lambda: [stage.here.workers_by_account()[account]])
    every = stage.our_run(_by_the_second(stage, scale, stage.ours, len(lanes)))
    weights = cpu.private_mib(stage.workers())
    bare = [stage.bare_run(_by_the_second(stage, scale, stage.bare, count)).cpu for count in (1, len(lanes))]
    figures = {"growth": every.cpu / one.cpu, "one_ms": one.cpu, "all_ms": every.cpu, "all_node_ms": every.node}
    figures |= {"floor_growth": bare[1] / bare[0], "floor_one_ms": bare[0], "floor_all_ms": bare[1]}
    figures |= {"private_mib": statistics.median(weights), "sessions": len(lanes)}
    return Result(figures | {"out_of_order": every.taken.out_of_order}, f"1 message a second per session. {HOP_1}")


def _by_the_second(stage: Stage, scale: Scale, side: Side, sessions: int) -> Load:
    """One message a second in each of so many sessions."""
    lanes = _first_lanes(side)[:sessions]
    return stage.load(side, count=int(scale.per_session_seconds * sessions), rate=float(sessions), lanes=lanes)


def _load_time(stage: Stage) -> float:
    """Seconds from making all pairs active at once to the last of one message per session having arrived."""
    accounts = [session.account for session in TelegramSession.objects.all()]
    Pair.objects.update(status=PairStatus.PAUSED)
    _wake(accounts)
    time.sleep(POLL * 2)
    lasts = tuple({lane.person: lane for lane in stage.ours.lanes}.values())
    began = time.monotonic()
    Pair.objects.update(status=PairStatus.ACTIVE)
    _wake(accounts)
    taken = stage.peer.load(stage.load(stage.ours, count=len(lasts), lanes=lasts))
    assert taken.missing == 0, f"{taken.missing} sessions did not take their pairs up"
    return time.monotonic() - began


def _wake(accounts: Sequence[str]) -> None:
    for account in accounts:
        login.wake(account)


def _idle(stage: Stage, scale: Scale) -> Result:
    groups = (stage.workers, stage.node)
    before = [cpu.used(group()) for group in groups]
    time.sleep(scale.idle_seconds)
    workers, node = (cpu.since(was, group()) for was, group in zip(before, groups, strict=True))
    share = 100 / scale.idle_seconds
    hundred = 100 / scale.sessions
    figures = {"percent": (workers * hundred + node) * share, "workers_percent": workers * share}
    figures |= {"node_percent": node * share, "sessions": scale.sessions}
    counts = f"{scale.sessions} sessions, {len(stage.ours.lanes)} pairs, {scale.idle_seconds:.0f} s."
    reckoned = (
        "" if hundred == 1 else " Reckoned up to 100 sessions: workers x 100 / sessions, and the node's share once."
    )
    return Result(figures, f"{counts} Workers, supervisor and zygote.{reckoned}")


MEASURES: dict[str, Callable[[Scale], Results]] = {
    "burst": burst,
    "steady": steady,
    "chain": chain,
    "fanout": fanout,
    "media": media,
    "limits": limits,
    "fair": fair,
    "recovery": recovery,
    "large": large,
    "moves": lambda scale: commands.moves(),
    "overviews": lambda scale: commands.overviews(),
}
