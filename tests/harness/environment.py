"""Settings of a harness run; to be applied before Django is set up."""

from __future__ import annotations

import os
from pathlib import Path

import django

from project.demo import environment

BASE = Path(__file__).resolve().parents[2]


def enter(var: Path, **settings: str) -> None:
    """Makes this process, and all it starts, part of a new installation with its data below `var`."""
    os.environ["VAR_DIR"] = str(var)
    environment.prepare(os.environ, BASE)
    os.environ |= settings
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    os.environ["LOG_LEVEL"] = "WARNING"
    django.setup()
