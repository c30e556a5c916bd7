"""Whether the web process lives, and whether it can work. Neither says anything about accounts or chats."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from project.core.tables import tables_behind

BEHIND = "the tables are not up to date: run `python manage.py migrate`"
_seen = False


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has the tables of this version, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _tables_seen():
            return HttpResponse(f"{BEHIND}\n", status=503, content_type="text/plain")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def _tables_seen() -> bool:
    """Asked until it is so: tables do not go back under a running program."""
    global _seen
    _seen = _seen or not tables_behind()
    return _seen
