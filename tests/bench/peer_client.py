"""Gives the peer orders from the bench's own process."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import msgspec

from tests.bench.orders import Guild, Load, Shape, Side, Taken

T = TypeVar("T")
_START = 60.0
_ANSWER = 1800.0  # seconds; loads have their own patience


class PeerClient:
    """One connection per order: several may be under way in threads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def wait(self) -> None:
        """Until the peer listens."""
        deadline = time.monotonic() + _START
        while not self._listens():
            assert time.monotonic() < deadline, "the bench's peer did not start"
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self._path)) == 0

    def guild(self) -> Guild:
        """The Discord server and the product's bot."""
        return self._ask("guild", None, Guild)

    def side(self, shape: Shape) -> Side:
        """People and chats."""
        return self._ask("side", asdict(shape), Side)

    def load(self, load: Load) -> Taken:
        """Writes messages, and waits for their arrivals."""
        return self._ask("load", asdict(load), Taken)

    def errors(self, name: str) -> int:
        """Discord's answers counted under a name that contains `name`."""
        return self._ask("count", name, int)

    def unknown(self) -> int:
        """Calls of methods that the sandbox does not have."""
        return self._ask("unknown", None, int)

    def _ask(self, order: str, of: object, result: type[T]) -> T:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER)
            connection.connect(str(self._path))
            connection.sendall(msgspec.json.encode({"order": order, "of": of}) + b"\n")
            with connection.makefile("rb") as answers:
                told: Mapping[str, object] = msgspec.json.decode(answers.readline())
        assert "error" not in told, f"the peer could not {order}: {told['error']}"
        return msgspec.convert(told["result"], result)
