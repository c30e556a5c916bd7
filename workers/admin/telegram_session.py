"""Sessions, with what their workers and pairs have to do with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from pairs.services.deletion import delete_session
from project.core.admin.acts import Asked, actor_of, asks, each, told
from sessions.admin.telegram_session import TelegramSessionAdmin
from sessions.models import TelegramSession
from workers.services.restart import Target, restart
from workers.services.session_status import check_now

MOST_CHECKS = 5  # one after the other


class DeleteForm(forms.Form):
    """What becomes of the pairs, and why."""

    force = forms.BooleanField(
        required=False, label="Also with pairs", help_text="They go to the best other sessions, or are parked."
    )
    reason = forms.CharField(required=False, max_length=200)


admin.site.unregister(TelegramSession)


@admin.register(TelegramSession)
class SessionConsole(TelegramSessionAdmin):
    """The list of the sessions room, and the acts that concern other rooms, too."""

    actions = (*TelegramSessionAdmin.actions, "check_now", "restart_workers", "delete_for_good")

    @admin.action(permissions=["act"], description=f"Check selected sessions now (at most {MOST_CHECKS})")
    def check_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Their own workers look; each has 20 s."""
        for row in queryset[:MOST_CHECKS]:
            with told(self, request):
                report = check_now(row.name)
                said = report.why_not or ("passed" if report.line.check and report.line.check.passed else "failed")
                level = messages.SUCCESS if said == "passed" else messages.WARNING
                self.message_user(request, f"Check of {row.name}: {said}. {report.line.reason}".strip(), level)

    @admin.action(permissions=["act"], description="Restart the workers of selected sessions")
    def restart_workers(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each drains; nothing is lost."""
        each(
            self,
            request,
            queryset,
            lambda row: restart(actor=actor_of(request), target=Target(row.name)),
            "Asked to restart",
        )

    @admin.action(permissions=["end"], description="Delete selected sessions")
    @asks(
        Asked(
            "Delete sessions",
            "Delete them",
            "Each is logged out and its secret destroyed; that cannot be undone. One with pairs takes up to a minute "
            "and a half.",
            DeleteForm,
            grave=True,
        )
    )
    def delete_for_good(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service: what fits nowhere is parked and said."""
        for row in rows:
            with told(self, request):
                deletion, removed = delete_session(
                    actor=actor_of(request), name=row.name, force=answers["force"], reason=answers["reason"]
                )
                for one in deletion.plan.parked:
                    self.message_user(request, f"Pair {one.pair_id} is parked: {one.reason}", messages.WARNING)
                self.message_user(request, f"Deleted: {removed.name}. {removed.note}".strip(), messages.SUCCESS)
