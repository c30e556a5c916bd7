"""The supervisor's side of the zygote: start it, ask it to fork and kill, hear who exited."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence

from workers.node import wire

COMMAND = (sys.executable, "-m", "workers.node.zygote")
BACKLOG = 64


class ZygoteGone(RuntimeError):
    """The zygote ended, and with it every worker of this node."""


class ZygoteLink:
    """One zygote process. `on_message` gets what it reports; `gone` is done when it ended."""

    def __init__(self, on_message: Callable[[wire.Message], None]) -> None:
        self._on_message = on_message
        self._pipe: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.gone = asyncio.Event()

    async def start(self, command: Sequence[str] = COMMAND) -> None:
        """Start it. Its Preloaded message says when it can fork. Call from the main thread: the kernel kills
        it when the thread that started it ends."""
        self._pipe, theirs = wire.pipe()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *("--pipe", str(theirs.fileno()), "--parent", str(os.getpid())),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._hear)

    @property
    def pid(self) -> int:
        """Its process id; also its process group, which all workers share."""
        assert self._process is not None
        return self._process.pid

    def fork(self, seat: wire.Seat, end: socket.socket) -> bool:
        """Ask for a worker that gets `end` as its pipe. False when the zygote is behind: ask again later."""
        try:
            packet = wire.encode(wire.Fork(seat.account, seat.owner))
            socket.send_fds(self._open_pipe(), [packet], [end.fileno()])
        except BlockingIOError:
            return False
        return True

    def kill(self, owner: str, number: signal.Signals) -> bool:
        """Send a signal to a worker. False when the zygote is behind: ask again later."""
        try:
            self._open_pipe().send(wire.encode(wire.Kill(owner, number)))
        except BlockingIOError:
            return False
        return True

    async def end(self) -> None:
        """Kill the zygote and whatever still runs below it, and wait for it."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._close()

    def _hear(self) -> None:
        for _ in range(BACKLOG):
            try:
                packet = self._open_pipe().recv(wire.PACKET)
            except BlockingIOError:
                return
            except ConnectionResetError:
                packet = b""
            if not packet:
                self._close()
                self.gone.set()
                return
            self._on_message(wire.decode(packet))

    def _open_pipe(self) -> socket.socket:
        if self._pipe is None:
            raise ZygoteGone("the zygote ended")
        return self._pipe

    def _close(self) -> None:
        if self._pipe is not None:
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self._pipe.close()
            self._pipe = None
