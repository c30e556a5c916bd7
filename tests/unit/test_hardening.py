"""What nobody notices while it holds: one line taken out, and the installation is open, or stands still."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models.signals import post_migrate
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from project.celery import app
from tests.unit.test_compose import APP, SERVICES
from workers import schedule
from workers.beat import LeaderScheduler

ROOT = Path(__file__).resolve().parents[2]
_ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
settings.ALLOWED_HOSTS = ["*"]
settings.DEBUG = False
answer = Client().get("/no-such-page", secure=True)
names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY")
print(json.dumps({"headers": dict(answer.headers)} | {name: getattr(settings, name) for name in names}))
"""
_OPENED: list[str] = []


def opened(where: str) -> None:
    """What a pickled message would call."""
    _OPENED.append(where)


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return opened, ("pickled",)


def asked(public_url: str, tmp_path: Path) -> dict[str, Any]:
    """What the site of an installation with this PUBLIC_URL answers and is set to."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings", "PUBLIC_URL": public_url}
    env |= {"VAR_DIR": str(tmp_path), "ENV_FILE": ""}
    done = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.sentence("S-16")
def test_a_site_with_https_keeps_its_cookies_and_its_visitors_there(tmp_path: Path) -> None:
    found = asked("https://relay.example", tmp_path)
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["headers"]["Strict-Transport-Security"].startswith("max-age=31536000")
    assert found["headers"]["X-Frame-Options"] == "DENY"
    assert found["headers"]["X-Content-Type-Options"] == "nosniff"


@pytest.mark.sentence("S-16")
def test_a_site_on_localhost_works_without_https(tmp_path: Path) -> None:
    found = asked("http://localhost:8000", tmp_path)
    assert not found["SESSION_COOKIE_SECURE"]
    assert "Strict-Transport-Security" not in found["headers"]
    assert found["headers"]["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", APP)
def test_a_container_of_ours_has_no_capabilities(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]


@pytest.mark.sentence("S-16")
def test_a_pickled_message_is_refused_before_it_is_opened() -> None:
    assert list(app.conf.accept_content) == ["json"]
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps(Trap()), "application/x-python-serialize", "binary", accept=app.conf.accept_content)
    assert _OPENED == []


@pytest.mark.sentence("S-12")
def test_only_a_leading_beat_ticks() -> None:
    assert app.Beat().scheduler_cls in (LeaderScheduler, "workers.beat:LeaderScheduler")


@pytest.mark.sentence("S-12")
def test_the_schedule_is_seeded_after_each_migration() -> None:
    receivers, _ = post_migrate._live_receivers(sender=apps.get_app_config("workers"))
    assert schedule.seed in receivers
