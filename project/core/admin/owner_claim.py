"""The link that makes its first user the owner."""

from __future__ import annotations

from django.contrib import admin

from project.core.admin.columns import when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import OwnerClaim


@admin.register(OwnerClaim)
class OwnerClaimAdmin(ReadOnlyAdmin):
    """Whether a link is out, and until when; never its hash."""

    list_display = ("__str__", when("expires_at", "until"))
    fields = ("expires_at",)
