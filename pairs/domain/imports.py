"""Files of pairs, CSV or YAML: read as a whole, with the line of everything that is wrong. Pure.

Values stay the texts they are in the file: YAML's own types would make `no` a boolean and long ids floats.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pairs.domain.options import CHOICES, check_option
from pairs.domain.references import SNOWFLAKE, check_chat, check_destination
from pairs.domain.yamlrows import read_yaml
from project.core.errors import InvalidInput, ManyProblems
from project.core.secret import Secret

MOST_BYTES = 1 << 20
MOST_ROWS = 2000
MOST_COLUMNS = 100  # a spreadsheet's empty ones count
MOST_PROBLEMS = 30  # told at once
LONGEST = 300  # characters of a value
COLUMNS = ("source", "discord", "webhook", "destination", "session", "sender", *sorted(CHOICES))
REQUIRED = ("source", "destination")
HINT = f"Columns: {', '.join(COLUMNS)}. `python manage.py pair export FILE` writes such a file."
_DELIMITERS = ",;\t"
_SPREADSHEET = "A spreadsheet has shortened this number: make the column text and paste the id again."

Row = tuple[int, Mapping[str, str]]  # line, values by column


@dataclass(frozen=True, slots=True)
class PairLine:
    """One pair of a file. `discord` is a channel id, None when the webhook tells it; `webhook` a URL, `webhook_id` the
    id of one that the installation has already. Empty `session`: the best one; empty `sender`: the session itself.
    """

    source: str
    destination: str
    discord: int | None = None
    webhook: Secret | None = None
    webhook_id: int | None = None
    session: str = ""
    sender: str = ""
    options: tuple[tuple[str, str], ...] = ()
    line: int = field(default=0, compare=False)


def parse_pairs(data: bytes) -> tuple[PairLine, ...]:
    """The pairs of a CSV or YAML file. Raises ManyProblems with all that is wrong, each with its line."""
    rows = _rows(_text(data))
    problems: list[str] = []
    found = [_line(number, values, problems) for number, values in rows]
    lines = [line for line in found if line is not None]
    problems += _twice(lines)
    if not rows:
        problems.append("There is no pair in this file.")
    _refuse(problems)
    return tuple(lines)


def render_csv(lines: Sequence[PairLine]) -> str:
    """The file that `parse_pairs` reads back."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_values(line) for line in lines)
    return written.getvalue()


def render_yaml(lines: Sequence[PairLine]) -> str:
    """The file that `parse_pairs` reads back. Every value is quoted, so that no reader takes an id for a number."""
    written = ["pairs:"] if lines else ["pairs: []"]
    for line in lines:
        given = [f"{name}: '{value.replace(chr(39), chr(39) * 2)}'" for name, value in _values(line).items() if value]
        written += [f"{'  - ' if n == 0 else '    '}{text}" for n, text in enumerate(given)]
    return "\n".join(written) + "\n"


# --- reading


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise InvalidInput("The file is larger than 1 MiB.", hint="Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The file is not text in UTF-8.", hint="Save it as CSV UTF-8 or as YAML.") from None
    if "\0" in text:
        raise InvalidInput("The file is not text in UTF-8.", hint="Save it as CSV UTF-8 or as YAML.")
    return text


def _rows(text: str) -> list[Row]:
    delimiter = _delimiter(text)
    rows = _csv_rows(text, delimiter) if delimiter else read_yaml(text, most=MOST_ROWS)
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"The file has more than {MOST_ROWS} pairs.", hint="Split it.")
    return rows


def _delimiter(text: str) -> str:
    """What separates the columns of a CSV file; "" for anything that has no such heading."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in _DELIMITERS:
        names = {_column(name) for name in heading.split(delimiter)}
        if {"source", "destination"} <= names:
            return delimiter
    return ""


def _csv_rows(text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    names: list[str] = []
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if names:
                    rows.append((begin, _named(begin, names, cells)))
                else:
                    names = _names(cells)
            begin = reader.line_num + 1
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as error:
        raise InvalidInput(f"Line {begin}: this is not CSV ({error}).") from None
    return rows


def _names(heading: Sequence[str]) -> list[str]:
    names = [_column(cell) for cell in heading]
    if len(names) > MOST_COLUMNS:
        raise InvalidInput(f"Line 1: there are more than {MOST_COLUMNS} columns.", hint=HINT)
    if len(names) != len(set(names)):
        raise InvalidInput("Line 1: a column stands there twice.", hint=HINT)
    return names


def _named(line: int, names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    surplus = cells[len(names) :]
    if any(cell.strip() for cell in surplus):
        raise InvalidInput(f"Line {line}: it has more values than there are columns.", hint=HINT)
    return {name: cell.strip() for name, cell in zip(names, cells, strict=False)}


def _column(name: str) -> str:
    return name.strip().strip('"').strip().lower()


# --- judging


def _line(number: int, values: Mapping[str, str], problems: list[str]) -> PairLine | None:
    before = len(problems)

    def wrong(text: str) -> None:
        problems.append(f"Line {number}: {text}")

    for name in values:
        if name not in COLUMNS:
            wrong(f"there is no column {name[:40]!r}.")
    given = {name: values.get(name, "").strip() for name in COLUMNS}
    for name, value in given.items():
        if len(value) > LONGEST:
            wrong(f"{name} is longer than {LONGEST} characters.")
    _check(given, wrong)
    return _made(number, given) if len(problems) == before else None


def _check(given: Mapping[str, str], wrong: Callable[[str], None]) -> None:
    for name in REQUIRED:
        if not given[name]:
            wrong(f"{name} is missing.")
        elif problem := _chat_problem(name, given[name]):
            wrong(f"{name}: {problem}")
    if not given["discord"] and not given["webhook"]:
        wrong("discord is missing: a channel id, or a webhook URL in `webhook`.")
    if given["discord"] and not SNOWFLAKE.fullmatch(given["discord"]):
        wrong(f"discord: {_id_problem(given['discord'])}")
    if given["webhook"] and not _is_webhook(given["webhook"]):
        wrong("webhook: neither a webhook's URL nor its id.")  # not repeated: it may be a secret
    for name in CHOICES:
        if given[name]:
            try:
                check_option(name, given[name])
            except InvalidInput as error:
                wrong(error.for_people())


def _chat_problem(name: str, value: str) -> str:
    if "e+" in value.lower():
        return _SPREADSHEET
    try:
        check_destination(value) if name == "destination" else check_chat(value)
    except InvalidInput as error:
        return error.message
    return ""


def _id_problem(value: str) -> str:
    if "e+" in value.lower():
        return _SPREADSHEET
    if "/webhooks/" in value:
        return "a webhook's URL belongs into the column `webhook`."
    return f"{value[:30]!r} is no channel id."


def _is_webhook(value: str) -> bool:
    return "/webhooks/" in value or bool(SNOWFLAKE.fullmatch(value))


def _made(number: int, given: Mapping[str, str]) -> PairLine:
    by_url = "/webhooks/" in given["webhook"]
    return PairLine(
        source=check_chat(given["source"]),
        destination=check_chat(given["destination"]),
        discord=int(given["discord"]) if given["discord"] else None,
        webhook=Secret(given["webhook"]) if by_url else None,
        webhook_id=int(given["webhook"]) if given["webhook"] and not by_url else None,
        session=given["session"],
        sender=given["sender"],
        options=tuple((name, given[name]) for name in sorted(CHOICES) if given[name]),
        line=number,
    )


def _twice(lines: Sequence[PairLine]) -> list[str]:
    first: dict[tuple[object, ...], int] = {}
    problems = []
    for line in lines:
        secret = line.webhook.reveal() if line.webhook else ""
        route = (line.source.lower(), line.destination.lower(), line.discord or secret or line.webhook_id)
        before = first.setdefault(route, line.line)
        if before != line.line:
            problems.append(f"Line {line.line}: the same pair stands in line {before}.")
    return problems


def _refuse(problems: Sequence[str]) -> None:
    if not problems:
        return
    told = list(problems[:MOST_PROBLEMS])
    if len(problems) > len(told):
        told.append(f"… and {len(problems) - len(told)} more.")
    raise ManyProblems(tuple(told), hint=HINT)


def _values(line: PairLine) -> dict[str, str]:
    webhook = line.webhook.reveal() if line.webhook else str(line.webhook_id or "")
    return {
        "source": line.source,
        "discord": str(line.discord or ""),
        "webhook": webhook,
        "destination": line.destination,
        "session": line.session,
        "sender": line.sender,
    } | {name: dict(line.options).get(name, "") for name in sorted(CHOICES)}
