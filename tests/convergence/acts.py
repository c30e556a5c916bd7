"""What people, moderators and administrators do. Each act names its message by a number of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class What(StrEnum):
    """One act's kind, and on which side it is done."""

    POST = "source posts"
    EDIT = "source edits"
    DELETE = "source deletes"
    SAY = "person writes on Discord"
    SAY_EDIT = "person edits on Discord"
    SAY_DELETE = "person deletes on Discord"
    MODERATE_ONE = "moderator deletes one part on Discord"
    MODERATE_ALL = "moderator deletes all parts on Discord"
    ADMINISTER = "administrator deletes the copy at the destination"
    PAUSE = "nobody does anything"


@dataclass(frozen=True, slots=True)
class File:
    """A file with content of its own."""

    name: str
    photo: bool

    @property
    def data(self) -> bytes:
        """Different for each name. A photo is a PNG of one pixel; what follows its end is not looked at."""
        return (_PIXEL if self.photo else b"") + self.name.encode() * 3

    @property
    def digest(self) -> str:
        """By which it is recognised anywhere."""
        return sha256(self.data).hexdigest()


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090"
    "7753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Act:
    """`size` is the text's, in UTF-16 units. `files` of a post are all it has; of an edit of the source the one that
    takes the place of the first, of an edit on Discord those that stay. `wait` in seconds, before it."""

    what: What
    number: int
    size: int = 0
    files: tuple[File, ...] = ()
    reply_to: int = 0
    revision: int = 0
    wait: float = 0.0

    def __str__(self) -> str:
        words = [f"+{self.wait:.1f}s {self.what.value} #{self.number}"]
        words += [f"{self.size} units"] * (self.size > 0)
        words += [f"version {self.revision}"] * (self.revision > 0)
        words += [f"files {', '.join(file.name for file in self.files)}"] * bool(self.files)
        words += [f"in reply to #{self.reply_to}"] * (self.reply_to > 0)
        return ", ".join(words)
