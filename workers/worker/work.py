"""The whole life of a worker: what the zygote runs in each fork."""

from __future__ import annotations

import socket

from project.core.config import current
from workers.node.wire import Seat
from workers.worker.bootstep import Program
from workers.worker.doors import RealDoors
from workers.worker.process import boot, serve
from workers.worker.runtime import Runtime, present


def work_for(seat: Seat, pipe: socket.socket) -> int:
    """Be the worker in `seat`; returns its exit code."""
    boot(seat)

    def program() -> Program:
        return present(Runtime(seat, pipe, current(), RealDoors(seat.account, current())))

    return serve(seat, program)
