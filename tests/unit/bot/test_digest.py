"""When notices go out, and in how many messages."""

from __future__ import annotations

from project.bot.digest import GATHER, SHOWN, WINDOW, Waiting, hold_back, message


def waiting(count: int, age: float = GATHER) -> list[Waiting]:
    return [Waiting(number, f"<{number}>", age) for number in range(count)]


def test_what_happens_at_once_is_gathered_for_a_moment_and_then_goes_out() -> None:
    assert hold_back(waiting(1, age=0.5), []) == GATHER - 0.5
    assert hold_back(waiting(1), []) == 0
    assert hold_back(waiting(1), [2.0, 30.0]) == 0


def test_after_three_messages_in_a_minute_the_rest_waits_for_its_end() -> None:
    assert hold_back(waiting(1), [5.0, 20.0, 50.0]) == WINDOW - 50.0
    assert hold_back(waiting(1), [5.0, 20.0, WINDOW]) == 0


def test_a_storm_of_a_thousand_notices_in_an_hour_is_a_message_every_twenty_seconds_at_most() -> None:
    sent: list[float] = []
    for second in range(3600):
        if hold_back(waiting(1), [second - at for at in sent]) == 0:
            sent.append(second)
    assert len(sent) <= 3600 / WINDOW * 3 + 3


def test_one_message_says_all_and_counts_what_is_too_much() -> None:
    assert message(waiting(1)).text == "&lt;0&gt;"
    text = message(waiting(SHOWN + 5)).text
    assert f"{SHOWN + 5} notices" in text
    assert "… and 5 more" in text
