"""What a check asks of an account, and what it does not ask again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from project.core.errors import AccountDead, RetryLater, Unreachable
from project.telegram.freeze import Freeze
from project.telegram.values import ChatSight
from workers.worker.checkup import FREEZE_AGAIN, LOST_AGAIN, Examiner

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Account:
    """Answers; counts what it was asked."""

    clock_skew = 0.5

    def __init__(self) -> None:
        self.answered_ago = 10.0
        self.polled: dict[int, str] = {}
        self.banned: set[int] = set()
        self.frozen = False
        self.error: Exception | None = None
        self.asked: list[str] = []

    async def me(self) -> None:
        self._ask("me")

    def seen(self, chat_ids: Sequence[int], *, within: float) -> dict[int, str]:
        return {chat: self.polled[chat] for chat in chat_ids if chat in self.polled}

    async def look(self, chat_ids: Sequence[int]) -> dict[int, ChatSight]:
        self._ask("look " + ",".join(map(str, chat_ids)))
        return {c: ChatSight(c, "banned" if c in self.banned else "member", can_post=False) for c in chat_ids}

    async def freeze(self) -> Freeze | None:
        self._ask("freeze")
        return Freeze(NOW, NOW, "https://t.me/spambot") if self.frozen else None

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def taken(self) -> list[str]:
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def examiner(clock: list[float]) -> Examiner:
    return Examiner(lambda: clock[0])


async def test_what_a_poll_showed_is_not_asked_again(account: Account, examiner: Examiner) -> None:
    account.polled = {1: "member", 2: "protected"}
    checked = await examiner.examine(account, [], [1, 2, 3])
    assert checked.access == {1: "member", 2: "protected", 3: "member"}
    assert account.taken() == ["look 3", "freeze"]
    assert (await examiner.examine(account, [], [1, 2])).passed
    assert account.taken() == []


async def test_a_source_that_is_shut_is_asked_alone_and_seldom_until_it_opens(
    account: Account, examiner: Examiner, clock: list[float]
) -> None:
    account.banned = {2}
    await examiner.examine(account, [], [1, 2])
    account.polled = {1: "member"}
    account.taken()
    clock[0] += LOST_AGAIN - 1
    assert (await examiner.examine(account, [], [1, 2])).access == {1: "member", 2: "banned"}
    assert account.taken() == []
    clock[0] += 1
    account.banned = set()
    checked = await examiner.examine(account, [], [1, 2])
    assert (checked.access[2], checked.detail["lost"], account.taken()) == ("member", [], ["look 2"])


async def test_a_frozen_account_fails_and_is_asked_each_time_until_it_is_free(
    account: Account, examiner: Examiner, clock: list[float]
) -> None:
    account.frozen = True
    checked = await examiner.examine(account, [])
    assert checked.code == "FROZEN"
    assert checked.detail["error"] == (
        "It will be deleted on 2026-11-23 09:30 UTC. Its owner can appeal at https://t.me/spambot."
    )
    account.frozen = False
    assert (await examiner.examine(account, [])).passed
    account.taken()
    clock[0] += FREEZE_AGAIN - 1
    assert (await examiner.examine(account, [])).passed
    assert account.taken() == []


async def test_a_person_has_everything_asked_anew(account: Account, examiner: Examiner) -> None:
    account.polled = {1: "member"}
    await examiner.examine(account, [], [1])
    account.taken()
    assert "answered_ms" in (await examiner.examine(account, [], [1], thorough=True)).detail
    assert account.taken() == ["me", "look 1", "freeze"]


async def test_errors(account: Account, examiner: Examiner) -> None:
    assert (await examiner.examine(None, [])).code == "NOT_CONNECTED"
    account.error, account.answered_ago = Unreachable("No connection.", code="LOST"), 999.0
    checked = await examiner.examine(account, [], [1])
    assert (checked.passed, checked.code, checked.detail["error"]) == (False, "LOST", "No connection.")
    account.answered_ago = 1.0
    account.error = RetryLater("enough", retry_after=9.0, scope="session.1:background", code="BACKGROUND_LIMIT")
    assert (await examiner.examine(account, [], [1])).passed
    account.error = AccountDead("dead", code="SESSION_REVOKED")
    with pytest.raises(AccountDead):
        await examiner.examine(account, [], [1])
