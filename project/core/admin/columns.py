"""Columns of the admin site that look the same on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.html import format_html

Column = Callable[[Any], str]

EMPTY = "-"
GOOD = frozenset({"active", "healthy", "sent", "up", "done", "member", "running", "yes", "info"})
WAIT = frozenset(
    {
        "waiting",
        "sending",
        "held",
        "login",
        "degraded",
        "paused",
        "draining",
        "unhealthy",
        "protected",
        "warning",
        "parked",
        "stopped",
    }
)
BAD = frozenset({"dead", "expired", "unauthorized", "error", "failed", "banned", "no", "critical"})


def state(field: str, label: str = "") -> Column:
    """A word with a sign and a colour; "unknown" is grey, not red."""

    @admin.display(description=label or field.replace("_", " "), ordering=field)
    def column(row: Any) -> str:
        word = str(getattr(row, field))
        return format_html('<span class="state {}">{}</span>', _tone(word), word.replace("_", " "))

    return column


def passed(field: str, label: str) -> Column:
    """Yes or no, in the same manner."""

    @admin.display(description=label, ordering=field)
    def column(row: Any) -> str:
        word = "yes" if getattr(row, field) else "no"
        return format_html('<span class="state {}">{}</span>', _tone(word), word)

    return column


def when(field: str, label: str) -> Column:
    """How long ago, or how soon; the exact time on hover."""

    @admin.display(description=label, ordering=field)
    def column(row: Any) -> str:
        moment: datetime | None = getattr(row, field)
        if moment is None:
            return EMPTY
        return format_html(
            '<span class="when" title="{}">{}</span>', f"{moment:%Y-%m-%d %H:%M:%S} UTC", naturaltime(moment)
        )

    return column


def text(label: str, make: Callable[[Any], object], *, ordering: str | None = None) -> Column:
    """Anything that `make` gives, `-` for nothing."""

    @admin.display(description=label, ordering=ordering, empty_value=EMPTY)
    def column(row: Any) -> str:
        found = make(row)
        return EMPTY if found in (None, "") else str(found)

    return column


def _tone(word: str) -> str:
    return "good" if word in GOOD else "wait" if word in WAIT else "bad" if word in BAD else "none"
