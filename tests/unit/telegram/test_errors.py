"""Exact names of Telegram's errors, and what they mean for us."""

from __future__ import annotations

import pytest

from project.core.errors import AccountDead, Ambiguous, GatewayError, Refused, RetryLater, TargetGone, Unreachable
from project.telegram.errors import DEAD, GONE, Asked, migrate_dc, translate, unanswered, wait_seconds

ASKED = Asked("session.7", "SendMessage", chat="tg:42", writes=True)
READ = Asked("session.7", "GetHistory", chat="tg:42")


@pytest.mark.parametrize(
    ("code", "number", "kind"),
    [
        ("AUTH_KEY_DUPLICATED", 406, AccountDead),
        ("AUTH_KEY_UNREGISTERED", 401, AccountDead),
        ("SESSION_REVOKED", 401, AccountDead),
        ("SESSION_EXPIRED", 401, AccountDead),
        ("USER_DEACTIVATED", 401, AccountDead),
        ("USER_DEACTIVATED_BAN", 401, AccountDead),
        ("PHONE_PASSWORD_FLOOD", 406, RetryLater),
        ("UPDATE_APP_TO_LOGIN", 406, Refused),
        ("SESSION_PASSWORD_NEEDED", 401, Refused),
        ("CHANNEL_PRIVATE", 406, TargetGone),
        ("CHAT_WRITE_FORBIDDEN", 403, TargetGone),
        ("CHAT_FORWARDS_RESTRICTED", 400, Refused),
        ("INTERDC_2_CALL_ERROR", 500, Ambiguous),
        ("Timeout", -503, Ambiguous),
    ],
)
def test_names_decide(code: str, number: int, kind: type[GatewayError]) -> None:
    error = translate(code, number, ASKED)
    assert type(error) is kind
    assert error.code == code


def test_a_failing_server_leaves_questions_unasked() -> None:
    assert type(translate("RPC_CALL_FAIL", 500, READ)) is Unreachable


@pytest.mark.parametrize(
    ("code", "seconds", "scope"),
    [
        ("FLOOD_WAIT_33", 33, "session.7:SendMessage"),
        ("FLOOD_WAIT_0", 1, "session.7:SendMessage"),
        ("FLOOD_PREMIUM_WAIT_4", 4, "session.7:SendMessage"),
        ("SLOWMODE_WAIT_10", 10, "session.7:tg:42"),
    ],
)
def test_waits_carry_seconds_and_what_has_to_wait(code: str, seconds: float, scope: str) -> None:
    error = translate(code, 420, ASKED)
    assert isinstance(error, RetryLater)
    assert (error.retry_after, error.scope) == (seconds, scope)


def test_no_name_is_in_two_tables() -> None:
    assert not DEAD.keys() & GONE.keys()
    assert not any(wait_seconds(name) for name in DEAD.keys() | GONE.keys())


@pytest.mark.parametrize(("code", "dc"), [("PHONE_MIGRATE_4", 4), ("FILE_MIGRATE_12", 12), ("FLOOD_WAIT_4", None)])
def test_migrations_name_their_data_centre(code: str, dc: int | None) -> None:
    assert migrate_dc(code) == dc


@pytest.mark.parametrize(
    ("asked", "left", "kind"),
    [(ASKED, True, Ambiguous), (ASKED, False, Unreachable), (READ, True, Unreachable), (READ, False, Unreachable)],
)
def test_only_a_change_that_left_is_ambiguous(asked: Asked, left: bool, kind: type[GatewayError]) -> None:
    assert type(unanswered(asked, left=left)) is kind
