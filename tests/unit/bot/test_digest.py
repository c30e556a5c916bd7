"""When notices go out, and in how many messages."""

from __future__ import annotations

from project.bot.digest import GATHER, ROWS, SHOWN, WINDOW, Waiting, hold_back, message
from project.core.notices import NoticeButton, Severity


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


def test_what_can_be_done_stands_below_once_for_each_notice() -> None:
    resume = [NoticeButton(f"Resume pair {number}", "presume", (str(number),)) for number in range(20)]
    (row,) = message([Waiting(1, "stopped", GATHER, (resume[7],))]).rows
    assert [(button.text, button.act, button.args) for button in row] == [("Resume pair 7", "presume", ("7",))]
    twice = message([Waiting(number, "stopped", GATHER, (resume[7],)) for number in (1, 2)])
    assert len(twice.rows) == 1
    assert len(message([Waiting(n, "stopped", GATHER, (resume[n],)) for n in range(20)]).rows) == ROWS


def test_what_stands_still_is_told_before_what_went_well() -> None:
    """Of many notices only some are shown: a dead session must not be among those that are only counted."""
    many = [*waiting(SHOWN + 5), Waiting(99, "a session is dead", GATHER, severity=Severity.CRITICAL)]
    assert "a session is dead" in message(many).text
    assert message(many).text.index("a session is dead") < message(many).text.index("&lt;0&gt;")


def test_a_button_survives_its_way_through_the_table() -> None:
    button = NoticeButton("🔑 Log in ann", "login.open", ("3",))
    assert NoticeButton.read(button.stored) == button
