"""Rows of the journal that are to be rendered and sent as if nothing had happened yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from pairs.models import Act, Delivery, HopState

UNTRIED: Mapping[str, Any] = {"identity": "", "attempted_at": None, "not_before": None, "tries": 0}
"""Of a row that nobody has tried to send yet."""


def plan_anew(rows: QuerySet[Delivery], *, key: str = "") -> None:
    """Each of these (one for an event and hop) stands for its whole event again, in its newest content; `key` says
    under which key it goes out."""
    rows.update(
        part=0,
        act=Act.PLAN,
        state=HopState.WAITING,
        rendered=None,
        key=key,
        reason="",
        remote_id=None,
        replays=F("replays") + 1,
        **UNTRIED,
    )
