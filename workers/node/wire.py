"""What supervisor, zygote and workers say to each other, one message per packet (SOCK_SEQPACKET)."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass

PACKET = 4096

BEAT = b"beat"
READY = b"ready"
WAKE = b"wake"
NEWS = b"news "  # and what of: pairs/news.py


@dataclass(frozen=True, slots=True)
class Seat:
    """A place for one worker process: the account it is for, and the name it owns leases by."""

    account: str
    owner: str


@dataclass(frozen=True, slots=True)
class Fork:
    """Supervisor to zygote: fork a worker. The packet carries one descriptor, the worker's end of its pipe."""

    account: str
    owner: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Supervisor to zygote: send a signal to a worker, unless it was waited for already."""

    owner: str
    signal: int


@dataclass(frozen=True, slots=True)
class Preloaded:
    """Zygote to supervisor: everything is imported, forks may come."""


@dataclass(frozen=True, slots=True)
class Forked:
    """Zygote to supervisor: the worker has this process id."""

    owner: str
    pid: int


@dataclass(frozen=True, slots=True)
class Exited:
    """Zygote to supervisor: the worker is gone for good (waited for). `status` as of os.waitstatus_to_exitcode."""

    owner: str
    status: int


KINDS = {kind.__name__: kind for kind in (Fork, Kill, Preloaded, Forked, Exited)}
Message = Fork | Kill | Preloaded | Forked | Exited


def encode(message: Message) -> bytes:
    """One packet."""
    return json.dumps([type(message).__name__, asdict(message)]).encode()


def decode(packet: bytes) -> Message:
    """The message in a packet of `encode`."""
    name, fields = json.loads(packet)
    message: Message = KINDS[name](**fields)
    return message


def pipe() -> tuple[socket.socket, socket.socket]:
    """Two connected ends that keep packets apart. Neither blocks."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs
