"""Files of pairs, CSV or YAML: read as a whole, with the line of everything that is wrong. Pure.

Values stay the texts they are in the file: YAML's own types would make `no` a boolean and long ids floats.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pairs.domain.channels import SNOWFLAKE, read_channel
from pairs.domain.options import CHOICES, check_option
from pairs.domain.references import check_chat, check_destination
from pairs.domain.sheets import Row, find_sheet, plain_cell, read_sheet
from pairs.domain.yamlrows import read_yaml
from project.core.errors import InvalidInput, ManyProblems
from project.core.pasted import bare
from project.core.redaction import names_webhook
from project.core.secret import Secret
from project.core.textfile import decode_text
from project.discord.urls import check_webhook_url

MOST_BYTES = 1 << 20
MOST_ROWS = 2000
MOST_PROBLEMS = 30  # told at once
LONGEST = 300  # characters of a value
COLUMNS = ("source", "discord", "webhook", "destination", "session", "sender", *sorted(CHOICES))
REQUIRED = ("source", "destination")
HINT = f"Columns: {', '.join(COLUMNS)}. `python manage.py pair export FILE` writes such a file."
_OTHER_FILES = {
    b"PK\x03\x04": "a workbook of a spreadsheet (or another archive)",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a packed file",
}


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
    for beginning, what in _OTHER_FILES.items():
        if data.startswith(beginning):
            raise InvalidInput(f"This is {what}, not a text.", hint="Save it as CSV UTF-8 or as YAML.")
    return decode_text(data)


def _rows(text: str) -> list[Row]:
    sheet = find_sheet(text, REQUIRED)
    rows = read_sheet(text, sheet, most=MOST_ROWS) if sheet else read_yaml(text, most=MOST_ROWS)
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"The file has more than {MOST_ROWS} pairs.", hint="Split it.")
    return rows


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
        elif problem := _problem(_destination if name == "destination" else _chat, given[name]):
            wrong(f"{name}: {problem}")
    if not given["discord"] and not given["webhook"]:
        wrong("discord is missing: a channel id, or a webhook URL in `webhook`.")
    for name, read in (("discord", _channel), ("webhook", _webhook)):
        if given[name] and (problem := _problem(read, given[name])):
            wrong(f"{name}: {problem}")
    for name in CHOICES:
        if given[name]:
            try:
                check_option(name, bare(given[name]))
            except InvalidInput as error:
                wrong(error.for_people())


def _problem(read: Callable[[str], object], value: str) -> str:
    """What a reader says against a value, "" when it takes it."""
    try:
        read(value)
    except InvalidInput as error:
        return error.for_people()
    return ""


def _chat(value: str) -> str:
    return check_chat(plain_cell(value))


def _destination(value: str) -> str:
    return check_destination(plain_cell(value))


def _channel(value: str) -> int:
    if names_webhook(value):
        raise InvalidInput("a webhook's URL belongs into the column `webhook`.")
    return read_channel(plain_cell(value)).channel_id


def _webhook(value: str) -> int | None:
    """The id of a webhook that stands alone; None for a URL."""
    if names_webhook(value):
        check_webhook_url(plain_cell(value))
        return None
    number = bare(plain_cell(value))
    if not SNOWFLAKE.fullmatch(number):
        raise InvalidInput("neither a webhook's URL nor its id.")  # not repeated: it may be a secret
    return int(number)


def _made(number: int, given: Mapping[str, str]) -> PairLine:
    webhook = given["webhook"]
    return PairLine(
        source=_chat(given["source"]),
        destination=_destination(given["destination"]),
        discord=_channel(given["discord"]) if given["discord"] else None,
        webhook=Secret(plain_cell(webhook)) if names_webhook(webhook) else None,
        webhook_id=_webhook(webhook) if webhook else None,
        session=bare(given["session"]),
        sender=bare(given["sender"]),
        options=tuple((name, bare(given[name])) for name in sorted(CHOICES) if given[name]),
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
