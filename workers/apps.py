"""The room "workers" as a Django app."""

from __future__ import annotations

import importlib

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WorkersConfig(AppConfig):
    """Registers the room's models and commands, and its schedule after each migration."""

    name = "workers"
    label = "workers"

    def ready(self) -> None:
        """Connect signals. The schedule's module needs loaded models."""
        post_migrate.connect(importlib.import_module("workers.schedule").seed, sender=self)
