"""The message of an import under way: it moves, and says what is being looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import pytest

from pairs.bot import importpairs
from pairs.domain.imports import PairLine
from pairs.services.import_plan import Entry, What
from pairs.services.imports import Run
from project.botkit.parts import Call, Reply
from project.core.operations import OperationView

DEADLINE = 10.0  # seconds; far more than is needed


def operation(state: str = "running") -> OperationView:
    return OperationView(
        id=1,
        kind="pairs.import",
        title="Import of 3 pairs",
        actor="me",
        correlation_id="",
        state=state,
        total=3,
        done=0,
        failed=0,
        stop_asked=False,
        note="",
        payload={},
        undo=None,
        undo_until=None,
        undone=False,
        eta=None,
        seen_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class SlowCall:
    """Each line ends when its message has been shown."""

    def __init__(self, run: Run) -> None:
        self.run, self.texts, self._shown = run, list[str](), asyncio.Event()

    async def reply(self, reply: Reply) -> None:
        self.texts.append(reply.text)
        self._shown.set()

    async def do(self, step: Callable[[], bool]) -> bool:
        self._shown.clear()
        await asyncio.wait_for(self._shown.wait(), DEADLINE)
        if self.run.at is None:
            self.run.operation = operation("done")
            return False
        self.run.done += 1
        return True


async def test_the_message_moves_with_every_line_and_names_the_one_that_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importpairs, "_SHOW_EVERY", 0.01)
    lines = [PairLine(f"@source_{number}", "@copy", discord=5, line=number) for number in (2, 3, 4)]
    run = Run("me", operation(), [Entry(line, What.NEW) for line in lines])
    call = SlowCall(run)
    await importpairs._follow(cast(Call, call), run)
    for number, text in enumerate(call.texts[:3]):
        assert f"{number} of 3" in text
        assert f"Looking at line {number + 2}: @source_{number + 2} → 5 → @copy" in text
    assert "3 of 3 lines are carried out" in call.texts[-1]
    assert len(call.texts) == len(set(call.texts)), "nothing is said twice"
