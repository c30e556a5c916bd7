"""Pairs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from pairs.models import Pair
from pairs.services.checks import check_pair
from pairs.services.guests import of_guest
from pairs.services.joining import join_source
from pairs.services.lags import lags
from pairs.services.moving import change_sessions
from pairs.services.registry import view
from pairs.services.removal import remove_pairs
from pairs.services.statuses import StatusReport, pause, resume
from project.core.admin.acts import Asked, actor_of, asks, told
from project.core.admin.columns import state, text
from project.core.admin.readonly import ReadOnlyAdmin
from project.core.checks import Level
from sessions.models import TelegramSession

MOST_JOINS = 3
MOST_TESTS = 5  # each asks Telegram and Discord, for up to a minute
_LEVELS = {Level.OK: messages.SUCCESS, Level.WARNING: messages.WARNING, Level.FAILED: messages.ERROR}


class ReasonForm(forms.Form):
    """Why, for the audit trail."""

    reason = forms.CharField(required=False, max_length=200)


class MoveForm(ReasonForm):
    """Where to."""

    session = forms.ModelChoiceField(TelegramSession.objects.none(), to_field_name="name")
    partly = forms.BooleanField(required=False, help_text="Move those that can, when some cannot.")
    field_order = ("session", "partly", "reason")

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        living = TelegramSession.living().order_by("name")
        self.fields["session"].queryset = living  # type: ignore[attr-defined]


class PairList(ChangeList):
    """A page of pairs with the lags of all of them, read at once."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page."""
        super().get_results(request)
        rows = list(self.result_list)
        waiting = lags([row.pk for row in rows])
        for row in rows:
            row.waiting = waiting
        self.result_list = rows


@admin.register(Pair)
class PairAdmin(ReadOnlyAdmin):
    """What is relayed where. Pairs are made by the bot and on the command line, where chats are looked up."""

    actions = ("pause", "resume", "move", "test", "join", "remove")
    list_display = (
        text("pair", lambda row: row.pk, ordering="pk"),
        text("source", lambda row: row.source_name, ordering="source_title"),
        text("Discord", lambda row: _discord(row), ordering="discord_title"),
        text("destination", lambda row: row.destination_name, ordering="destination_title"),
        text("session", lambda row: _session(row), ordering="assignment__session__name"),
        text("sender", lambda row: row.sender or "the session", ordering="sender__username"),
        state("status"),
        text("remark", lambda row: view(row, waiting=getattr(row, "waiting", None)).remark),
        text("messages", lambda row: row.last_seq, ordering="last_seq"),
    )
    list_filter = ("status", "assignment__session", "sender")
    list_select_related = ("assignment__session", "sender", "wanted_session")
    search_fields = (
        *("=id", "source_title", "source_username", "destination_title", "discord_title"),
        *("=source_chat", "=discord_channel", "=destination_chat"),
    )
    ordering = ("id",)
    fields = (
        *("status", "status_reason", "status_until"),
        *("source_title", "source_chat", "source_username"),
        *("discord_title", "discord_channel", "discord_guild", "webhook_id"),
        *("destination_title", "destination_chat", "sender"),
        *("cursor", "last_seq", "wanted_session", "options", "created_at"),
    )

    @admin.action(permissions=["act"], description="Pause selected pairs")
    @asks(Asked("Pause pairs", "Pause them", "They journal nothing and keep their place.", ReasonForm))
    def pause(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """By the service."""
        self._tell(request, pause(_ids(rows), actor=actor_of(request), reason=answers["reason"]), "Paused")

    @admin.action(permissions=["act"], description="Resume selected pairs")
    def resume(self, request: HttpRequest, queryset: QuerySet[Pair]) -> None:
        """Paused ones, and those that stopped by an error."""
        self._tell(request, resume(_ids(queryset), actor=actor_of(request)), "Resumed")

    @admin.action(permissions=["act"], description="Move selected pairs to another session")
    @asks(Asked("Move pairs", "Move them", "All or none; they change hands within seconds.", MoveForm))
    def move(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """With the same pre-flight as /changesession."""
        with told(self, request):
            done = change_sessions(
                actor=actor_of(request),
                pairs=_ids(rows),
                target=answers["session"].name,
                partly=answers["partly"],
                reason=answers["reason"],
            )
            for one in done.refused:
                self.message_user(request, f"Pair {one.pair_id}: {one.reason}", messages.WARNING)
            for warning in done.warnings:
                self.message_user(request, warning, messages.WARNING)
            self.message_user(request, f"Moving: {len(done.moved)}. There already: {len(done.already)}.")

    @admin.action(permissions=["act"], description=f"Test selected pairs (at most {MOST_TESTS})")
    def test(self, request: HttpRequest, queryset: QuerySet[Pair]) -> None:
        """Source, Discord and destination are looked at; nothing is posted."""
        for pair in queryset[:MOST_TESTS]:
            with told(self, request):
                for check in check_pair(pair):
                    line = f"{pair}, {check.what}: {check.text} {check.todo}".strip()
                    self.message_user(request, line, _LEVELS[check.level])

    @admin.action(permissions=["act"], description=f"Let sessions join the public sources (at most {MOST_JOINS})")
    @asks(Asked("Join sources", "Let them join", "The accounts become members, one each two minutes.", ReasonForm))
    def join(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """One after the other."""
        for pair in rows[:MOST_JOINS]:
            with told(self, request):
                done = join_source(actor=actor_of(request), pair_id=pair.pk, reason=answers["reason"])
                self.message_user(request, str(done), messages.SUCCESS)

    @admin.action(permissions=["act"], description="Remove selected pairs")
    @asks(
        Asked(
            "Remove pairs",
            "Remove them",
            "What is queued is not sent; what stands in the chats stays.",
            ReasonForm,
            grave=True,
        )
    )
    def remove(self, request: HttpRequest, rows: list[Any], answers: dict[str, Any]) -> None:
        """All or none."""
        with told(self, request):
            done = remove_pairs(actor=actor_of(request), pair_ids=_ids(rows), reason=answers["reason"])
            self.message_user(request, f"Removed: {len(done)}.", messages.SUCCESS)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """With lags."""
        return PairList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pair]:
        """With what the remark needs."""
        rows: QuerySet[Pair] = super().get_queryset(request)
        return rows.annotate(is_guest=of_guest())

    def describe(self, row: Any) -> str:
        """As the question before an act names it."""
        places = (row.source_name, _discord(row), row.destination_name)
        return f"pair {row.pk}: {' → '.join(places)} ({_session(row) or row.status})"

    def _tell(self, request: HttpRequest, report: StatusReport, done: str) -> None:
        for pair, why in report.unchanged:
            self.message_user(request, f"Pair {pair}: {why}.", messages.WARNING)
        if report.changed:
            self.message_user(request, f"{done}: {len(report.changed)}.", messages.SUCCESS)


def _ids(rows: Any) -> list[int]:
    return [row.pk for row in rows]


def _session(row: Any) -> str:
    name = row.reader.name if row.reader else ""
    return f"{name} → {row.wanted_session.name}" if row.wanted_session else name


def _discord(row: Any) -> str:
    return f"{row.discord_name} ({'webhook' if row.webhook_id else 'bot'})"
