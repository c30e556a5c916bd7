"""`python -m tests.acceptance.switched_off [--only S-18,S-19] [--jobs 2] --report FILE`: each feature of the
specification is switched off in a copy of the checkout, and the tests of its sentences must fail there.

Exit code 1 when a sentence has no switch, when a test passes though everything that it shows is off, when a switch
makes no test fail, or when a test fails without any switch.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tests.acceptance.sentences import SENTENCES
from tests.acceptance.specification import ROOT, shown
from tests.acceptance.switches import SWITCHES
from tests.acceptance.switches.switch import Switch
from tests.acceptance.trial import WAIT, End, Ending, Marked, Terms, copied, run, scratch, snapshot
from tests.harness.command import Report, say

T = TypeVar("T")
R = TypeVar("R")

WORLD = "tests/acceptance/"  # tests there wait for one set of processes

Marks = Mapping[str, frozenset[Marked]]  # sentence -> tests


@dataclass(frozen=True, slots=True)
class Tried:
    """A switch, and how the tests of its sentences ended under it."""

    switch: Switch
    endings: Mapping[Marked, Ending]
    seconds: float

    def having(self, end: End) -> list[Marked]:
        """The tests that ended so."""
        return sorted(test for test, ending in self.endings.items() if ending.end is end)


@cache
def marks() -> Marks:
    """Which tests are marked with each sentence."""
    found: dict[str, set[Marked]] = {sentence.key: set() for sentence in SENTENCES}
    for item in shown():
        found[item.key].add(Marked(item.path, item.test))
    return {key: frozenset(tests) for key, tests in found.items()}


def unnoticed(tried: Iterable[Tried], keys: Collection[str], of: Marks) -> list[tuple[str, Marked]]:
    """Sentences with a test that fails under none of their switches."""
    noticed = {(key, test) for one in tried for test in one.having(End.FAILED) for key in one.switch.sentences}
    return [(key, test) for key in keys for test in sorted(of[key]) if (key, test) not in noticed]


def main() -> int:
    """Runs and reports."""
    asked = _arguments()
    terms = Terms(threading.Event(), wait=asked.wait)
    for asked_to in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked_to, lambda *_: terms.stopped.set())
    keys = asked.only.split(",") if asked.only else [sentence.key for sentence in SENTENCES]
    switches = [switch for switch in SWITCHES if set(switch.sentences) & set(keys)]
    with scratch() as folder:
        base = folder / "c"
        snapshot(ROOT, base)
        for switch in switches:
            switch.thrown((base / switch.path).read_text())  # before half an hour is spent
        broken = {} if asked.trust else _without(base, _tests(switches), terms, asked.jobs)
        tried = _earlier(Path(asked.report), switches) if asked.resume else []
        found = _report(keys, tried, broken)
        open_ = [switch for switch in switches if switch not in [one.switch for one in tried]]
        for one in _each(open_, lambda switch: _try(base, switch, terms), asked.jobs):
            if terms.stopped.is_set():
                break
            tried.append(one)
            found = _report(keys, tried, broken)
            Path(asked.report).write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    for what in ("fail_without_a_switch", "without_a_switch", "unnoticed", "noticed_by_nobody"):
        say(f"{what.replace('_', ' ')}: {found[what] or 'none'}")
    return 0 if found["all_noticed"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.switched_off", description=__doc__)
    parser.add_argument("--only", default="", metavar="KEYS", help="of sentences, as S-18,S-19; else all")
    parser.add_argument("--jobs", type=int, default=2, help="copies that are tested at the same time")
    parser.add_argument("--wait", type=float, default=WAIT, help="seconds that acceptance tests wait for anything")
    parser.add_argument("--trust", action="store_true", help="do not first see whether the tests pass as they are")
    parser.add_argument("--resume", action="store_true", help="what the report holds already is not run again")
    parser.add_argument("--report", required=True, help="file for the JSON")
    return parser.parse_args()


def _earlier(report: Path, switches: Iterable[Switch]) -> list[Tried]:
    """What a run that was stopped had found out, about switches that are still the same."""
    rows = json.loads(report.read_text())["switches"] if report.exists() else []
    known = {(switch.what, switch.path, switch.sentences): switch for switch in switches}
    named = [(known.get((row["what"], row["where"], tuple(row["sentences"]))), row) for row in rows]
    return [Tried(switch, _endings(row), row["seconds"]) for switch, row in named if switch is not None]


def _endings(row: Mapping[str, Any]) -> Mapping[Marked, Ending]:
    def marked(text: str) -> Marked:
        return Marked(*text.split("::"))

    endings = {marked(test): Ending(End.FAILED, told) for test, told in row["failed"].items()}
    endings |= {marked(test): Ending(End.PASSED) for test in row["passed"]}
    return endings | {marked(test): Ending(End.ERROR, told) for test, told in row["could_not_start"].items()}


def _tests(switches: Iterable[Switch]) -> set[Marked]:
    of = marks()
    return {test for switch in switches for key in switch.sentences for test in of[key]}


def _without(base: Path, tests: Collection[Marked], terms: Terms, jobs: int) -> Mapping[Marked, Ending]:
    """The tests that fail as things are, and do so again when they run alone."""
    rooms = [[test for test in tests if test.path.startswith(WORLD) is there] for there in (True, False)]
    first = _broken(_each([room for room in rooms if room], lambda room: run(base, room, terms), jobs))
    say(f"{len(tests) - len(first)} of {len(tests)} tests pass as things are")
    return _broken([run(base, [test], terms) for test in first])


def _broken(runs: Iterable[Mapping[Marked, Ending]]) -> Mapping[Marked, Ending]:
    return {test: ending for some in runs for test, ending in some.items() if ending.end is not End.PASSED}


def _try(base: Path, switch: Switch, terms: Terms) -> Tried:
    begun = time.monotonic()
    if terms.stopped.is_set():
        return Tried(switch, {}, 0.0)
    with copied(base) as copy:
        switch.throw(copy)
        endings = run(copy, _tests([switch]), terms)
    tried = Tried(switch, endings, time.monotonic() - begun)
    say(f"{len(tried.having(End.FAILED))} of {len(endings)} tests fail in {tried.seconds:.0f} s: {switch.what}")
    return tried


def _each(items: Collection[T], work: Callable[[T], R], jobs: int) -> Iterator[R]:
    with ThreadPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(work, item) for item in items]):
            yield done.result()


def _report(keys: Collection[str], tried: Collection[Tried], broken: Mapping[Marked, Ending]) -> Report:
    covered = {key for switch in SWITCHES for key in switch.sentences}
    without = [key for key in keys if key not in covered]
    missed = [f"{key} {test}" for key, test in unnoticed(tried, keys, marks())]
    idle = [one.switch.what for one in tried if not one.having(End.FAILED)]
    return {
        "all_noticed": not (broken or without or missed or idle),
        "fail_without_a_switch": {str(test): f"{ending.end}: {ending.told}" for test, ending in broken.items()},
        "without_a_switch": without,
        "unnoticed": missed,
        "noticed_by_nobody": idle,
        "switches": [_row(one) for one in tried],
    }


def _row(one: Tried) -> Report:
    lost = (*one.having(End.ERROR), *one.having(End.LOST))
    return {
        "what": one.switch.what,
        "where": one.switch.path,
        "sentences": list(one.switch.sentences),
        "seconds": round(one.seconds),
        "failed": {str(test): one.endings[test].told for test in one.having(End.FAILED)},
        "passed": [str(test) for test in one.having(End.PASSED)],
        "could_not_start": {str(test): one.endings[test].told for test in lost},
    }


if __name__ == "__main__":
    sys.exit(main())
