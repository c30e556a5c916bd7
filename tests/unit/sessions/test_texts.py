"""What the messages of a login say, and which buttons stand below."""

from __future__ import annotations

import pytest

from project.bot.rooms import CATALOGUE
from project.botkit.parts import Button, Reply
from project.botkit.wire import pack
from sessions.bot import texts
from sessions.services.login import LoginView


def state(step: str = "code_sent", delivery: str = "app", length: int | None = 5, **more: str) -> LoginView:
    return LoginView("session.7", step, delivery, length, more.pop("error", ""), **more)  # type: ignore[arg-type]


def labels(reply: Reply) -> list[list[str]]:
    return [[button.text for button in row] for row in reply.rows]


def test_a_keypad_shows_dots_and_never_digits_of_the_code() -> None:
    shown = texts.keypad("ann", 7, state(next_delivery="sms"), 2)
    assert "Code: ● ● ○ ○ ○" in shown.text
    assert labels(shown)[:4] == [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"], ["⌫", "0", "✅ Send"]]
    assert labels(shown)[4:] == [["🔁 Another by SMS", "📷 QR code"], ["✖️ Cancel"]]
    assert "Code: -" in texts.keypad("ann", 7, state(length=None), 0).text


@pytest.mark.parametrize("delivery", ["word", "phrase", "email_setup"])
def test_words_and_missing_addresses_have_no_keypad(delivery: str) -> None:
    shown = texts.keypad("ann", 7, state(delivery=delivery, length=None), 0)
    assert labels(shown) == [["📷 QR code"], ["✖️ Cancel"]]


def test_a_refusal_is_shown_and_what_comes_from_outside_is_harmless() -> None:
    assert "❌ The code is wrong." in texts.keypad("ann", 7, state(error="The code is wrong."), 0).text
    assert "<script>" not in texts.failed("ann", 7, state("failed", error="<script>"), raw=False).text


def test_the_explanation_comes_with_a_code_that_may_have_burnt() -> None:
    expired = state("failed", error="The code is not valid any more. Ask for a new one.")
    assert texts.BURNT in texts.failed("ann", 7, expired, raw=True).text
    assert texts.BURNT not in texts.failed("ann", 7, expired, raw=False).text
    assert texts.BURNT not in texts.failed("ann", 7, state("failed", error="Cancelled."), raw=True).text


def test_after_a_login_the_checklist_shows_the_next_step() -> None:
    shown = texts.done("ann", "")
    assert [[button.act for button in row] for row in shown.rows] == [["start"]]
    assert "start" in CATALOGUE.presses


def test_every_button_fits_however_large_the_session_s_number_is() -> None:
    number = 2**63 - 1
    shown = [
        texts.choose("a" * 32, "+49•••78", number),
        texts.keypad("a" * 32, number, state(next_delivery="fragment"), 0),
        texts.qr_caption("a" * 32, number),
        texts.password("a" * 32, number, state("password_needed")),
    ]
    buttons: list[Button] = [button for reply in shown for row in reply.rows for button in row]
    assert all(pack(button) for button in buttons)
