"""The room "sessions" as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Registers the room's models and commands."""

    name = "sessions"
    label = "tg_sessions"  # "sessions" is taken by django.contrib.sessions
    verbose_name = "Sessions and senders"
