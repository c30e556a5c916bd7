"""Acts on selected rows, all by services: who acted, what was refused and why, and a page to confirm what cannot be
taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from project.core.errors import ManyProblems, RelayError

MOST = 500  # rows of one act: Django refuses forms with 1000 fields
_SHOWN = 30
Run = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that asks before it acts. `form` takes what the act needs to know; a `grave` act has a red button."""

    title: str
    button: str
    warning: str = ""
    form: type[forms.Form] = forms.Form
    grave: bool = False


def actor_of(request: HttpRequest) -> str:
    """ "admin:<user>", as the audit trail shows it."""
    return f"admin:{request.user.get_username()}"


def each(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    rows: Iterable[Any],
    act: Callable[[Any], object],
    done: str,
) -> None:
    """Acts on one row after another; tells how many went well, and of each other why not. `done`: "Enabled"."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except RelayError as error:
            model_admin.message_user(request, f"{row}: {error.for_people()}", messages.WARNING)
    if count:
        model_admin.message_user(request, f"{done}: {count}.", messages.SUCCESS)


@contextmanager
def told(model_admin: admin.ModelAdmin[Any], request: HttpRequest) -> Iterator[None]:
    """What a service refuses is told, with all its problems."""
    try:
        yield
    except ManyProblems as error:
        for problem in (*error.problems, error.hint):
            if problem:
                model_admin.message_user(request, problem, messages.WARNING)
    except RelayError as error:
        model_admin.message_user(request, error.for_people(), messages.WARNING)


def refused(model_admin: admin.ModelAdmin[Any], request: HttpRequest, page: Callable[[], HttpResponse]) -> HttpResponse:
    """The page; when a service refuses what was asked there, the same page again with the reason."""
    try:
        return page()
    except RelayError as error:
        model_admin.message_user(request, error.for_people(), messages.ERROR)
        return redirect(request.get_full_path())


def asks(asked: Asked) -> Callable[[Run], Callable[..., HttpResponse | None]]:
    """For an action that asks first: its method gets the rows and the form's answers when all was confirmed."""

    def decorate(run: Run) -> Callable[..., HttpResponse | None]:
        @wraps(run)
        def action(self: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            rows = list(queryset[: MOST + 1])
            if len(rows) > MOST:
                self.message_user(request, f"Choose at most {MOST} at once.", messages.WARNING)
                return None
            form = asked.form(request.POST) if "confirmed" in request.POST else asked.form()
            if form.is_bound and form.is_valid():
                run(self, request, rows, form.cleaned_data)
                return None
            return _page(self, request, asked, rows, form)

        return action

    return decorate


def _page(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, asked: Asked, rows: list[Any], form: forms.Form
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": asked.title,
        "asked": asked,
        "opts": model_admin.model._meta,
        "rows": [_described(model_admin, row) for row in rows[:_SHOWN]],
        "more": max(0, len(rows) - _SHOWN),
        "ids": [row.pk for row in rows],
        "checkbox": ACTION_CHECKBOX_NAME,
        "act": request.POST.get("action", ""),
        "form": form,
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "relay/confirm.html", context)


def _described(model_admin: admin.ModelAdmin[Any], row: Any) -> str:
    """More than its name, where the page of its table knows more."""
    describe: Callable[[Any], str] = getattr(model_admin, "describe", str)
    return describe(row)
