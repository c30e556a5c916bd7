"""A lease is freed on the report that its process was waited for, never on a mere sign of its end."""

from __future__ import annotations

import signal
import uuid

import pytest

from tests.integration.races.fleet import ACCOUNT, Stage


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_a_closed_pipe_is_no_end(stage: Stage) -> None:
    """Its descriptors may be gone while its threads still send."""
    stage.zygote.ends[0].close()
    stage.fleet.judge()
    stage.fleet.adjust(frozenset({ACCOUNT}))
    assert stage.freed == []
    assert len(stage.zygote.seats) == 1
    stage.exited(stage.owner)
    assert stage.freed == [stage.owner]


async def test_a_kill_that_was_sent_is_no_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in the middle of a system call lives on for a while; nobody takes its place meanwhile."""
    monkeypatch.setattr("workers.node.fleet.DRAIN_FOR", -1.0)
    stage.fleet.adjust(frozenset())
    stage.fleet.adjust(frozenset())
    assert [number for _, number in stage.zygote.signals] == [signal.SIGTERM, signal.SIGKILL]
    stage.fleet.adjust(frozenset({ACCOUNT}))
    assert stage.freed == []
    assert len(stage.zygote.seats) == 1
    stage.exited(stage.owner)
    stage.fleet.adjust(frozenset({ACCOUNT}))
    assert stage.freed == [stage.owner]
    assert len(stage.zygote.seats) == 2


async def test_a_report_of_another_process_is_not_this_ones(stage: Stage) -> None:
    """A late or repeated report names its own process, not its account."""
    stage.exited(f"{stage.fleet.node}:{uuid.uuid4()}")
    assert stage.freed == []
    assert stage.fleet.accounts == {ACCOUNT}
    stage.exited(stage.owner)
    stage.exited(stage.owner)
    assert stage.freed == [stage.owner]
