"""How a login ended is audited and told, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from project.core.clock import database_now
from project.core.models import AuditEvent, Notice
from sessions.models import LoginAttempt, LoginStep
from sessions.models.login import LoginKind
from sessions.services.finding import find_session
from sessions.services.login import give_up, request_login
from sessions.services.registering import register_session
from workers.services.logins import tell_logins

pytestmark = pytest.mark.django_db


def end(account: str, step: LoginStep, error: str = "") -> None:
    LoginAttempt.objects.filter(account=account).update(step=step, error=error)


def told() -> list[str]:
    tell_logins()
    tell_logins()
    return list(Notice.objects.order_by("pk").values_list("text", flat=True))


def outcomes() -> list[tuple[str, str, str]]:
    events = AuditEvent.objects.filter(action__startswith="session.login.").order_by("pk")
    return list(events.values_list("action", "target", "reason"))


@pytest.fixture
def account() -> str:
    register_session(actor="test", name="one", phone="+4915112345678")
    session = find_session("one")
    request_login(actor="test", session=session)
    return session.account


def test_a_login_that_is_open_is_not_told(account: str) -> None:
    assert told() == []


def test_success_and_failure_are_audited_and_told_once(account: str) -> None:
    end(account, LoginStep.DONE)
    assert told() == ["🔑 session one is logged in (code)."]
    assert outcomes() == [("session.login.done", account, "")]
    request_login(actor="test", session=find_session("one"))
    give_up(account=account, reason="Given up on the command line.")
    assert told()[1:] == ["⚠️ The login of session one failed (code): Given up on the command line."]
    assert outcomes()[1:] == [("session.login.failed", account, "Given up on the command line.")]


def test_an_attempt_that_a_newer_one_replaced_is_audited_alone(account: str) -> None:
    request_login(actor="test", session=find_session("one"))
    assert told() == []
    assert [action for action, _, _ in outcomes()] == ["session.login.failed"]


def test_a_log_out_is_no_login(account: str) -> None:
    LoginAttempt.objects.create(
        account="session.999",
        kind=LoginKind.LOG_OUT,
        step=LoginStep.DONE,
        expires_at=database_now() + timedelta(minutes=1),
    )
    assert told() == []
    assert outcomes() == []
