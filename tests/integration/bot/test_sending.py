"""What the bot says, when the Bot API refuses, waits, or is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
)
from aiogram.methods import TelegramMethod

from project.botkit.bot import make_bot
from project.botkit.outlet import Outlet, Shown
from project.botkit.parts import Button, Reply
from project.core.errors import RetryLater, TargetGone, Unreachable
from project.core.secret import Secret
from tests.integration.bot.fakes import TOKEN, FakeTelegram

CHAT = 7
Refusal = Callable[[TelegramMethod[Any]], Exception]


@pytest.fixture
def telegram() -> FakeTelegram:
    return FakeTelegram()


@pytest.fixture
def blocked() -> list[tuple[int, str]]:
    return []


@pytest.fixture
def outlet(telegram: FakeTelegram, blocked: list[tuple[int, str]]) -> Outlet:
    async def note(user: int, why: str) -> None:
        blocked.append((user, why))

    return Outlet(make_bot(Secret(TOKEN), "http://localhost", session=telegram), blocked=note, pause=0.0)


def failing(times: int, refusal: Refusal, *methods: str) -> Callable[[TelegramMethod[Any]], None]:
    """Refuses the first calls of these methods (of any)."""
    left = [times]

    def fail(method: TelegramMethod[Any]) -> None:
        if left[0] and (not methods or type(method).__name__ in methods):
            left[0] -= 1
            raise refusal(method)

    return fail


def refused(text: str) -> Refusal:
    return lambda method: TelegramBadRequest(method=method, message=f"Bad Request: {text}")


def lost(method: TelegramMethod[Any]) -> Exception:
    return TelegramNetworkError(method=method, message="gone")


def flood(seconds: int) -> Refusal:
    return lambda method: TelegramRetryAfter(method=method, message="x", retry_after=seconds)


async def test_lost_calls_and_short_waits_are_repeated(telegram: FakeTelegram, outlet: Outlet) -> None:
    telegram.fail = failing(3, lost)
    await outlet.send(CHAT, Reply("a"))
    telegram.fail = failing(10, flood(0))
    await outlet.send(CHAT, Reply("b"))
    assert telegram.texts(CHAT) == ["a", "b"]


async def test_long_waits_and_a_network_that_stays_away_are_errors(telegram: FakeTelegram, outlet: Outlet) -> None:
    telegram.fail = failing(1, flood(1000))
    with pytest.raises(RetryLater):
        await outlet.send(CHAT, Reply("a"))
    telegram.fail = failing(100, lost)
    with pytest.raises(Unreachable):
        await outlet.send(CHAT, Reply("a"))


async def test_who_blocked_the_bot_is_noted(
    telegram: FakeTelegram, outlet: Outlet, blocked: list[tuple[int, str]]
) -> None:
    telegram.fail = failing(1, lambda method: TelegramForbiddenError(method=method, message="Forbidden: blocked"))
    with pytest.raises(TargetGone):
        await outlet.send(CHAT, Reply("a"))
    telegram.fail = failing(1, refused("chat not found"))
    assert await outlet.tell(CHAT, Reply("a")) is False
    assert [user for user, _ in blocked] == [CHAT, CHAT]


async def test_an_edit_that_is_not_possible_becomes_a_new_message(telegram: FakeTelegram, outlet: Outlet) -> None:
    shown = await outlet.send(CHAT, Reply("a"))
    telegram.fail = failing(1, refused("message is not modified"), "EditMessageText")
    assert await outlet.edit(CHAT, shown, Reply("a")) == shown
    telegram.fail = failing(1, refused("message to edit not found"), "EditMessageText")
    assert await outlet.edit(CHAT, shown, Reply("b")) != shown
    assert telegram.texts(CHAT) == ["a", "b"]


async def test_what_answers_typing_is_seen_also_when_it_says_the_same_again(
    telegram: FakeTelegram, outlet: Outlet
) -> None:
    """A second wrong code or URL: the answer to it reads like the first one's, and its message is unchanged."""
    shown = await outlet.send(CHAT, Reply("wrong"))
    telegram.fail = failing(1, refused("message is not modified"), "EditMessageText")
    again = await outlet.edit(CHAT, replace(shown, typed=True), Reply("wrong"))
    assert again != shown
    assert telegram.texts(CHAT) == ["wrong"]
    assert not again.typed


async def test_wrong_markup_goes_out_as_text(telegram: FakeTelegram, outlet: Outlet) -> None:
    telegram.fail = failing(1, refused("can't parse entities"))
    await outlet.send(CHAT, Reply("<b>a &amp; b"))
    assert telegram.texts(CHAT) == ["a & b"]


async def test_long_texts_come_in_parts_with_the_buttons_last(telegram: FakeTelegram, outlet: Outlet) -> None:
    rows = ((Button("Go", "go"),),)
    shown = await outlet.send(CHAT, Reply("\n".join(["x" * 1000] * 9), rows))
    parts = list(telegram.messages.values())
    assert len(parts) == len(shown.ids) == 3
    assert ["reply_markup" in part for part in parts] == [False, False, True]
    short = await outlet.edit(CHAT, shown, Reply("done"))
    assert short.ids == shown.ids[:1]
    assert telegram.texts(CHAT) == ["done"]


async def test_a_picture_makes_room_for_text_and_text_for_a_picture(telegram: FakeTelegram, outlet: Outlet) -> None:
    picture = await outlet.photo(CHAT, None, b"png", Reply("scan"))
    again = await outlet.photo(CHAT, picture, b"png2", Reply("scan again"))
    assert again == picture
    assert len(telegram.named("EditMessageMedia")) == 1
    text = await outlet.edit(CHAT, again, Reply("done"))
    assert text == Shown(text.ids)
    assert list(telegram.messages) == list(text.ids)
