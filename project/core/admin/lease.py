"""Who owns which account."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import Lease


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Leases as they stand."""

    list_display = ("name", "owner", "epoch", "expires_at", "released_at", "last_egress")
    search_fields = ("name", "owner")
