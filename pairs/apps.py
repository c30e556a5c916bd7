"""The room "pairs" as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class PairsConfig(AppConfig):
    """Registers the room's models and commands."""

    name = "pairs"
    label = "pairs"
