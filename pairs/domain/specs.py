"""Which pairs a person means: `1,2,3`, `1-10`, both mixed, or `all_from:<session name>`. Ranges stay ranges."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from project.core.errors import ManyProblems

LARGEST = 2**63 - 1  # PostgreSQL's bigint
LONGEST = 4000  # characters; a message of Telegram holds 4096
MOST_ITEMS = 500
USAGE = "Pairs are given as 1,2,3 or 1-10 or both, or as all_from:session_name."

_ALL = "all_from:"
_NAME = re.compile(r"[A-Za-z0-9_]{1,32}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_RANGE = re.compile(r"([0-9]{1,19})[-\u2010-\u2015]([0-9]{1,19})", re.ASCII)
_SHOWN = 40  # characters of a wrong item that are repeated


@dataclass(frozen=True, slots=True)
class PairSpec:
    """Either all pairs of a session, or ranges of ids (both ends included), ascending and apart."""

    ranges: tuple[tuple[int, int], ...] = ()
    session: str = ""

    def __contains__(self, pair_id: int) -> bool:
        return any(first <= pair_id <= last for first, last in self.ranges)

    def __str__(self) -> str:
        if self.session:
            return f"{_ALL}{self.session}"
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges)


def parse_spec(text: str) -> PairSpec:
    """What was typed, duplicates merged; blanks around commas and dashes do not matter.

    Raises ManyProblems with everything that is wrong, and what could be meant as the correction.
    """
    if len(text) > LONGEST:
        raise ManyProblems((f"The pair specification is longer than {LONGEST} characters.",), hint=USAGE)
    cleaned = re.sub(r"\s*([,\-\u2010-\u2015:])\s*", r"\1", text.strip())
    if cleaned.lower().startswith(_ALL):
        return _all_from(cleaned[len(_ALL) :])
    items = [item for item in re.split(r"[,\s]+", cleaned) if item]
    if not items:
        raise ManyProblems(("No pairs were named.",), hint=USAGE)
    if len(items) > MOST_ITEMS:
        raise ManyProblems((f"{len(items)} items are too many at once; {MOST_ITEMS} is the most.",), hint=USAGE)
    return _ids(items)


def of_ids(ids: Collection[int]) -> PairSpec:
    """Exactly these pairs."""
    return PairSpec(_merged([(pair, pair) for pair in ids]))


def shorten(ids: Collection[int]) -> str:
    """Ids as a specification: [1, 2, 3, 7] is "1-3,7"."""
    return str(of_ids(ids))


def _all_from(name: str) -> PairSpec:
    if not _NAME.fullmatch(name):
        found = f"{name[:_SHOWN]!r} is no session name." if name else "all_from: needs a session's name."
        raise ManyProblems((found,), hint="For example all_from:user1_main. " + USAGE)
    return PairSpec(session=name)


def _ids(items: list[str]) -> PairSpec:
    problems: list[str] = []
    meant: list[tuple[int, int]] = []
    for item in items:
        problem, span = _span(item)
        if problem:
            problems.append(problem)
        if span:
            meant.append(span)
    ranges = _merged(meant)
    if problems:
        raise ManyProblems(tuple(dict.fromkeys(problems)), correction=str(PairSpec(ranges)), hint=USAGE)
    return PairSpec(ranges)


def _span(item: str) -> tuple[str, tuple[int, int] | None]:
    """What is wrong with one item, and what it means or could mean."""
    single, span = _NUMBER.fullmatch(item), _RANGE.fullmatch(item)
    if single:
        first = last = int(item)
    elif span:
        first, last = int(span[1]), int(span[2])
    else:
        return _not_a_number(item), None
    if first < 1 or last < 1:
        return f"{item}: pair ids begin at 1.", None
    if max(first, last) > LARGEST:
        return f"{item[:_SHOWN]}: no pair has so large an id.", None
    if first > last:
        return f"{item}: the range is the wrong way round.", (last, first)
    return "", (first, last)


def _not_a_number(item: str) -> str:
    shown = item[:_SHOWN]
    if item.lower().startswith(_ALL):
        return f"{shown}: all_from: stands alone, without other pairs."
    if re.fullmatch(r"-\d+", item):
        return f"{shown}: pair ids are positive."
    if re.fullmatch(r"\d+", item) and not item.isascii():
        return f"{shown}: write ids with the digits 0-9."
    if re.fullmatch(r"[0-9]+(-[0-9]+)?", item, re.ASCII):
        return f"{shown}: no pair has so large an id."
    return f"{shown}: that is no pair id and no range."


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ascending, without overlaps; neighbours joined."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return tuple(merged)
