"""What /workerstatus says of a worker, and how; what /restartworker takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from project.botkit.sizes import free_of, size
from project.core.errors import InvalidInput
from workers.bot.workerstatus import status_text
from workers.domain.status import WorkerFacts, WorkerState, judge_worker
from workers.services.nodes import NodeView
from workers.services.restart import Target, parse_target
from workers.services.status import GroupView, WorkerStatus, WorkerView

FINE = WorkerFacts(
    lifecycle="active",
    dead=False,
    placed=True,
    on_node=True,
    node_alive=True,
    process="up",
    crash_loop=False,
    group_restarts=False,
    group_silent=False,
)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (FINE, WorkerState.UP),
        (replace(FINE, group_silent=True), WorkerState.GROUP_SILENT),
        (replace(FINE, group_restarts=True, group_silent=True), WorkerState.GROUP_RESTARTS),
        (replace(FINE, dead=True, group_silent=True), WorkerState.ACCOUNT_DEAD),
        (replace(FINE, process="stopping"), WorkerState.DRAINING),
        (replace(FINE, process="booting"), WorkerState.BOOTING),
        (replace(FINE, process=""), WorkerState.STARTING),
        (replace(FINE, process="", crash_loop=True), WorkerState.CRASH_LOOP),
        (replace(FINE, crash_loop=True), WorkerState.UP),
        (replace(FINE, node_alive=False), WorkerState.NODE_SILENT),
        (replace(FINE, on_node=False, node_alive=False), WorkerState.NO_NODE),
        (replace(FINE, placed=False, on_node=False), WorkerState.NOT_PLACED),
        (replace(FINE, lifecycle="registered", placed=False), WorkerState.LOGGED_OUT),
        (replace(FINE, lifecycle="disabled", placed=False), WorkerState.DISABLED),
    ],
)
def test_the_first_thing_that_is_wrong_is_said(facts: WorkerFacts, state: WorkerState) -> None:
    assert judge_worker(facts) is state


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("user1_main", Target("user1_main")),
        ("user1_main/2", Target("user1_main", 2)),
        ("A", Target("A")),
    ],
)
def test_targets_of_a_restart(text: str, target: Target) -> None:
    assert parse_target(text) == target
    assert str(target) == text


@pytest.mark.parametrize("text", ["", "/", "a/", "a/b", "/1", "a/1/2", "a b", "x" * 33, "ä", "a/-1", "a/99999"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_target(text)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "?"), (0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (41_300_000, "41 MB"), (8_200_000_000, "8.2 GB")],
)
def test_sizes(amount: int | None, text: str) -> None:
    assert size(amount) == text


def test_free_space() -> None:
    assert free_of(3_100_000_000, 8_200_000_000) == "3.1 GB of 8.2 GB free"


@pytest.mark.sentence("S-50", "S-97", "S-99", "S-111", "S-113")
def test_everything_about_a_worker_is_shown() -> None:
    started = datetime(2026, 11, 23, tzinfo=UTC)
    worker = WorkerView(
        session="user1_main",
        state=WorkerState.GROUP_RESTARTS,
        pairs=31,
        max_pairs=50,
        groups=(
            GroupView(1, 16, 30, "running", 0, silent=False),
            GroupView(2, 15, 30, "restarting", 3, silent=False),
        ),
        node="<node1>",
        pid=4711,
        uptime=7500.0,
        restarts=2,
        last_exit="SIGKILL",
        lag=65.0,
        memory=41_000_000,
        resident=130_000_000,
        cpu_percent=1.25,
    )
    node = NodeView(
        name="<node1>",
        state="up",
        address="",
        pid=1,
        started_at=started,
        heartbeat_at=started,
        accounts=60,
        drain_asked=False,
        memory_total=8_000_000_000,
        memory_free=3_000_000_000,
        disk_total=40_000_000_000,
        disk_free=20_000_000_000,
        cpu_percent=12.4,
    )
    text = status_text(WorkerStatus((worker,), (node,), page=2, pages=6, total=60))
    assert text.split("\n\n") == [
        "⚙️ <b>Workers</b>: 60 sessions, 1 node · page 2 of 6",
        "🟡 <b>user1_main</b> · a group restarts · node &lt;node1&gt; · pid 4711\n"
        "pairs 31/50 · groups 1: 16/30, 2: 15/30 (restarting, 3 restarts)\n"
        "up 2 h 5 min · restarts 2 · lag 1 min · memory 41 MB · CPU 1.2 % · last end: SIGKILL",
        "<b>Nodes</b>\n🟢 &lt;node1&gt; · up · 60 accounts · memory 3.0 GB of 8.0 GB free · disk 20 GB of 40 GB free · "
        "CPU 12 %",
    ]
