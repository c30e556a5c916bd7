"""Admin pages that show and never change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ShownAdmin(Base):
    """How every list looks. Only services make and remove rows."""

    list_per_page = 50
    show_full_result_count = False
    empty_value_display = "-"

    class Media:
        css = {"all": ("relay/admin.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may act on rows by services, although nobody edits them."""
        meta = self.opts
        return bool(request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"))

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Who may end rows for good, by services."""
        meta = self.opts
        return bool(request.user.has_perm(f"{meta.app_label}.delete_{meta.model_name}"))


class ReadOnlyAdmin(ShownAdmin):
    """For rows that only the program writes."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
