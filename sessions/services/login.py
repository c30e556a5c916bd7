"""The person's side of a login. The worker's side is sessions/login/runner.py; they meet in the LoginAttempt row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal
from project.core.errors import Conflict
from project.core.secret import Secret
from sessions.models import LoginAttempt, LoginStep, TelegramSession
from sessions.models.login import OPEN_STEPS
from sessions.models.session import Lifecycle

_MAY_LOG_IN = (Lifecycle.REGISTERED, Lifecycle.LOGIN, Lifecycle.ACTIVE)
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LoginView:
    """How far a login is. `delivery` says where the code went; `error` is the last refusal, for people."""

    account: str
    step: str
    delivery: str
    code_length: int | None
    error: str


def request_login(*, actor: str, session: TelegramSession) -> LoginView:
    """Asks the session's worker to send a login code; an older attempt is given up. Raises Conflict."""
    if session.lifecycle not in _MAY_LOG_IN:
        raise Conflict(f"Session {session.name} is {session.lifecycle}.", hint="Enable it first.")
    with transaction.atomic():
        attempt = open_attempt(session.account)
        TelegramSession.objects.filter(pk=session.pk, lifecycle=Lifecycle.REGISTERED).update(lifecycle=Lifecycle.LOGIN)
        record(actor=actor, action="session.login", target=session.account)
    return view(attempt)


def open_attempt(account: str) -> LoginAttempt:
    """A fresh attempt for an account, within the caller's transaction."""
    LoginAttempt.objects.filter(account=account, step__in=OPEN_STEPS).update(
        step=LoginStep.FAILED, error="A newer attempt took its place.", sealed_answer=None, sealed_state=None
    )
    attempt = LoginAttempt.objects.create(account=account, expires_at=timezone.now() + LIFETIME)
    wake("placements")
    wake(account)
    return attempt


def give_code(*, account: str, code: Secret) -> None:
    """Hands the code to the worker, sealed. Raises Conflict when no code is asked for."""
    _answer(account, LoginStep.CODE_SENT, LoginStep.CODE_GIVEN, code)


def give_password(*, account: str, password: Secret) -> None:
    """Hands the password of two-step verification to the worker, sealed. Raises Conflict when none is asked for."""
    _answer(account, LoginStep.PASSWORD_NEEDED, LoginStep.PASSWORD_GIVEN, password)


def _answer(account: str, asked: LoginStep, given: LoginStep, answer: Secret) -> None:
    sealed = seal(answer.reveal().encode(), owner=account, keys=current().master_keys)
    with transaction.atomic():
        changed = LoginAttempt.objects.filter(account=account, step=asked).update(
            step=given, sealed_answer=sealed, error=""
        )
        if not changed:
            raise Conflict("Nothing of that kind is asked for now.", hint="`session login` starts anew.")
        wake(account)


def give_up(*, account: str, reason: str) -> None:
    """Ends an open attempt, so that the worker does not keep a connection for it. A no-op when none is open."""
    with transaction.atomic():
        LoginAttempt.objects.filter(account=account, step__in=OPEN_STEPS).update(
            step=LoginStep.FAILED, error=reason, sealed_answer=None, sealed_state=None
        )
        wake(account)


def login_state(account: str) -> LoginView | None:
    """The newest attempt of an account."""
    attempt = LoginAttempt.objects.filter(account=account).order_by("-pk").first()
    return view(attempt) if attempt else None


def view(attempt: LoginAttempt) -> LoginView:
    """The row as doors may show it."""
    return LoginView(attempt.account, attempt.step, attempt.delivery, attempt.code_length, attempt.error)


def wake(target: str) -> None:
    """Tells the node that runs an account, at commit, that its rows changed; `placements` tells all nodes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('relay_wake', %s)", [target])
