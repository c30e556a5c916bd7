"""A change of the product's source by which one feature is off, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Switch:
    """`find` stands exactly once in the file `path` (relative to the checkout); with `instead` in its place the program
    still starts, and `what` in plain words is the case: "the priority is ignored". The tests of each of the
    `sentences` have to notice, each under one of the switches of its sentence."""

    sentences: tuple[str, ...]
    path: str
    find: str
    instead: str
    what: str

    def thrown(self, text: str) -> str:
        """The file's text without the feature. Raises ValueError when what is looked for does not stand there once."""
        if text.count(self.find) != 1:
            raise ValueError(f"{self.path} holds {text.count(self.find)} times: {self.find!r}")
        return text.replace(self.find, self.instead)

    def throw(self, checkout: Path) -> None:
        """Switches the feature off in a copy of the checkout."""
        file = checkout / self.path
        file.write_text(self.thrown(file.read_text()))
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()  # its source may have the same size, within the same second
