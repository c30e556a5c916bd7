"""The whole life of a worker: what the zygote runs in each fork."""

from __future__ import annotations

import socket
from dataclasses import replace

from django.conf import settings

from project.core.config import Config, current
from workers.node.wire import Seat
from workers.worker.bootstep import Program
from workers.worker.doors import RealDoors
from workers.worker.process import boot, serve
from workers.worker.runtime import Runtime, present


def work_for(seat: Seat, pipe: socket.socket) -> int:
    """Be the worker in `seat`; returns its exit code."""
    boot(seat)
    settings.RELAY = config = _as_account(current())

    def program() -> Program:
        return present(Runtime(seat, pipe, config, RealDoors(seat.account, config)))

    return serve(seat, program)


def _as_account(config: Config) -> Config:
    """The settings with the database's role for these processes, which never takes the services' connections. What
    listens is the supervisor; nothing here needs a way past a pooler."""
    return replace(config, database_url=config.database_accounts_url)
