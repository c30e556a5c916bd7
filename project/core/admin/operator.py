"""Operators of the admin bot."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from project.core.admin.acts import Asked, actor_of, asks, each
from project.core.admin.columns import text, when
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.models import Operator
from project.core.operators import Role
from project.core.whitelist import change_role, remove_operator


class RoleForm(forms.Form):
    """The new role."""

    role = forms.ChoiceField(choices=[(role.value, role.value) for role in Role])


@admin.register(Operator)
class OperatorAdmin(ReadOnlyAdmin):
    """Who may use the admin bot, besides ADMIN_USER_IDS. They are added with /operators, from their own message."""

    actions = ("give_role", "remove")
    list_display = (
        text("operator", lambda row: row.name or row.user_id, ordering="name"),
        "user_id",
        text("role", lambda row: row.role or "by setting", ordering="role"),
        "added_by",
        when("seen_at", "last seen"),
        text("remark", lambda row: row.unreachable_why),
    )
    list_filter = ("role",)
    search_fields = ("name", "=user_id")
    ordering = ("name", "user_id")
    fields = ("user_id", "name", "role", "added_by", "since", "seen_at", "unreachable_since", "unreachable_why")

    @admin.action(permissions=["act"], description="Give selected operators another role")
    @asks(Asked("Another role", "Give this role", form=RoleForm))
    def give_role(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service, which keeps the last owner."""
        change = partial(change_role, actor=actor_of(request), role=Role(answers["role"]))
        each(self, request, rows, lambda row: change(user_id=row.user_id), "Changed")

    @admin.action(permissions=["end"], description="Take selected operators off the whitelist")
    @asks(Asked("Remove operators", "Remove them", "Their next message to the bot is a stranger's.", grave=True))
    def remove(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service, which keeps the last owner."""
        each(self, request, rows, lambda row: remove_operator(actor=actor_of(request), user_id=row.user_id), "Removed")
