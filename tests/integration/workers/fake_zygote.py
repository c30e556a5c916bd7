"""A zygote whose workers talk to the test's peer instead of Telegram. Everything else is the real thing."""

from __future__ import annotations

import importlib
import os
import socket

from workers.node.preload import Work, prepare
from workers.node.wire import Seat
from workers.node.zygote import main


def load() -> Work:
    prepare()
    config = importlib.import_module("project.core.config")
    process = importlib.import_module("workers.worker.process")
    runtime = importlib.import_module("workers.worker.runtime")
    fakes = importlib.import_module("tests.integration.workers.fakes")
    importlib.import_module("tests.integration.workers.tasks")

    def work(seat: Seat, pipe: socket.socket) -> int:
        process.boot(seat)
        doors = fakes.FakeDoors(seat.owner, int(os.environ["PEER_PORT"]))
        code: int = process.serve(seat, lambda: runtime.present(runtime.Runtime(seat, pipe, config.current(), doors)))
        return code

    return work


if __name__ == "__main__":
    main(load)
