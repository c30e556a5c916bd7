"""Reading files of NAME=value lines, as `.env` is."""

from __future__ import annotations

import re

from project.core.errors import InvalidInput
from project.core.pasted import tidy
from project.core.quotes import QUOTES
from project.core.textfile import decode_text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_EXPORT = re.compile(r"(?:export|set)\s+", re.I)
_REMARK = re.compile(r"\s+#.*")
_ENDS = re.compile(r"\s*(?:#.*)?")


def read_dotenv(data: bytes) -> dict[str, str]:
    """As `parse_dotenv`, of a file's bytes: UTF-8, with a byte order mark or without. Raises InvalidInput."""
    return parse_dotenv(decode_text(data, encodings=("UTF-8",)))


def parse_dotenv(text: str) -> dict[str, str]:
    """NAME=value lines; `export`, blank lines, `#` lines and remarks after a value are left out, and the quotes around
    a value. A name alone sets nothing. Raises InvalidInput with the line of anything else, never with what it holds."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.strip()
        name, equals, value = line.partition("=")
        name = _EXPORT.sub("", tidy(name))
        if not name or name.startswith("#"):
            if equals and not name:
                raise _wrong(number, "no name stands before the =")
            continue
        if not _NAME.fullmatch(name):
            raise _wrong(number, "it is no NAME=value")
        if equals:
            values[name] = _value(number, value.strip())
    return values


def _value(number: int, value: str) -> str:
    if value[:1] not in QUOTES:
        return "" if value.startswith("#") else _REMARK.sub("", value)
    for closing in (QUOTES[value[0]], '"'):
        for place in range(1, len(value)):
            if value[place] in closing and _ENDS.fullmatch(value, place + 1):
                return value[1:place]
    raise _wrong(number, "its value begins with a quote that is not closed in that line")


def _wrong(number: int, why: str) -> InvalidInput:
    return InvalidInput(f"line {number}: {why}", hint="Each line is NAME=value; a remark begins with #.")
