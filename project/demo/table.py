"""The live table: one row per message, printed once it has arrived everywhere, or is late."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from project.demo.records import RouteRecord, Seen

LATE = 10_000.0  # milliseconds after which a row is shown although it has not arrived everywhere
_WIDTHS = (14, 44, 9, 13, 7)
_ADDRESS = re.compile(r"\]\(<?[a-z]+:[^)\s]*\)")
TITLES = ("pair", "source text", "Discord", "destination", "ms")


@dataclass(frozen=True, slots=True)
class Row:
    """One message. `milliseconds` from its own post to its last arrival; None while something is missing."""

    pair: str
    text: str
    on_discord: bool
    at_destination: bool
    milliseconds: float | None
    state: str


def header() -> str:
    """The table's first two lines."""
    line = _line((*TITLES, "state"))
    return f"{line}\n{'-' * len(line)}"


def format_row(row: Row) -> str:
    """One line."""
    milliseconds = "" if row.milliseconds is None else f"{row.milliseconds:.0f}"
    marks = ("yes" if row.on_discord else "…", "yes" if row.at_destination else "…")
    return _line((row.pair, " ".join(row.text.split()), *marks, milliseconds, row.state))


def _line(cells: Sequence[str]) -> str:
    fixed = "  ".join(_fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=False))
    return f"{fixed}  {cells[-1]}"


def _fit(cell: str, width: int) -> str:
    return (cell if len(cell) <= width else cell[: width - 1] + "…").ljust(width)


class Table:
    """Remembers which rows were printed."""

    def __init__(self) -> None:
        self._printed: set[tuple[str, str, int]] = set()

    def new_rows(self, records: Iterable[RouteRecord], now: float) -> Iterator[Row]:
        """Rows that are finished, or late, since the last call. `now` is in the sandbox's milliseconds."""
        for record in records:
            people = [seen for seen in record.discord if not seen.ours]
            ours = [seen for seen in record.discord if seen.ours]
            for seen in record.source:
                yield from self._row(
                    record.title, "source", seen, _same(seen, ours), _same(seen, record.destination), now
                )
            for seen in people:
                yield from self._row(record.title, "discord", seen, seen, _same(seen, record.destination), now)

    def _row(
        self, title: str, origin: str, seen: Seen, discord: Seen | None, destination: Seen | None, now: float
    ) -> Iterator[Row]:
        complete = discord is not None and destination is not None
        key = (title, origin, seen.id)
        if key in self._printed or not (complete or now - seen.arrived > LATE):
            return
        self._printed.add(key)
        took = max(discord.arrived, destination.arrived) - seen.arrived if discord and destination else None
        text = seen.text if origin == "source" else f"(on Discord) {seen.text}"
        yield Row(title, text, discord is not None, destination is not None, took, "delivered" if complete else "late")


def _same(seen: Seen, places: Iterable[Seen]) -> Seen | None:
    """The copy of a message: by its mark, or else by its text."""
    if seen.number is not None:
        return next((place for place in places if place.number == seen.number), None)
    wanted = _letters(seen.text)
    return next((place for place in places if place.arrived >= seen.arrived and wanted in _letters(place.text)), None)


def _letters(text: str) -> str:
    """What is left of a text on either platform: a link's address is Discord's way to write an entity."""
    return re.sub(r"[\W_]+", "", _ADDRESS.sub("]", text))
