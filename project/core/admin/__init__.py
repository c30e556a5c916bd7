"""Admin pages of the floor, one module per table."""

from __future__ import annotations

from project.core.admin.audit_event import AuditEventAdmin
from project.core.admin.bot_dialogue import BotDialogueAdmin
from project.core.admin.console_link import ConsoleLinkAdmin
from project.core.admin.installation import InstallationAdmin
from project.core.admin.lease import LeaseAdmin
from project.core.admin.notice import NoticeAdmin
from project.core.admin.operator import OperatorAdmin
from project.core.admin.owner_claim import OwnerClaimAdmin
from project.core.admin.platform_error import PlatformErrorAdmin
from project.core.admin.rate_slot import RateSlotAdmin

__all__ = [
    "AuditEventAdmin",
    "BotDialogueAdmin",
    "ConsoleLinkAdmin",
    "InstallationAdmin",
    "LeaseAdmin",
    "NoticeAdmin",
    "OperatorAdmin",
    "OwnerClaimAdmin",
    "PlatformErrorAdmin",
    "RateSlotAdmin",
]
