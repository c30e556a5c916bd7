"""Who is told, and that nobody is told twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

import pytest

from project.bot import announcer
from project.bot.announcer import Announcer
from project.bot.digest import GATHER, Waiting
from project.botkit.outlet import Outlet
from project.botkit.parts import Reply
from project.core.errors import Refused, Unreachable
from project.core.operators import OperatorView, Role
from project.core.whitelist import OperatorLine


class Mouth:
    """The bot's; each person's answers in turn: an error to raise, or whether it arrived."""

    def __init__(self, answers: dict[int, list[Exception | bool]]) -> None:
        self.answers = answers
        self.told: list[tuple[int, str]] = []

    async def tell(self, user_id: int, reply: Reply) -> bool:
        answer = self.answers[user_id].pop(0) if self.answers.get(user_id) else True
        if isinstance(answer, Exception):
            raise answer
        self.told.append((user_id, reply.text))
        return answer


class Table:
    """Notices and operators without a database."""

    def __init__(self, operators: Sequence[int]) -> None:
        self.operators = operators
        self.waiting = [Waiting(1, "one", GATHER), Waiting(2, "two", GATHER)]
        self.failed: dict[str, str] = {}
        self.sent = asyncio.Event()

    def waiting_notices(self) -> list[Waiting]:
        return self.waiting

    def mark_sent(self, ids: Sequence[int], failed: dict[str, str]) -> None:
        self.waiting, self.failed = [one for one in self.waiting if one.id not in ids], failed
        self.sent.set()

    def list_operators(self) -> list[OperatorLine]:
        return [
            OperatorLine(OperatorView(user, "", Role.VIEWER), False, "", cast("datetime", None), "", None)
            for user in self.operators
        ]


class AtOnce:
    """Runs services where they are called."""

    def __init__(self, threads: int) -> None:
        """No threads."""

    async def run(self, service: Callable[..., Any], *args: Any) -> Any:
        return service(*args)

    def close(self) -> None:
        """Nothing to close."""


async def announced(monkeypatch: pytest.MonkeyPatch, mouth: Mouth, table: Table) -> None:
    for name in ("waiting_notices", "mark_sent", "list_operators"):
        monkeypatch.setattr(announcer, name, getattr(table, name))
    monkeypatch.setattr(announcer, "Pool", AtOnce)
    monkeypatch.setattr(announcer, "EVERY", 0.001)
    monkeypatch.setattr(announcer, "AGAIN", 0.001)
    running = asyncio.create_task(Announcer(cast("Outlet", mouth)).run())
    await asyncio.wait_for(table.sent.wait(), 10)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_all_operators_hear_several_notices_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mouth, table = Mouth({}), Table([7, 8])
    await announced(monkeypatch, mouth, table)
    assert [user for user, _ in mouth.told] == [7, 8]
    assert all("one" in text and "two" in text for _, text in mouth.told)
    assert (table.waiting, table.failed) == ([], {})


async def test_who_cannot_be_written_to_is_written_down_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    mouth, table = Mouth({7: [False], 8: [Refused("Telegram refuses: no.")]}), Table([7, 8, 9])
    await announced(monkeypatch, mouth, table)
    assert mouth.told[-1][0] == 9
    assert table.failed == {"7": "the bot may not write to them", "8": "Telegram refuses: no."}


async def test_an_outage_half_way_tells_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    mouth, table = Mouth({8: [Unreachable("gone"), Unreachable("gone"), True]}), Table([7, 8])
    await announced(monkeypatch, mouth, table)
    assert [user for user, _ in mouth.told] == [7, 8]
