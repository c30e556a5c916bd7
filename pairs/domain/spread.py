"""Pairs that need another session, and sessions with a few seats: who goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def spread(fits: Mapping[int, Sequence[int]], seats: Mapping[int, int]) -> dict[int, int]:
    """Gives pairs a session each: as many of them as can have one at all, in their order, each its best free one.

    `fits` names for each pair the sessions that could take it, best first. A pair that finds its sessions full has
    others of them change to another one of theirs, if that makes room (augmenting paths).
    """
    placed: dict[int, int] = {}
    held: dict[int, list[int]] = {session: [] for session in seats}
    for pair in fits:
        _place(pair, fits, seats, placed, held, tried=set())
    return placed


def _place(
    pair: int,
    fits: Mapping[int, Sequence[int]],
    seats: Mapping[int, int],
    placed: dict[int, int],
    held: dict[int, list[int]],
    tried: set[int],
) -> bool:
    """Whether the pair has a session now, one of those not tried yet."""
    open_ = [session for session in fits[pair] if session in seats and session not in tried]
    for session in open_:
        if len(held[session]) < seats[session]:
            _sit(pair, session, placed, held)
            return True
    for session in open_:
        tried.add(session)
        if any(_place(other, fits, seats, placed, held, tried) for other in list(held[session])):
            _sit(pair, session, placed, held)
            return True
    return False


def _sit(pair: int, session: int, placed: dict[int, int], held: dict[int, list[int]]) -> None:
    before = placed.get(pair)
    if before is not None:
        held[before].remove(pair)
    placed[pair] = session
    held[session].append(pair)
