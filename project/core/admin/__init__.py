"""Admin pages of the floor, one module per table."""

from __future__ import annotations

from project.core.admin.audit_event import AuditEventAdmin
from project.core.admin.installation import InstallationAdmin
from project.core.admin.lease import LeaseAdmin

__all__ = ["AuditEventAdmin", "InstallationAdmin", "LeaseAdmin"]
