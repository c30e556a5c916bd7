"""Writing down who did what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from project.core.models import AuditEvent
from project.core.redaction import redact


def record(
    *,
    actor: str,
    action: str,
    target: str,
    before: Any = None,
    after: Any = None,
    reason: str = "",
    correlation_id: str = "",
) -> None:
    """Write one audit event in the caller's transaction: it stands or falls with the act itself.

    `before` and `after` are what JSON can hold; secrets in them are masked.
    """
    AuditEvent.objects.create(
        actor=actor,
        action=action,
        target=target,
        before=redact(before),
        after=redact(after),
        reason=redact(reason),
        correlation_id=correlation_id,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one of many targets."""

    target: str
    before: Any
    after: Any


def record_changes(
    changes: Iterable[Change], *, actor: str, action: str, reason: str = "", correlation_id: str = ""
) -> None:
    """One audit event per change in one statement, in the caller's transaction; `correlation_id` joins them."""
    why = redact(reason)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=actor,
            action=action,
            target=change.target,
            before=redact(change.before),
            after=redact(change.after),
            reason=why,
            correlation_id=correlation_id,
        )
        for change in changes
    )
