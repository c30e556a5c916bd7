"""Everything a worker imports, imported once in its parent: forks share the memory and start in milliseconds."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from functools import cache
from itertools import product
from typing import Any

import django
import setproctitle
from redis import utils as redis_utils

from project.core.crypto import Keyring, new_key, seal, unseal
from project.core.logs import configure
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
ABSTRACT: tuple[type, ...] = (Mapping, Sequence, Iterable, Sized)
KINDS: tuple[type, ...] = (list, tuple, str, bytes, int, type(None))


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
    for module in MODULES:
        importlib.import_module(module)
    rehearse(app)


def rehearse(app: Any) -> None:
    """What every worker would do for the first time, and keep: done here, its pages are shared instead of copied."""
    configure("zygote")
    setproctitle.getproctitle()
    keys = Keyring.parse(new_key())
    unseal(seal(b"", owner="zygote", keys=keys), owner="zygote", keys=keys)
    app.loader.init_worker()
    assert app.amqp.queues is not None
    for abstract, kind in product(ABSTRACT, KINDS):
        issubclass(kind, abstract)  # the first time it asks every subclass there is
    redis_utils.get_lib_version = cache(redis_utils.get_lib_version)  # it searches the whole path at every connection
    redis_utils.get_lib_version()
