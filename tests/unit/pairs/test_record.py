"""Which of a lane's writes are fenced by the pair's generation."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pairs.lane.record import Record
from tests.unit.pairs.builders import PAIR, event


@pytest.mark.parametrize(
    ("number", "sender", "fenced"),
    [(1, "sender.1", True), (1, "session.1", True), (2, "session.1", True), (2, "sender.1", False)],
    ids=["hop 1", "hop 1 of a session", "a session posts", "a sender bot posts"],
)
def test_what_a_session_sends_changes_hands_with_the_pair(number: int, sender: str, fenced: bool) -> None:
    """A sender bot's lane goes on through a hand-over of the pair; a session's may not."""
    hop: Any = SimpleNamespace(number=number, account=lambda pair: sender, identity=lambda pair: sender)
    journal: Any = None
    record = Record(journal, replace(PAIR, sender=sender, generation=3), hop, lambda _: None)
    assert record.claim(event(1), []).generation == (3 if fenced else None)
