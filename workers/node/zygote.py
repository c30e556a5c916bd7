"""The preloaded parent of all workers of a host: `python -m workers.node.zygote --pipe FD --parent PID`.

It has one thread and opens nothing but its pipes. It forks on demand, waits for every worker and reports its exit;
only after that report may anybody else use the worker's accounts.
"""

from __future__ import annotations

import argparse
import gc
import os
import select
import signal
import socket
from collections.abc import Callable

from workers.node import wire
from workers.node.child import shed_parent
from workers.node.lifeline import die_with_parent
from workers.node.preload import Work, preload


class Zygote:
    """Forks, kills and waits, as its one pipe says."""

    def __init__(self, pipe: socket.socket, work: Work) -> None:
        self._pipe = pipe
        self._work = work
        self._children: dict[int, str] = {}
        self._bell, self._ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Work until the supervisor closes the pipe."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._ring, warn_on_full_buffer=False)
        self._tell(wire.Preloaded())
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(self._bell, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._bell in ready:
                os.read(self._bell, 4096)
                self._reap()
            if self._pipe.fileno() in ready and not self._obey():
                return

    def _obey(self) -> bool:
        """Carry out one message; False when the supervisor is gone."""
        packet, descriptors, _, _ = socket.recv_fds(self._pipe, wire.PACKET, 1)
        if not packet:
            return False
        message = wire.decode(packet)
        if isinstance(message, wire.Fork):
            self._fork(message, socket.socket(fileno=descriptors[0]))
        elif isinstance(message, wire.Kill):
            for pid in [pid for pid, owner in self._children.items() if owner == message.owner]:
                os.kill(pid, message.signal)
        return True

    def _fork(self, message: wire.Fork, end: socket.socket) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._pipe.detach()
            shed_parent(parent, end, lambda pipe: self._work(wire.Seat(message.account, message.owner), pipe))
        end.close()
        self._children[pid] = message.owner
        self._tell(wire.Forked(message.owner, pid))

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._tell(wire.Exited(self._children.pop(pid), os.waitstatus_to_exitcode(status)))

    def _tell(self, message: wire.Message) -> None:
        self._pipe.setblocking(True)
        self._pipe.send(wire.encode(message))
        self._pipe.setblocking(False)


def main(load: Callable[[], Work]) -> None:
    """Load everything, then fork on demand. Ends with the supervisor, and takes all workers along."""
    options = argparse.ArgumentParser()
    options.add_argument("--pipe", type=int, required=True)
    options.add_argument("--parent", type=int, required=True)
    given = options.parse_args()
    die_with_parent(given.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Blocked, not ignored: a worker that gets it before its own first lines ends by it as soon as it unblocks it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    work = load()
    gc.collect()
    gc.disable()
    gc.freeze()
    Zygote(socket.socket(fileno=given.pipe), work).serve()


if __name__ == "__main__":
    main(preload)
