"""The end of a session or a sender bot: Telegram is told to end the login, and the secret is destroyed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from project.core.audit import record
from project.core.errors import Conflict, NotFound
from project.core.stopping import pause
from project.core.words import counted
from sessions.models import (
    AccountSecret,
    Health,
    Lifecycle,
    LoginAttempt,
    LoginKind,
    SenderBot,
    SenderState,
    TelegramSession,
)
from sessions.models.login import OPEN_STEPS
from sessions.services.editing import pairs_of
from sessions.services.health import flip
from sessions.services.login import open_attempt, wake

LIMIT = 20.0  # seconds for the log-out; the secret is destroyed in any case
_LOOK = 0.1
_LEFT_OVER = """
SELECT k.account FROM tg_sessions_accountsecret k
LEFT JOIN tg_sessions_telegramsession s ON s.lifecycle = 'deleted' AND k.account = 'session.' || s.id
LEFT JOIN tg_sessions_senderbot b ON b.state = 'removed' AND k.account = 'sender.' || b.id
WHERE (s.id IS NOT NULL OR b.id IS NOT NULL) AND NOT EXISTS (
    SELECT 1 FROM tg_sessions_loginattempt l
    WHERE l.account = k.account AND l.step NOT IN ('done', 'failed') AND l.expires_at > clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Removed:
    """`logged_out`: Telegram has ended the login. Else `note` says what the owner of the account can do."""

    name: str
    logged_out: bool
    note: str


def remove_session_row(*, actor: str, session_id: int, reason: str = "", limit: float = LIMIT) -> Removed:
    """Deletes a session that has no pairs any more; its name and account are free at once. Blocks up to `limit` s.

    The log-out is asked of the account's own worker, over its one connection. Rows of the past and the audit stay.
    Raises NotFound, and Conflict while a pair is left.
    """
    with transaction.atomic():
        session = TelegramSession.objects.select_for_update().filter(pk=session_id).first()
        if session is None or session.lifecycle == Lifecycle.DELETED:
            raise NotFound("This session does not exist any more.")
        if left := pairs_of(session) + session.wanted_pairs.exclude(status="removed").count():
            raise Conflict(
                f"Session {session.name} still carries {counted(left, 'pair')}.", hint="Move or remove them first."
            )
        asked = _ask_log_out(session.account)
        _mark_deleted(session, actor=actor, reason=reason)
    return _finish(session.name, session.account, asked=asked, limit=limit)


def _mark_deleted(session: TelegramSession, *, actor: str, reason: str) -> None:
    before = {"lifecycle": session.lifecycle, "health": session.health, "name": session.name}
    flip(session.pk, Health.DELETED, reason="deleted")
    session.lifecycle = Lifecycle.DELETED
    session.proxy_sealed = session.api_hash_sealed = None
    session.save(update_fields=["lifecycle", "proxy_sealed", "api_hash_sealed", "updated_at"])
    after = {"lifecycle": Lifecycle.DELETED.value}
    record(actor=actor, action="session.delete", target=session.account, before=before, after=after, reason=reason)


def check_sender_unused(sender: SenderBot) -> None:
    """Raises Conflict when a living pair posts by it."""
    used = list(sender.pairs.exclude(status="removed").order_by("pk").values_list("pk", flat=True)[:10])
    if used:
        raise Conflict(f"{sender} posts for the pairs {', '.join(map(str, used))}.", hint="/editpair or /removepair.")


def remove_sender(*, actor: str, sender: SenderBot, limit: float = LIMIT) -> Removed:
    """Removes a sender bot that no living pair uses. Blocks up to `limit` s. Raises NotFound and Conflict."""
    with transaction.atomic():
        row = SenderBot.living().select_for_update().filter(pk=sender.pk).first()
        if row is None:
            raise NotFound("This sender bot was removed already.")
        check_sender_unused(row)
        asked = _ask_log_out(row.account)
        before = {"state": row.state, "bot_id": row.bot_id}
        row.state, row.token_sealed = SenderState.REMOVED, b""
        row.save()
        record(actor=actor, action="sender.remove", target=row.account, before=before)
    return _finish(str(sender), sender.account, asked=asked, limit=limit)


def _ask_log_out(account: str) -> bool:
    """Opens the attempt by which the worker logs the account out; False when there is no living key."""
    if not AccountSecret.objects.filter(account=account, dead_code="").exists():
        return False
    open_attempt(account, kind=LoginKind.LOG_OUT, lifetime=timedelta(minutes=2))
    return True


def _finish(name: str, account: str, *, asked: bool, limit: float) -> Removed:
    logged_out = asked and _wait(account, limit)
    _destroy(account)
    note = ""
    if asked and not logged_out:
        note = "Telegram could not be told: end the login on the phone, in Settings > Devices."
    return Removed(name, logged_out, note)


def _wait(account: str, limit: float) -> bool:
    """Whether the worker has logged the account out within the limit."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        attempt = LoginAttempt.objects.filter(account=account, kind=LoginKind.LOG_OUT).order_by("-pk").first()
        if attempt is None or attempt.step not in OPEN_STEPS:
            return attempt is not None and not attempt.error
        pause(_LOOK)
    return False


def destroy_left_overs() -> None:
    """Destroys the secrets of removed accounts whose log-out nobody waits for any more: whoever did has died."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OVER)
        accounts = [row[0] for row in cursor.fetchall()]
    for account in accounts:
        _destroy(account)


def _destroy(account: str) -> None:
    """Its key, and all that an open login holds. Queues behind what its owner is writing just now."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM core_lease WHERE name = %s FOR UPDATE", [account])
        AccountSecret.objects.filter(account=account).delete()
        LoginAttempt.objects.filter(account=account, step__in=OPEN_STEPS).update(
            step="failed", error="The account was removed.", sealed_answer=None, sealed_state=None, sealed_link=None
        )
        wake("placements")
        wake(account)
