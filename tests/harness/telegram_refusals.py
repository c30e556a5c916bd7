"""Whether the loopback Telegram refuses a call only as Telegram would: by the lists in telegram_refusals.tsv."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from project.sandbox.telegram.connection import Connection
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.rpc.dispatch import Dispatcher
from project.sandbox.telegram.rpc.registry import name_of

LISTS = Path(__file__).with_name("telegram_refusals.tsv")
ANY = "*"


def listed() -> dict[str, frozenset[str]]:
    """Names by method; those of `ANY` may be the answer to every call. A number in a name is X."""
    lines = [line.split("\t") for line in LISTS.read_text().splitlines() if not line.startswith("#")]
    return {method: frozenset(" ".join(names).split()) for method, *names in lines}


@contextmanager
def refusals() -> Iterator[set[tuple[str, str]]]:
    """The method and the name of every refusal from now on, in this process. What a fault rule says is none."""
    found: set[tuple[str, str]] = set()
    called = Dispatcher._called

    def record(self: Dispatcher, connection: Connection, request: Any) -> bytes:
        try:
            return called(self, connection, request)
        except RpcRefusedError as refused:
            found.add((name_of(type(request)), re.sub(r"_\d+(?=_|$)", "_X", refused.name)))
            raise

    with patch.object(Dispatcher, "_called", record):
        yield found


def strange(found: set[tuple[str, str]]) -> list[str]:
    """Refusals that no list has."""
    lists = listed()
    known = {(method, name) for method, names in lists.items() for name in names}
    return sorted(f"{method}: {name}" for method, name in found if not {(method, name), (ANY, name)} & known)
