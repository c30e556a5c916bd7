"""How logins ended: audited, and told to all operators, since whoever can log in reads everything."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from project.core import notices
from project.core.audit import record
from sessions.domain.accounts import split_account
from sessions.models import LoginAttempt, LoginStep, SenderBot, TelegramSession
from sessions.models.login import LoginKind
from sessions.services.login import SUPERSEDED

ACTOR = "system"
AT_ONCE = 50


def tell_logins() -> None:
    """Every attempt that ended since, once; a log-out is told by the removal that asked for it."""
    ended = LoginAttempt.objects.filter(told_at=None, step__in=(LoginStep.DONE, LoginStep.FAILED))
    with transaction.atomic():
        attempts = list(ended.select_for_update(skip_locked=True).order_by("pk")[:AT_ONCE])
        for attempt in attempts:
            if attempt.kind != LoginKind.LOG_OUT:
                _tell(attempt)
        if attempts:
            LoginAttempt.objects.filter(pk__in=[one.pk for one in attempts]).update(told_at=Now())


def _tell(attempt: LoginAttempt) -> None:
    """A newer attempt tells how it went on with this account."""
    done = attempt.step == LoginStep.DONE
    record(
        actor=ACTOR,
        action="session.login.done" if done else "session.login.failed",
        target=attempt.account,
        after={"kind": attempt.kind},
        reason="" if done else attempt.error,
    )
    if attempt.error == SUPERSEDED:
        return
    who, way = _named(attempt.account), LoginKind(attempt.kind).label.lower()
    text = f"🔑 {who} is logged in ({way})." if done else f"⚠️ The login of {who} failed ({way}): {attempt.error}"
    notices.post(f"login.{attempt.account}", text)


def _named(account: str) -> str:
    kind, number = split_account(account)
    if kind == "session":
        name = TelegramSession.objects.filter(pk=number).values_list("name", flat=True).first()
        return f"session {name or number}"
    sender = SenderBot.objects.filter(pk=number).first()
    return f"sender {sender or number}"
