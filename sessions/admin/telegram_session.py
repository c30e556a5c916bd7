"""Sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from project.core.admin.acts import Asked, actor_of, asks, each, refused
from project.core.admin.columns import state, text, when
from project.core.admin.readonly import ShownAdmin
from sessions.domain.changes import SessionChanges, parse_changes
from sessions.domain.registration import PAIRS, PRIORITIES
from sessions.models import Lifecycle, TelegramSession
from sessions.services.editing import edit_session
from sessions.services.enabling import disable_session, enable_session

_ALL = "all"
_NAMED = 10  # of the sessions that an act passes over
LIVING = Q(assignments__isnull=False) & ~Q(assignments__pair__status="removed")


class MetadataField(forms.CharField):
    """Lines of key=value."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> dict[str, str]:
        """By the same reading as /editsession."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        draft = parse_changes(" ".join(f'"meta.{line}"' for line in lines))
        if lines and draft.problems:
            raise forms.ValidationError(list(draft.problems))
        return dict(draft.changes.metadata)

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return "\n".join(f"{key}={text}" for key, text in value.items()) if isinstance(value, dict) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By its lines."""
        return bool((self.prepare_value(initial) or "").split() != (data or "").split())


class SessionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What may be changed on a session's page."""

    priority = forms.IntegerField(
        min_value=min(PRIORITIES), max_value=max(PRIORITIES), help_text="1 to 10, higher is preferred"
    )
    max_pairs = forms.IntegerField(
        min_value=min(PAIRS), max_value=max(PAIRS), help_text="1 to 50; pairs above a lower number stay"
    )
    metadata = MetadataField(required=False, help_text="One key=value in a line.")

    class Meta:
        model = TelegramSession
        fields = ("priority", "max_pairs", "metadata")


class ChangesForm(forms.Form):
    """The same for many; what is empty stays."""

    priority = forms.IntegerField(required=False, min_value=min(PRIORITIES), max_value=max(PRIORITIES))
    max_pairs = forms.IntegerField(required=False, min_value=min(PAIRS), max_value=max(PAIRS))
    metadata = MetadataField(
        required=False, help_text="One key=value in a line, added to what is there; key= removes it."
    )

    def clean(self) -> dict[str, Any]:
        """Something has to change."""
        found = self.cleaned_data
        if not any(found.values()):
            raise forms.ValidationError("Nothing to change was given.")
        return found


class ReasonForm(forms.Form):
    """Why, for the audit trail."""

    reason = forms.CharField(required=False, max_length=200)


class LifecycleFilter(admin.SimpleListFilter):
    """Deleted sessions are kept for the audit trail; they are shown when they are asked for."""

    title = "state"
    parameter_name = "lifecycle"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every state, and all of them."""
        return [*((str(value), str(label)) for value, label in Lifecycle.choices), (_ALL, "All, with deleted ones")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Without a choice: all that are not deleted."""
        if self.value() is None:
            return queryset.exclude(lifecycle=Lifecycle.DELETED)
        return queryset if self.value() == _ALL else queryset.filter(lifecycle=self.value())

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first says what it means."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not deleted"}
        yield from others


@admin.register(TelegramSession)
class TelegramSessionAdmin(ShownAdmin):
    """All sessions, changed by the same services as everywhere."""

    form = SessionForm
    actions: tuple[str, ...] = ("enable", "disable", "edit_many")
    list_display: tuple[Any, ...] = (
        "name",
        text("phone", lambda row: row.phone_hint),
        state("lifecycle", "state"),
        state("health"),
        text("remark", lambda row: row.health_reason),
        text("pairs", lambda row: f"{row.living_pairs} of {row.max_pairs}", ordering="living_pairs"),
        "priority",
        when("created_at", "registered"),
    )
    list_filter = (LifecycleFilter, "health", "priority")
    search_fields = ("name", "=user_id", "health_reason")
    ordering = ("name",)
    readonly_fields = (
        *("name", "phone_hint", "user_id", "lifecycle", "health", "health_reason"),
        *("device", "created_at", "updated_at"),
    )
    fields = (
        *("name", "phone_hint", "user_id", "lifecycle", "health", "health_reason"),
        *("priority", "max_pairs", "metadata", "device", "created_at", "updated_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of living pairs, in the same query."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(living_pairs=Count("assignments", filter=LIVING))
        return rows

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A deleted session stays as it is: services know sessions by name, which another may have by now."""
        return super().has_change_permission(request, obj) and (obj is None or obj.lifecycle != Lifecycle.DELETED)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *arguments: Any, **more: Any
    ) -> HttpResponse | None:
        """Acts pass deleted sessions over, and say so."""
        chosen = queryset
        if request.POST.get("select_across") != "1":
            chosen = queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
        deleted = list(chosen.filter(lifecycle=Lifecycle.DELETED).order_by("name").values_list("name", flat=True))
        if deleted:
            names = ", ".join(deleted[:_NAMED]) + ("…" if len(deleted) > _NAMED else "")
            self.message_user(request, f"Passed over, because deleted: {names}.", messages.WARNING)
            if not chosen.exclude(lifecycle=Lifecycle.DELETED).exists():
                return redirect(request.get_full_path())
        living = queryset.exclude(lifecycle=Lifecycle.DELETED)
        response: HttpResponse | None = super().response_action(request, living, *arguments, **more)
        return response

    def changeform_view(self, request: HttpRequest, *arguments: Any, **more: Any) -> HttpResponse:
        """What the service refuses is told on the page."""
        return refused(
            self, request, lambda: super(TelegramSessionAdmin, self).changeform_view(request, *arguments, **more)
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the service, which writes the audit trail."""
        before = TelegramSession.objects.get(pk=obj.pk).metadata
        metadata = {**dict.fromkeys(before, ""), **form.cleaned_data["metadata"]}
        changes = SessionChanges(priority=obj.priority, max_pairs=obj.max_pairs, metadata=metadata)
        done = edit_session(actor=actor_of(request), name=obj.name, changes=changes)
        for warning in done.warnings:
            self.message_user(request, warning)

    @admin.action(permissions=["act"], description="Enable selected sessions")
    def enable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """They connect again; of one that cannot, what to do."""

        def act(row: Any) -> None:
            for warning in enable_session(actor=actor_of(request), name=row.name).warnings:
                self.message_user(request, f"Session {row.name}: {warning}", messages.WARNING)

        each(self, request, queryset, act, "Enabled")

    @admin.action(permissions=["act"], description="Disable selected sessions")
    @asks(
        Asked(
            "Disable sessions",
            "Disable them",
            "Their connections are closed; their logins stay. Pairs that another session can read move there, unless "
            "failover is off (the setting FAILOVER for all, failover of the session for its own). The others wait, "
            "disabled, and go on after their cursors when the session is enabled.",
            ReasonForm,
        )
    )
    def disable(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service."""

        def act(row: Any) -> None:
            disable_session(actor=actor_of(request), name=row.name, reason=answers["reason"])

        each(self, request, rows, act, "Disabled")

    @admin.action(permissions=["act"], description="Change priority, pairs or metadata of selected sessions")
    @asks(Asked("Change sessions", "Change them", form=ChangesForm))
    def edit_many(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service."""
        changes = SessionChanges(
            priority=answers["priority"], max_pairs=answers["max_pairs"], metadata=answers["metadata"]
        )
        each(
            self,
            request,
            rows,
            lambda row: edit_session(actor=actor_of(request), name=row.name, changes=changes),
            "Changed",
        )
