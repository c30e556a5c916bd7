"""Names of sessions."""

from __future__ import annotations

import re

NAME_PATTERN = r"[A-Za-z0-9_]{1,32}"
LONGEST = 32

PROBLEM = "The name of a session is 1 to 32 letters, digits and underscores."


def name_problem(name: str) -> str:
    """What is wrong with a name, "" when nothing is."""
    return "" if re.fullmatch(NAME_PATTERN, name) else PROBLEM


def nearest_name(text: str) -> str:
    """The text as a name could be meant: other characters become underscores."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text[: 4 * LONGEST]).strip("_")
    return name[:LONGEST] or "session_1"


def other_name(name: str, number: int) -> str:
    """The name with a number, for when it is taken: "main" and 2 make "main_2"."""
    end = f"_{number}"
    return name[: LONGEST - len(end)] + end
