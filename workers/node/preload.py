"""Everything a worker imports, imported once in its parent: forks share the memory and start in milliseconds."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable

import django

from workers.node.wire import Seat

Work = Callable[[Seat, socket.socket], int]

MODULES = (
    "aiohttp",
    "asyncpg",
    "billiard._ext",
    "billiard.connection",
    "billiard.dummy",
    "billiard.pool",
    "billiard.reduction",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.app.routes",
    "celery.apps.worker",
    "celery.backends.base",
    "celery.concurrency.thread",
    "celery.events",
    "celery.fixups.django",
    "celery.worker.autoscale",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.control",
    "celery.worker.loops",
    "celery.worker.strategy",
    "concurrent.futures.thread",
    "encodings.idna",
    "django.db.backends.postgresql.base",
    "kombu.asynchronous",
    "kombu.matcher",
    "kombu.pidbox",
    "kombu.transport.redis",
    "redis",
    "uvloop",
)
"""Also everything that Celery, Django and asyncio would import on first use."""


def preload() -> Work:
    """Import all of it; returns what a worker does. Opens nothing, starts no thread."""
    prepare()
    work: Work = importlib.import_module("workers.worker.work").work_for
    return work


def prepare() -> None:
    """Django, Celery and every task, finalized; and what they would import later."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    os.environ["UV_THREADPOOL_SIZE"] = "1"  # it resolves names, seldom; four threads cost a worker 2 MiB
    django.setup()
    app = importlib.import_module("project.celery").app
    app.finalize()
    app.loader.import_default_modules()
    for module in MODULES:
        importlib.import_module(module)
