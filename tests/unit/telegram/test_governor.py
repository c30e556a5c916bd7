"""What an account may ask, and what has to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.errors import RetryLater
from project.telegram.errors import Asked, translate
from project.telegram.governor import BURST, FRESH, FRESH_BURST, FRESH_HOURLY, HOUR, HOURLY, Floods, Governor

ACCOUNT = "session.7"


def send(chat: int, method: str = "SendMessage") -> Asked:
    return Asked(ACCOUNT, method, chat=f"tg:{chat}", writes=True)


def flood(floods: Floods, asked: Asked, seconds: int, now: float, name: str = "FLOOD_WAIT") -> str:
    error = translate(f"{name}_{seconds}", 420, asked)
    assert isinstance(error, RetryLater)
    return floods.note(asked, error, now=now)


def held(floods: Floods, asked: Asked, now: float) -> tuple[str, float]:
    try:
        floods.check(asked, now=now)
    except RetryLater as error:
        return error.scope, error.retry_after
    return "", 0.0


def granted(governor: Governor, calls: int, now: float, age: float) -> int:
    done = 0
    for _ in range(calls):
        try:
            governor.take(now=now, age=age)
        except RetryLater:
            break
        done += 1
    return done


@pytest.mark.parametrize(
    ("age", "burst", "hourly"),
    [
        (0.0, FRESH_BURST, FRESH_HOURLY),
        (FRESH - 1, FRESH_BURST, FRESH_HOURLY),
        (FRESH, BURST, HOURLY),
        (1e9, BURST, HOURLY),
        (-5.0, BURST, HOURLY),  # a clock that was set back
    ],
)
def test_a_fresh_login_may_ask_less(age: float, burst: int, hourly: int) -> None:
    governor = Governor(ACCOUNT)
    assert granted(governor, 1000, 0.0, age) == burst
    assert granted(governor, 1000, HOUR, age) == min(burst, hourly)


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=400))
def test_no_hour_sees_more_than_its_rate_and_one_burst(pauses: list[float]) -> None:
    governor, now, asked = Governor(ACCOUNT), 0.0, []
    for pause in pauses:
        now += pause
        if granted(governor, 1, now, 0.0):
            asked.append(now)
    for start in asked:
        assert sum(start <= at <= start + HOUR for at in asked) <= FRESH_HOURLY + FRESH_BURST


def test_a_refusal_says_when_to_come_again() -> None:
    governor = Governor(ACCOUNT)
    granted(governor, BURST, 0.0, FRESH)
    with pytest.raises(RetryLater) as refused:
        governor.take(now=0.0, age=FRESH)
    assert refused.value.scope == "session.7:background"
    governor.take(now=refused.value.retry_after + 0.001, age=FRESH)


def test_the_first_flood_stops_its_chat_and_a_second_chats_the_method() -> None:
    floods = Floods()
    assert flood(floods, send(1), 30, now=0.0) == "session.7:SendMessage:tg:1"
    assert held(floods, send(1), 5.0) == ("session.7:SendMessage:tg:1", 25.0)
    assert held(floods, send(2), 5.0) == ("", 0.0)
    assert flood(floods, send(2), 40, now=10.0) == "session.7:SendMessage"
    assert held(floods, send(3), 20.0) == ("session.7:SendMessage", 30.0)
    assert held(floods, send(3, "EditMessage"), 20.0) == ("", 0.0)
    assert held(floods, send(3), 50.0) == ("", 0.0)


def test_floods_of_one_chat_alone_never_stop_the_others() -> None:
    floods = Floods()
    for turn in range(5):
        assert flood(floods, send(1), 3, now=turn * 4.0) == "session.7:SendMessage:tg:1"
        assert held(floods, send(2), turn * 4.0) == ("", 0.0)


def test_a_flood_that_is_over_does_not_count() -> None:
    floods = Floods()
    flood(floods, send(1), 5, now=0.0)
    assert flood(floods, send(2), 5, now=6.0) == "session.7:SendMessage:tg:2"


def test_a_flood_about_no_chat_stops_its_method() -> None:
    floods, resolve = Floods(), Asked(ACCOUNT, "ResolveUsername")
    assert flood(floods, resolve, 60, now=0.0) == "session.7:ResolveUsername"
    assert held(floods, resolve, 1.0) == ("session.7:ResolveUsername", 59.0)


def test_slow_mode_stops_an_accounts_posts_in_its_chat() -> None:
    floods = Floods()
    assert flood(floods, send(1), 10, now=0.0, name="SLOWMODE_WAIT") == "session.7:tg:1"
    assert held(floods, send(1, "SendMedia"), 1.0) == ("session.7:tg:1", 9.0)
    assert held(floods, Asked(ACCOUNT, "GetHistory", chat="tg:1"), 1.0) == ("", 0.0)
    assert held(floods, send(2), 1.0) == ("", 0.0)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60), st.floats(0, 20)), max_size=30))
def test_what_was_told_to_wait_is_never_asked_early(told: list[tuple[int, int, float]]) -> None:
    floods, now, until = Floods(), 0.0, dict.fromkeys((1, 2, 3), 0.0)
    for chat, seconds, pause in told:
        now += pause
        flood(floods, send(chat), seconds, now=now)
        until[chat] = max(until[chat], now + seconds)
        for known, end in until.items():
            assert held(floods, send(known), now)[1] >= end - now - 1e-6
