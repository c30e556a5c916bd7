"""Exact names of Telegram's errors, and what they mean for us."""

from __future__ import annotations

import pytest

from project.core import unknown
from project.core.errors import AccountDead, Ambiguous, GatewayError, Refused, RetryLater, TargetGone, Unreachable
from project.telegram.errors import MEANINGS, Asked, Holds, meaning_of, migrate_dc, translate, unanswered, wait_seconds

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


def test_each_row_of_the_table_says_what_it_is_about() -> None:
    for name, row in MEANINGS.items():
        assert row.text.endswith("."), name
        assert row.methods, name
        assert (row.changing is row.posting) or (row.posting, row.changing) == (Holds.CHAT, Holds.MESSAGE), name
        code = name.replace("_X", "_7")
        assert (wait_seconds(code) is not None) == (row.posting is Holds.WAIT), name
        assert meaning_of(code) is row, name


def test_b21_a_chat_that_asks_for_stars_holds_for_the_chat_and_says_how_many() -> None:
    for number in (403, 406):
        error = translate("ALLOW_PAYMENT_REQUIRED_25", number, ASKED)
        assert type(error) is TargetGone
        assert "25 Telegram stars per message" in error.message


@pytest.mark.parametrize(
    ("code", "number", "asked", "kind"),
    [
        ("CHAT_SOMETHING_NEW", 403, ASKED, TargetGone),
        ("SOMETHING_NEW", 406, ASKED, TargetGone),
        ("SOMETHING_NEW", 401, ASKED, TargetGone),
        ("SOMETHING_NEW", 403, READ, Refused),
        ("SOMETHING_NEW", 400, ASKED, Refused),
        ("SOMETHING_NEW", 420, ASKED, RetryLater),
        ("FLOOD_WAIT_9", 420, ASKED, RetryLater),
        ("SOMETHING_NEW", 500, ASKED, Ambiguous),
        ("SOMETHING_NEW", -503, READ, Unreachable),
    ],
)
def test_what_no_table_knows_is_judged_by_its_family_and_counted(
    code: str, number: int, asked: Asked, kind: type[GatewayError]
) -> None:
    unknown.take()
    error = translate(code, number, asked)
    assert type(error) is kind
    assert error.code == code
    counted = {(item.platform, item.code, item.method): times for item, times in unknown.take().items()}
    assert counted == ({} if meaning_of(code) else {("Telegram", code, asked.method): 1})


def test_only_where_the_chat_itself_is_gone_a_refused_edit_stops_new_posts() -> None:
    """What concerns an edit or a delete never stops new posts."""
    assert _stops_changes("CHANNEL_PRIVATE", 400)
    assert not _stops_changes("CHAT_ADMIN_REQUIRED", 400)
    assert not _stops_changes("CHAT_SOMETHING_NEW", 403)


def _stops_changes(code: str, number: int) -> bool:
    error = translate(code, number, ASKED)
    assert isinstance(error, TargetGone)
    return error.stops_changes


@pytest.mark.parametrize(("code", "dc"), [("PHONE_MIGRATE_4", 4), ("FILE_MIGRATE_12", 12), ("FLOOD_WAIT_4", None)])
def test_migrations_name_their_data_centre(code: str, dc: int | None) -> None:
    assert migrate_dc(code) == dc


@pytest.mark.parametrize(
    ("asked", "left", "kind"),
    [(ASKED, True, Ambiguous), (ASKED, False, Unreachable), (READ, True, Unreachable), (READ, False, Unreachable)],
)
def test_only_a_change_that_left_is_ambiguous(asked: Asked, left: bool, kind: type[GatewayError]) -> None:
    assert type(unanswered(asked, left=left)) is kind
