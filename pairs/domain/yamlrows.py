"""Rows of a YAML file by its events: bounded, without aliases (few bytes could stand for many), tags or types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from project.core.errors import InvalidInput

SHAPE = "A list of pairs, or `pairs:` with such a list; each pair has a `source:`, a `destination:` and so on."

MOST_VALUES = 15  # of one pair, twice what it can have; each costs 0.1 ms, and 1 MiB has room for 200,000

# People write `source: @news` and `discord: #news`: YAML itself takes no @ there, and the # for a remark.
_UNQUOTED = re.compile(
    r"^([ \t]*(?:-[ \t]+)?[A-Za-z_]+:[ \t]+)([@`%]\S*|(?<=discord: )#\S+)(?=[ \t]*(?:[ \t]#.*)?\r?$)", re.MULTILINE
)

Events = Iterator[Any]


def read_yaml(text: str, *, most: int) -> list[tuple[int, Mapping[str, str]]]:
    """Line and values of each pair, `most` + 1 at the utmost. Raises InvalidInput."""
    text = _UNQUOTED.sub(_quoted, text)
    events = _checked(iter(yaml.parse(text, Loader=yaml.SafeLoader)))
    try:
        return _document(events, most)
    except yaml.YAMLError as error:
        tab = "; YAML takes blanks, no tabs" if "'\\t'" in str(getattr(error, "problem", "")) else ""
        raise InvalidInput(f"{_where(error)}this is neither CSV nor YAML{tab}.", hint=SHAPE) from None
    except (StopIteration, ValueError, RecursionError):
        raise InvalidInput("This is neither CSV nor YAML.", hint=SHAPE) from None


def _quoted(found: re.Match[str]) -> str:
    return f"{found[1]}'{found[2].replace(chr(39), chr(39) * 2)}'"


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"Line {mark.line + 1}: " if mark else ""


def _checked(events: Events) -> Events:
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _wrong(event, "anchors and aliases are not taken.")
        if getattr(event, "tag", None) not in (None, "!"):
            raise _wrong(event, "tags are not taken.")
        yield event


def _document(events: Events, most: int) -> list[tuple[int, Mapping[str, str]]]:
    start = _skip(events, (yaml.StreamStartEvent, yaml.DocumentStartEvent))
    if isinstance(start, yaml.StreamEndEvent):
        return []
    if isinstance(start, yaml.MappingStartEvent):
        key = next(events)
        if not isinstance(key, yaml.ScalarEvent) or key.value != "pairs":
            raise _wrong(key, "`pairs:` is expected here.")
        start = next(events)
        rows = _list(events, start, most)
        if len(rows) <= most:
            _expect(next(events), yaml.MappingEndEvent)
    else:
        rows = _list(events, start, most)
    if len(rows) <= most:
        _expect(next(events), yaml.DocumentEndEvent)
        _expect(next(events), yaml.StreamEndEvent)
    return rows


def _skip(events: Events, kinds: tuple[type, ...]) -> Any:
    event = next(events)
    while isinstance(event, kinds):
        event = next(events)
    return event


def _list(events: Events, start: Any, most: int) -> list[tuple[int, Mapping[str, str]]]:
    if isinstance(start, yaml.ScalarEvent) and start.value in ("", "~", "null"):
        return []
    _expect(start, yaml.SequenceStartEvent)
    rows: list[tuple[int, Mapping[str, str]]] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        _expect(event, yaml.MappingStartEvent)
        rows.append((event.start_mark.line + 1, _row(events)))
        if len(rows) > most:
            break
    return rows


def _row(events: Events) -> dict[str, str]:
    row: dict[str, str] = {}
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            break
        value = next(events)
        if not isinstance(key, yaml.ScalarEvent) or not isinstance(value, yaml.ScalarEvent):
            raise _wrong(key, "a pair has simple values only.")
        name = key.value.strip().lower()
        if name in row:
            raise _wrong(key, f"{name[:40]!r} stands there twice.")
        if len(row) == MOST_VALUES:
            raise _wrong(key, f"a pair has at most {MOST_VALUES} values.")
        row[name] = "" if _is_null(value) else value.value.strip()
    return row


def _is_null(value: yaml.ScalarEvent) -> bool:
    return value.style is None and value.value in ("", "~", "null")


def _expect(event: Any, kind: type) -> None:
    if not isinstance(event, kind):
        raise _wrong(event, "this is no list of pairs.")


def _wrong(event: Any, text: str) -> InvalidInput:
    return InvalidInput(f"Line {event.start_mark.line + 1}: {text}", hint=SHAPE)
