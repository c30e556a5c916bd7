"""Tables, prompts, the clock's judgement and the doctor's advice."""

from __future__ import annotations

import io
import sys

import pytest

from project.core.checks import Level, failed, ok, warning
from project.core.errors import InvalidInput
from project.doors.actor import actor
from project.doors.doctor.advice import CLAIM, NOTHING, next_step
from project.doors.doctor.clock import judge
from project.doors.doctor.overview import Facts
from project.doors.prompts import ask_secret
from project.doors.tables import table

READY = Facts(("ann",), (), senders=1, pairs=1, node=True)


def test_columns_stand_below_each_other_whatever_they_hold() -> None:
    lines = table(("pair", "source"), [(1, "新闻"), (22, None), (3, "a\x1b[31m\nb")]).splitlines()
    assert lines == ["pair  source", "1     新闻", "22    -", "3     a\\x1b[31m\\nb"]


def test_wide_characters_take_two_columns() -> None:
    first, second = table(("a", "b"), [("新闻", 1)]).splitlines()
    assert first.index("b") == 6
    assert second == "新闻  1"


def test_an_answer_from_standard_input_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("  12345 \n"))
    answer = ask_secret("Code")
    assert (str(answer), answer.reveal()) == ("***", "12345")
    with pytest.raises(InvalidInput, match="Code"):
        ask_secret("Code")


def test_a_user_without_a_name_acts_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert actor().removeprefix("cli:").isdigit()


@pytest.mark.parametrize(
    ("ahead", "level", "said"),
    [
        (0.4, Level.OK, "agrees"),
        (-1.9, Level.OK, "agrees"),
        (2.5, Level.WARNING, "2.5 s ahead of"),
        (-31.0, Level.FAILED, "31.0 s behind"),
    ],
)
def test_a_clock_is_judged_by_its_difference(ahead: float, level: Level, said: str) -> None:
    found = judge("Discord's", ahead)
    assert found.level is level
    assert said in found.text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (None, "session add"),
        (Facts((), ("bea",), 0, 0, node=True), "session login bea"),
        (Facts(("ann",), (), 0, 0, node=True), "sender add"),
        (Facts(("ann",), (), 1, 0, node=True), "pair add --session ann"),
        (Facts(("ann",), (), 1, 1, node=False), "manage.py up"),
        (Facts(("ann",), ("bea",), 1, 1, node=True), "mend it"),
    ],
)
def test_advice_goes_with_the_set_up(facts: Facts | None, said: str) -> None:
    checks = [ok("a", "Fine."), warning("b", "Hm.", "mend it"), warning("c", "Hm.", "mend that")]
    assert said in next_step(checks, facts)


def test_owning_the_bot_comes_before_the_set_up_and_after_what_failed() -> None:
    claim = warning(CLAIM, "Nobody owns the bot.", "Open the link.")
    assert next_step([warning("b", "Hm.", "mend it"), claim], None) == "Nobody owns the bot. Open the link."
    assert next_step([claim, failed("c", "Broken.", "Repair it.")], None) == "Broken. Repair it."


def test_what_failed_comes_first_and_nothing_is_nothing() -> None:
    checks = [warning("b", "Hm.", "mend it"), failed("c", "Broken.", "Repair it."), failed("d", "Broken.", "later")]
    assert next_step(checks, None) == "Broken. Repair it."
    assert next_step([ok("a", "Fine.")], READY) == NOTHING
