"""What a person writes to register a session: `name phone [priority] [max_pairs]`, with all problems at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from project.core.errors import InvalidInput
from sessions.domain.names import LONGEST, name_problem, nearest_name
from sessions.domain.phone import PROBLEM as PHONE_PROBLEM
from sessions.domain.phone import nearest_phone, parse_phone

PRIORITIES = range(1, 11)
PAIRS = range(1, 51)
DEFAULT_PRIORITY = 1
PRIORITY_PROBLEM = "The priority is a number from 1 to 10, higher is preferred."
PAIRS_PROBLEM = "The number of pairs is from 1 to 50."
_EXAMPLE = "+1234567890"
_NUMBER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A registration as written. `phone` is "" when it is none, numbers are None when not given or wrong;
    `fixed` are the words as they could be meant, without numbers that are wrong."""

    name: str
    phone: str
    priority: int | None
    max_pairs: int | None
    problems: tuple[str, ...]
    fixed: tuple[str, ...]


def parse_registration(words: Sequence[str]) -> Draft:
    """Reads the words of a registration; never raises."""
    name, phone, priority, pairs = [*words, "", "", "", ""][:4]
    found = [
        _name_problem(name),
        _phone_problem(phone),
        "" if not priority or whole_number(priority) in PRIORITIES else PRIORITY_PROBLEM,
        "" if not pairs or whole_number(pairs) in PAIRS else PAIRS_PROBLEM,
        "At most four words are expected: name, phone, priority, pairs." if len(words) > 4 else "",
    ]
    fixed = [
        name if not name_problem(name) else nearest_name(name),
        nearest_phone(phone) or _EXAMPLE,
        *_right_numbers(priority, pairs),
    ]
    return Draft(
        name=name[: LONGEST + 1],
        phone="" if _phone_problem(phone) else parse_phone(phone),
        priority=whole_number(priority),
        max_pairs=whole_number(pairs),
        problems=tuple(filter(None, found)),
        fixed=tuple(fixed),
    )


def _right_numbers(priority: str, pairs: str) -> list[str]:
    """What is right of them. A wrong one is left out, since nobody can know what was meant; before a right number of
    pairs stands the default priority."""
    first = [priority] if whole_number(priority) in PRIORITIES else []
    if whole_number(pairs) not in PAIRS:
        return first
    return [*(first or [str(DEFAULT_PRIORITY)]), pairs]


def _name_problem(name: str) -> str:
    return name_problem(name) if name else "The name of the session is missing."


def _phone_problem(phone: str) -> str:
    if not phone:
        return "The phone number is missing."
    try:
        parse_phone(phone)
    except InvalidInput:
        return PHONE_PROBLEM
    return ""


def whole_number(text: str) -> int | None:
    """A whole number of up to nine ASCII digits; None for anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None


def within(text: str, allowed: range) -> int:
    """The allowed number nearest to what was written."""
    number = whole_number(text)
    return allowed[0] if number is None else min(max(number, allowed[0]), allowed[-1])
