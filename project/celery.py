"""The Celery application: `celery -A project.celery worker -Q control`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from project.core import config, logs
from project.failures import told_plainly

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

with told_plainly():
    config.current()

app = Celery("relay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _configure_logs(**arguments: Any) -> None:
    """Celery leaves logging alone when somebody answers this signal."""
    logs.configure("celery")
