"""What a person writes to register a session: `name phone [priority] [max_pairs]`, with all problems at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from project.core.errors import InvalidInput
from project.core.pasted import tidy
from sessions.domain.names import LONGEST, name_problem, nearest_name
from sessions.domain.phone import PROBLEM as PHONE_PROBLEM
from sessions.domain.phone import is_possible, nearest_phone, parse_phone

PRIORITIES = range(1, 11)
PAIRS = range(1, 51)
DEFAULT_PRIORITY = 1
PRIORITY_PROBLEM = "The priority is a number from 1 to 10, higher is preferred."
PAIRS_PROBLEM = "The number of pairs is from 1 to 50."
_EXAMPLE = "+1234567890"
UNCLEAR = "It is not clear where the phone number ends: write it without blanks."
_MOST_WORDS = 40
_MOST_GROUPS = 12
_WHOLE = 10  # digits; a number of one word with as many is complete
_LONG_GROUP = 4  # digits of a last group that nothing has to follow
_GROUP = re.compile(r"[0-9()\-./]{1,16}[\"'\u201d\u201c\u00bb>]?")
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
    """Reads the words of a registration; never raises. A phone number may be written in groups."""
    name, *others = words[:_MOST_WORDS] or ("",)
    phone, rest, unclear = _phone_first(others)
    priority, pairs = [*rest, "", ""][:2]
    found = [
        _name_problem(name),
        _phone_problem(phone),
        UNCLEAR if unclear else "",
        "" if not priority or whole_number(priority) in PRIORITIES else PRIORITY_PROBLEM,
        "" if not pairs or whole_number(pairs) in PAIRS else PAIRS_PROBLEM,
        "At most four words are expected: name, phone, priority, pairs." if len(rest) > 2 else "",
    ]
    fixed = [
        name if not name_problem(name) else nearest_name(name),
        nearest_phone(phone) or _EXAMPLE,
        *_right_numbers(priority, pairs),
    ]
    return Draft(
        name=name[: LONGEST + 1],
        phone="" if _phone_problem(phone) or unclear else parse_phone(phone),
        priority=whole_number(priority),
        max_pairs=whole_number(pairs),
        problems=tuple(filter(None, found)),
        fixed=tuple(fixed),
    )


def _phone_first(words: Sequence[str]) -> tuple[str, Sequence[str], bool]:
    """The phone number at the beginning, what follows it, and whether it is unclear where it ends.

    Groups of digits belong to it. The last one or two may be the priority and the number of pairs instead: when just
    one way to read the line gives a number that can exist, it is that one, else what follows a long last group.
    """
    length = 1
    while length < len(words) and length < _MOST_GROUPS and _GROUP.fullmatch(tidy(words[length])):
        length += 1
    groups = words[:length]
    if length == 1 or not re.match(r"\W*[0-9]", tidy(words[0])) or len(re.sub("[^0-9]", "", "".join(groups))) < 7:
        return words[0] if words else "", words[1:], False
    if _is_whole(words[0]) and all(len(tidy(group)) <= 2 for group in groups[1:]):
        return words[0], words[1:], False
    ways = [n for n in range(length, 0, -1) if length - n <= 2 and _are_numbers(words[n:length])]
    able = [n for n in ways if is_possible(nearest_phone(" ".join(groups[:n])))]
    if len(able) == 1:
        return " ".join(words[: able[0]]), words[able[0] :], False
    long = [n for n in ways if len(tidy(words[n - 1]).strip("+")) >= _LONG_GROUP]
    end = long[0] if long else ways[-1]
    return " ".join(words[:end]), words[end:], not long and len(ways) > 1


def _is_whole(word: str) -> bool:
    """Whether a word is a number that needs no more groups."""
    number = nearest_phone(word)
    return len(number) > _WHOLE or (bool(number) and is_possible(number))


def _are_numbers(words: Sequence[str]) -> bool:
    return all(
        len(tidy(word)) <= 2 and whole_number(tidy(word)) in allowed
        for word, allowed in zip(words, (PRIORITIES, PAIRS), strict=False)
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
