"""A fleet with one worker, whose end of the pipe is here."""

from __future__ import annotations

import signal
import socket
import uuid
from typing import Any

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
