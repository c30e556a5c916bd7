"""Long lists, a page at a time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from project.botkit.parts import Button

T = TypeVar("T")

PER_PAGE = 10


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`number` counts from 1; one that does not exist becomes the nearest that does."""

    items: Sequence[T]
    number: int
    pages: int
    total: int

    @property
    def title(self) -> str:
        """ "page 2 of 5", or "" when all fits one page."""
        return f"page {self.number} of {self.pages}" if self.pages > 1 else ""


def page_from(word: str) -> int:
    """The page's number as a button carries it; whatever is no number is the first page."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 7 else 1


def page_buttons(act: str, page: Page[T], *args: str) -> tuple[Button, ...]:
    """[◀] [🔄] [▶]: the act gets `args` and then the page's number."""
    back = (Button("◀", act, (*args, str(page.number - 1))),) if page.number > 1 else ()
    on = (Button("▶", act, (*args, str(page.number + 1))),) if page.number < page.pages else ()
    return (*back, Button("🔄", act, (*args, str(page.number))), *on)
