"""Errors of the platforms that no table knows: counted in this process until somebody writes them down."""

from __future__ import annotations

from collections import Counter

import msgspec

MOST = 200  # kinds kept until they are written down
LENGTH = 100  # characters of a name


class Unknown(msgspec.Struct, frozen=True):
    """What was answered: the platform's own name or number, its class (an HTTP status or such), and to what."""

    platform: str
    code: str
    status: str
    method: str


_seen: Counter[Unknown] = Counter()


def note(platform: str, code: str, status: str, method: str) -> None:
    """One more was answered."""
    kind = Unknown(platform, code[:LENGTH], status[:LENGTH], method[:LENGTH])
    if kind in _seen or len(_seen) < MOST:
        _seen[kind] += 1


def take() -> dict[Unknown, int]:
    """What was answered since the last time, with how often."""
    taken = dict(_seen)
    _seen.clear()
    return taken
