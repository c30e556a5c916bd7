"""When checks and clean-ups run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from project.core.admin.acts import actor_of
from project.core.admin.columns import text, when
from project.core.admin.readonly import ShownAdmin
from project.core.audit import record

for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ShownAdmin):
    """The program's own schedules: they can be slowed, hastened and switched off, with an audit row."""

    list_display = (
        "name",
        "enabled",
        text("every", lambda row: row.interval),
        when("last_run_at", "last run"),
        text("runs", lambda row: row.total_run_count, ordering="total_run_count"),
    )
    list_select_related = ("interval",)
    list_filter = ("enabled",)
    search_fields = ("name", "task")
    ordering = ("name",)
    fields = ("name", "task", "enabled", "interval", "last_run_at", "total_run_count", "description")
    readonly_fields = ("name", "task", "last_run_at", "total_run_count")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Beat reads the row at its next look."""
        before = PeriodicTask.objects.select_related("interval").get(pk=obj.pk)
        super().save_model(request, obj, form, change)
        record(
            actor=actor_of(request),
            action="schedule.change",
            target=f"schedule:{obj.name}",
            before={"enabled": before.enabled, "every": str(before.interval)},
            after={"enabled": obj.enabled, "every": str(obj.interval)},
        )


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ShownAdmin):
    """Intervals to choose from."""

    list_display = ("__str__",)
    ordering = ("period", "every")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("django_celery_beat.change_intervalschedule"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
