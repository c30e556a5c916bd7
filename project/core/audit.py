"""Writing down who did what."""

from __future__ import annotations

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
