"""Rows of a spreadsheet's CSV: its separator, and what spreadsheets do to ids. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from project.core.errors import InvalidInput
from project.core.pasted import bare, tidy
from project.core.redaction import shown

HINT = "`python manage.py pair export FILE` writes a file with the right heading."
MOST_COLUMNS = 100  # a spreadsheet's empty ones count
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r"\"?sep=(.)\"?[,;\t|]*", re.I)
_YAML = re.compile(r"\s*(-\s|-$|#|%|---|\{|\[|[\w\"']+\s*:(\s|$))")
_EXACT = 15  # digits that a spreadsheet's numbers keep
_FORMULA = re.compile(r"=\s*\"(.*)\"", re.DOTALL)
_SHORTENED = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]+", re.ASCII | re.I)
_DECIMAL = re.compile(r"(-?[0-9]+)[.,]0+", re.ASCII)
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:([.,' \u2019])[0-9]{3})(?:\1[0-9]{3})+", re.ASCII)
_AS_TEXT = "make the column text and paste the id again."

Row = tuple[int, Mapping[str, str]]  # line, values by column


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a file is to be read: its separator, and the line of its heading, counted from 1."""

    delimiter: str
    heading: int


def find_sheet(text: str, required: Collection[str]) -> Sheet | None:
    """How to read a text as CSV; None when it looks like YAML. Raises InvalidInput when its heading lacks a column."""
    lines = [(number, line) for number, line in enumerate(io.StringIO(text, newline=None), 1) if line.strip()]
    if not lines:
        return None
    number, first = lines[0]
    told = _SEPARATOR.fullmatch(tidy_line(first))
    if told:
        number, first = lines[1] if len(lines) > 1 else (number + 1, "")
    candidates = told[1] if told else _DELIMITERS
    for delimiter in candidates:
        if set(required) <= set(_names_in(first, delimiter)):
            return Sheet(delimiter, number)
    if told or (not _YAML.match(first) and any(delimiter in first for delimiter in _DELIMITERS)):
        raise _no_heading(number, _names_in(first, max(candidates, key=first.count)), required)
    return None


def read_sheet(text: str, sheet: Sheet, *, most: int) -> list[Row]:
    """The rows below the heading, `most` + 1 at the utmost. Raises InvalidInput."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sheet.delimiter, strict=True)
    rows: list[Row] = []
    names: list[str] = []
    begin = 1
    try:
        for cells in reader:
            if begin >= sheet.heading and any(cell.strip() for cell in cells):
                if names:
                    rows.append((begin, _named(begin, names, cells)))
                else:
                    names = _names(begin, cells)
            begin = reader.line_num + 1
            if len(rows) > most:
                break
    except csv.Error as error:
        raise InvalidInput(f"Line {begin}: this is not CSV ({error}).") from None
    return rows


def plain_cell(value: str) -> str:
    """An id or link as it was before a spreadsheet: without the apostrophe or `="…"` that keeps it text, and without
    ".0" or groups of digits where nothing is lost. Raises InvalidInput where digits may be."""
    value = tidy(value)
    if found := _FORMULA.fullmatch(value):
        value = found[1].strip()
    if value[:1] in ("'", "\u2019") and value[-1:] != value[:1]:
        value = value[1:].strip()
    if re.fullmatch(r"#[A-Z/0!?]+[!?]", value):
        raise InvalidInput(f"A spreadsheet took this for a formula ({value}): {_AS_TEXT}")
    number = bare(value)
    if _SHORTENED.fullmatch(number):
        raise InvalidInput(f"A spreadsheet has shortened this number: {_AS_TEXT}")
    if found := _DECIMAL.fullmatch(number):
        return _exact(found[1], "a spreadsheet has added .0")
    if _GROUPED.fullmatch(number):
        return _exact(re.sub(r"[^-0-9]", "", number), "a spreadsheet has put it in groups")
    return value


def _exact(number: str, what: str) -> str:
    if len(number.lstrip("-")) > _EXACT:
        raise InvalidInput(f"{number} is perhaps rounded: {what}. {_AS_TEXT[0].upper()}{_AS_TEXT[1:]}")
    return number


def tidy_line(line: str) -> str:
    """A line without invisible signs; its tabs stay."""
    return "\t".join(tidy(part) for part in line.strip("\r\n").split("\t"))


def _names_in(line: str, delimiter: str) -> list[str]:
    return [_column(name) for name in line.split(delimiter)]


def _column(name: str) -> str:
    return bare(name.strip().strip('"')).lower()


def _no_heading(line: int, names: Sequence[str], required: Collection[str]) -> InvalidInput:
    missing = " and ".join(name for name in required if name not in names)
    there = ", ".join(shown(name) for name in names[:10] if name) or "nothing"
    return InvalidInput(f"Line {line}: the heading has no column {missing}; it has {there}.", hint=HINT)


def _names(line: int, heading: Sequence[str]) -> list[str]:
    names = [_column(cell) for cell in heading]
    if len(heading) == 1:
        raise InvalidInput(f"Line {line}: the whole line stands in quotes.", hint="Save the sheet as CSV again.")
    if len(names) > MOST_COLUMNS:
        raise InvalidInput(f"Line {line}: there are more than {MOST_COLUMNS} columns.", hint=HINT)
    twice = next((name for name in names if name and names.count(name) > 1), "")
    if twice:
        raise InvalidInput(f"Line {line}: the column {shown(twice)} stands there twice.", hint=HINT)
    return names


def _named(line: int, names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(names) :]):
        raise InvalidInput(f"Line {line}: it has more values than there are columns.", hint=HINT)
    row = {}
    for name, cell in zip(names, cells, strict=False):
        if name:
            row[name] = cell.strip()
        elif cell.strip():
            raise InvalidInput(f"Line {line}: a value stands in a column without a heading.", hint=HINT)
    return row
