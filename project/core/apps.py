"""The floor as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Registers the floor's models."""

    name = "project.core"
    label = "core"
