"""The admin site of this program: what people come for stands first."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

_ORDER = ("tg_sessions", "pairs", "workers", "core", "django_celery_beat")  # the rest comes last
_FIRST = frozenset({"TelegramSession", "Pair", "WorkerGroup", "AuditEvent", "PeriodicTask"})


class ConsoleSite(AdminSite):
    """Sessions and pairs before tables that few look at."""

    site_header = site_title = "Relay"
    index_title = "Operator console"
    site_url = None  # there is no other site to view

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The rooms in the order of their use."""
        rooms = super().get_app_list(request, app_label)
        for room in rooms:
            room["models"].sort(key=lambda model: model["object_name"] not in _FIRST)
        return sorted(rooms, key=lambda room: (*_ORDER, room["app_label"]).index(room["app_label"]))
