"""A lease is freed on the report that its process was waited for, never on a mere sign of its end."""

from __future__ import annotations

import signal
import socket
import uuid
from typing import Any

import pytest

from workers.node import wire
from workers.node.fleet import Ended, Fleet, Started

ACCOUNT = "session.1"


class Zygote:
    """Forks nothing; keeps the workers' ends of their pipes, and the signals."""

    def __init__(self) -> None:
        self.seats: list[wire.Seat] = []
        self.ends: list[socket.socket] = []
        self.signals: list[tuple[str, signal.Signals]] = []

    def fork(self, seat: wire.Seat, end: socket.socket) -> bool:
        self.seats.append(seat)
        self.ends.append(end.dup())
        return True

    def kill(self, owner: str, number: signal.Signals) -> bool:
        self.signals.append((owner, number))
        return True


class Stage:
    """A fleet with one worker that is up."""

    def __init__(self) -> None:
        self.zygote = Zygote()
        self.events: list[Started | Ended] = []
        zygote: Any = self.zygote
        self.fleet = Fleet(uuid.uuid4(), zygote, self.events.append, lambda: None)
        self.fleet.adjust(frozenset({ACCOUNT}))
        self.owner = self.zygote.seats[0].owner
        self.fleet.on_message(wire.Forked(self.owner, 7))

    def exited(self, owner: str) -> None:
        self.fleet.on_message(wire.Exited(owner, -9))

    @property
    def freed(self) -> list[str]:
        """Owners whose leases the supervisor frees."""
        return [event.seat.owner for event in self.events if isinstance(event, Ended)]


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
