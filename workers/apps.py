"""The room "workers" as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Registers the room's models and commands."""

    name = "workers"
    label = "workers"
