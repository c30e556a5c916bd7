"""What a person is told about a worker, from what its rows say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class WorkerState(Enum):
    """Icon and word."""

    UP = ("🟢", "up")
    BOOTING = ("🟡", "booting")
    STARTING = ("🟡", "starting")
    DRAINING = ("🟡", "draining")
    GROUP_RESTARTS = ("🟡", "a group restarts")
    GROUP_SILENT = ("🟡", "a group is silent")
    NOT_PLACED = ("🟡", "not placed yet")
    CRASH_LOOP = ("🔴", "keeps crashing")
    NO_NODE = ("🔴", "no node runs it")
    NODE_SILENT = ("🔴", "its node is silent")
    ACCOUNT_DEAD = ("🔴", "up, account dead")
    LOGGED_OUT = ("⚪", "not logged in")
    DISABLED = ("⛔", "disabled")

    @property
    def icon(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """What it means."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What decides. `process`: "booting", "up", "stopping", or "" without one; the last two are of its groups."""

    lifecycle: str
    dead: bool
    placed: bool
    on_node: bool
    node_alive: bool
    process: str
    crash_loop: bool
    group_restarts: bool
    group_silent: bool


def judge_worker(facts: WorkerFacts) -> WorkerState:
    """The first thing that is wrong, from the outside in."""
    outside = (
        (facts.lifecycle == "disabled", WorkerState.DISABLED),
        (facts.lifecycle != "active", WorkerState.LOGGED_OUT),
        (not facts.placed, WorkerState.NOT_PLACED),
        (not facts.on_node, WorkerState.NO_NODE),
        (not facts.node_alive, WorkerState.NODE_SILENT),
        (facts.process == "" and facts.crash_loop, WorkerState.CRASH_LOOP),
        (facts.process == "", WorkerState.STARTING),
        (facts.process == "booting", WorkerState.BOOTING),
        (facts.process == "stopping", WorkerState.DRAINING),
        (facts.dead, WorkerState.ACCOUNT_DEAD),
        (facts.group_restarts, WorkerState.GROUP_RESTARTS),
        (facts.group_silent, WorkerState.GROUP_SILENT),
    )
    return next((state for applies, state in outside if applies), WorkerState.UP)
