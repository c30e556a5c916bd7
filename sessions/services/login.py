"""The person's side of a login. The worker's side is sessions/login/runner.py; they meet in the LoginAttempt row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction

from project.core.audit import record
from project.core.clock import database_now
from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.errors import Conflict, InvalidInput
from project.core.secret import Secret
from project.telegram.values import ImportedLogin
from sessions.domain.codes import IN_WORDS, parse_code
from sessions.models import AccountSecret, LoginAttempt, LoginKind, LoginStep, TelegramSession
from sessions.models.login import OPEN_STEPS
from sessions.models.session import Lifecycle

_MAY_LOG_IN = (Lifecycle.REGISTERED, Lifecycle.LOGIN, Lifecycle.ACTIVE)
LIFETIME = timedelta(minutes=10)
SUPERSEDED = "A newer attempt took its place."
BACKSPACE = "back"
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class LoginView:
    """How far a login is. `delivery` says where the code went, `next_delivery` where another would go, from
    `resend_at` on; `error` is the last refusal, for people. `id` tells one attempt from the next. `link` is what a QR
    code has to say, until `link_until`."""

    account: str
    step: str
    delivery: str
    code_length: int | None
    error: str
    id: int = 0
    kind: str = LoginKind.CODE.value
    tries: int = 0
    next_delivery: str = ""
    resend_at: datetime | None = None
    link: Secret | None = None
    link_until: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.step in OPEN_STEPS


def request_login(*, actor: str, session: TelegramSession, kind: LoginKind = LoginKind.CODE) -> LoginView:
    """Asks the session's worker to send a login code, or to show a QR code; an older attempt is given up.

    A key that still works is looked at, and no new login made. Raises Conflict.
    """
    _check_enabled(session)
    with transaction.atomic():
        attempt = _begin(session, kind)
        record(actor=actor, action="session.login", target=session.account, after={"kind": kind.value})
    return view(attempt)


def import_login(*, actor: str, session: TelegramSession, imported: ImportedLogin) -> LoginView:
    """Asks the worker to take over a login that another program made, as project/telegram/imports.py reads it.

    That program must not run any more: two connections on one key can cost the account. Raises Conflict, too when
    another session was given this very login.
    """
    if AccountSecret.objects.filter(imported=imported.key_id).exclude(account=session.account).exists():
        raise Conflict("Another session uses this very login.", hint="Each session needs a login of its own.")
    _check_enabled(session)
    sealed = seal(imported.state, owner=session.account, keys=current().master_keys)
    with transaction.atomic():
        attempt = _begin(session, LoginKind.IMPORT, answer=sealed)
        record(actor=actor, action="session.import", target=session.account)
    return view(attempt)


def _check_enabled(session: TelegramSession) -> None:
    if session.lifecycle not in _MAY_LOG_IN:
        raise Conflict(f"Session {session.name} is {session.lifecycle}.", hint="Enable it first.")


def _begin(session: TelegramSession, kind: LoginKind, *, answer: bytes | None = None) -> LoginAttempt:
    attempt = open_attempt(session.account, kind=kind, answer=answer)
    TelegramSession.objects.filter(pk=session.pk, lifecycle=Lifecycle.REGISTERED).update(lifecycle=Lifecycle.LOGIN)
    return attempt


def open_attempt(
    account: str,
    *,
    kind: LoginKind = LoginKind.CODE,
    answer: bytes | None = None,
    lifetime: timedelta = LIFETIME,
) -> LoginAttempt:
    """A fresh attempt for an account, within the caller's transaction."""
    _close(account, SUPERSEDED)
    attempt = LoginAttempt.objects.create(
        account=account, kind=kind, sealed_answer=answer, expires_at=database_now() + lifetime
    )
    wake("placements")
    wake(account)
    return attempt


def resend(*, account: str) -> None:
    """Asks for another code, by the next way that Telegram named. Raises Conflict when it is too early or no way."""
    with transaction.atomic():
        attempt = _asked(account, LoginStep.CODE_SENT)
        if not attempt.next_delivery:
            raise Conflict("Telegram has no other way to send this code.", hint="Log in by QR code, or start anew.")
        wait = (attempt.resend_at - database_now()).total_seconds() if attempt.resend_at else 0.0
        if wait > 0:
            raise Conflict(f"Telegram sends another code in {wait:.0f} s at the earliest.")
        _move(attempt, LoginStep.RESEND_ASKED, None)


def give_code(*, account: str, code: Secret) -> None:
    """Hands the code to the worker, sealed. Digits may have letters, blanks and dashes between them.

    Raises Conflict when no code is asked for, InvalidInput for what cannot be this code.
    """
    with transaction.atomic():
        attempt = _asked(account, LoginStep.CODE_SENT)
        _give_code(attempt, code.reveal())


