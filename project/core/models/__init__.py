"""Tables of the floor."""

from __future__ import annotations

from project.core.models.audit_event import AuditEvent
from project.core.models.console_link import ConsoleLink
from project.core.models.installation import Installation
from project.core.models.lease import Lease
from project.core.models.notice import Notice, Severity
from project.core.models.operation import Operation, OperationState
from project.core.models.operator import BotDialogue, Operator, OwnerClaim
from project.core.models.platform_error import PlatformError
from project.core.models.rate_slot import RateSlot

__all__ = [
    "AuditEvent",
    "BotDialogue",
    "ConsoleLink",
    "Installation",
    "Lease",
    "Notice",
    "Operation",
    "OperationState",
    "Operator",
    "OwnerClaim",
    "PlatformError",
    "RateSlot",
    "Severity",
]
