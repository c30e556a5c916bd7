"""Discord's JSON as it comes: a field may be absent, null, or of another kind than the reference says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")
LARGEST = 2**63 - 1  # a snowflake is a signed 64-bit number in Discord's databases and in ours


class Fields:
    """One object of Discord's JSON. What is absent or null reads as empty; so does what has the wrong kind, and its
    path goes into `trouble`, which all objects within share."""

    __slots__ = ("_path", "_raw", "trouble")

    def __init__(self, raw: object, path: str = "", trouble: list[str] | None = None) -> None:
        self.trouble: list[str] = [] if trouble is None else trouble
        self._path = path
        self._raw = raw if isinstance(raw, dict) else {}
        if raw is not None and not isinstance(raw, dict):
            self.trouble.append(path or "all of it")

    def __bool__(self) -> bool:
        return bool(self._raw)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._raw.get(name) is not None

    def text(self, name: str) -> str:
        """A text."""
        value = self._raw.get(name)
        return value if isinstance(value, str) else self._odd(name, value, "")

    def number(self, name: str) -> int:
        """A number."""
        value = self._raw.get(name)
        return value if type(value) is int else self._odd(name, value, 0)

    def snowflake(self, name: str) -> int | None:
        """An id, as text or as a number."""
        value = self._raw.get(name)
        found = snowflake(value)
        return found if found is not None else self._odd(name, value, None)

    def snowflakes(self, name: str) -> list[int]:
        """The ids of a list."""
        found = [snowflake(raw) for raw in self._list(name)]
        self.trouble += [self._name(f"{name}[{index}]") for index, number in enumerate(found) if number is None]
        return [number for number in found if number is not None]

    def nested(self, name: str) -> Fields:
        """An object; an empty one when there is none."""
        return Fields(self._raw.get(name), self._name(name), self.trouble)

    def items(self, name: str) -> Iterator[Fields]:
        """The objects of a list, but for empty ones."""
        return (item for _, item in self.numbered(name))

    def numbered(self, name: str) -> Iterator[tuple[int, Fields]]:
        """The same, each with its place in the list."""
        for index, raw in enumerate(self._list(name)):
            item = Fields(raw, self._name(f"{name}[{index}]"), self.trouble)
            if item:
                yield index, item

    def blame(self, name: str) -> None:
        """The field has the right kind, but means nothing."""
        self.trouble.append(self._name(name))

    def _list(self, name: str) -> list[object]:
        value = self._raw.get(name)
        return value if isinstance(value, list) else self._odd(name, value, [])

    def _odd(self, name: str, value: object, empty: T) -> T:
        if value is not None:
            self.blame(name)
        return empty

    def _name(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def snowflake(value: object) -> int | None:
    """The number of an id, None for anything that is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    return value if type(value) is int and 0 < value <= LARGEST else None