def type_key(*, account: str, key: str) -> int:
    """One press on a keypad, a digit or BACKSPACE; how many digits are typed by now. Raises Conflict, InvalidInput."""
    with transaction.atomic():
        attempt = _asked(account, LoginStep.CODE_SENT)
        typed = _typed(attempt)
        if key == BACKSPACE:
            typed = typed[:-1]
        elif key in set("0123456789"):
            typed = (typed + key)[: attempt.code_length or _MOST_DIGITS]
        else:
            raise InvalidInput("This is no key of the keypad.")
        sealed = seal(typed.encode(), owner=account, keys=current().master_keys) if typed else None
        LoginAttempt.objects.filter(pk=attempt.pk).update(sealed_answer=sealed)
    return len(typed)


def send_typed(*, account: str) -> None:
    """Hands the digits of the keypad to the worker. Raises Conflict, and InvalidInput while some are missing."""
    with transaction.atomic():
        attempt = _asked(account, LoginStep.CODE_SENT)
        _give_code(attempt, _typed(attempt))


def _typed(attempt: LoginAttempt) -> str:
    if not attempt.sealed_answer or attempt.step != LoginStep.CODE_SENT:
        return ""
    return unseal(bytes(attempt.sealed_answer), owner=attempt.account, keys=current().master_keys).decode()


def _give_code(attempt: LoginAttempt, text: str) -> None:
    code = parse_code(text, delivery=attempt.delivery, length=attempt.code_length)
    _move(attempt, LoginStep.CODE_GIVEN, Secret(code))


def give_password(*, account: str, password: Secret) -> None:
    """Hands the password of two-step verification to the worker, sealed. Raises Conflict when none is asked for."""
    with transaction.atomic():
        _move(_asked(account, LoginStep.PASSWORD_NEEDED), LoginStep.PASSWORD_GIVEN, password)


def _asked(account: str, step: LoginStep) -> LoginAttempt:
    """The open attempt, locked, if it waits for this."""
    attempt = LoginAttempt.objects.select_for_update().filter(account=account, step=step).first()
    if attempt is None or attempt.expires_at <= database_now():
        raise Conflict("Nothing of that kind is asked for now.", hint="Begin the login anew.")
    return attempt


def _move(attempt: LoginAttempt, step: LoginStep, answer: Secret | None) -> None:
    sealed = None
    if answer is not None:
        sealed = seal(answer.reveal().encode(), owner=attempt.account, keys=current().master_keys)
    LoginAttempt.objects.filter(pk=attempt.pk).update(step=step, sealed_answer=sealed, error="")
    wake(attempt.account)


def give_up(*, account: str, reason: str) -> None:
    """Ends an open attempt, so that the worker does not keep a connection for it. A no-op when none is open."""
    with transaction.atomic():
        _close(account, reason)
        wake(account)


def _close(account: str, reason: str) -> None:
    LoginAttempt.objects.filter(account=account, step__in=OPEN_STEPS).update(
        step=LoginStep.FAILED, error=reason, sealed_answer=None, sealed_state=None, sealed_link=None
    )


def login_state(account: str) -> LoginView | None:
    """The newest attempt of an account. One that nobody answered in time has failed, though its worker be dead."""
    attempt = LoginAttempt.objects.filter(account=account).order_by("-pk").first()
    if attempt is None:
        return None
    seen = view(attempt)
    if seen.open and attempt.expires_at <= database_now():
        return replace(seen, step=LoginStep.FAILED.value, error="Nobody answered in time.", link=None)
    return seen


def typed_digits(account: str) -> int:
    """How many digits of the code were typed on a keypad so far."""
    attempt = LoginAttempt.objects.filter(account=account, step=LoginStep.CODE_SENT).first()
    return len(_typed(attempt)) if attempt else 0


def takes_digits(state: LoginView) -> bool:
    """Whether a keypad serves: some codes are words."""
    return state.delivery not in IN_WORDS


def view(attempt: LoginAttempt) -> LoginView:
    """The row as doors may show it."""
    link = None
    if attempt.sealed_link and attempt.step == LoginStep.QR_SHOWN:
        link = Secret(unseal(bytes(attempt.sealed_link), owner=attempt.account, keys=current().master_keys).decode())
    return LoginView(
        account=attempt.account,
        step=attempt.step,
        delivery=attempt.delivery,
        code_length=attempt.code_length,
        error=attempt.error,
        id=attempt.pk,
        kind=attempt.kind,
        tries=attempt.tries,
        next_delivery=attempt.next_delivery,
        resend_at=attempt.resend_at,
        link=link,
        link_until=attempt.link_until,
    )


def wake(target: str) -> None:
    """Tells the node that runs an account, at commit, that its rows changed; `placements` tells all nodes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('relay_wake', %s)", [target])
