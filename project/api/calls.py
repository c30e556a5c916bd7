"""Blocking services for code on an event loop: in threads, on connections of their own; errors become answers."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connections

from project.api.answers import Failure
from project.core.config import current
from project.core.errors import ManyProblems, RelayError
from project.doors.running import installation, node_alive

P = ParamSpec("P")
T = TypeVar("T")

_servers = ExitStack()  # embedded servers that run for the time of this program
_starting = threading.Lock()
_started = False


async def call(service: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a service in a thread. Raises what it raises. A cancelled caller does not end what the service has begun."""
    return await sync_to_async(partial(_with_connection, partial(service, *args, **kwargs)), thread_sensitive=False)()


async def answered(work: Awaitable[T]) -> T | Failure:
    """The result, or why there is none: nothing that a caller gets wrong, and no server that is away, raises."""
    try:
        return await work
    except ManyProblems as error:
        return Failure(error.message, error.hint or error.correction, error.problems)
    except RelayError as error:
        return Failure(error.message, error.hint, (error.message,))
    except (DatabaseError, InterfaceError) as error:
        name = type(error).__name__
        return Failure(f"The database did not answer ({name}).", "`python manage.py doctor` says what is in the way.")


async def until(true: Callable[[], T | None], *, seconds: float, step: float = 0.1) -> T | None:
    """What `true` gives once it gives something; None after `seconds`."""
    end = asyncio.get_running_loop().time() + seconds
    while (found := await call(true)) is None:
        if asyncio.get_running_loop().time() >= end:
            return None
        await asyncio.sleep(step)
    return found


def is_node_up() -> bool:
    """Whether somebody runs sessions, so that Telegram can be asked."""
    return node_alive(current())


def _with_connection(service: Callable[[], T]) -> T:
    try:
        _start_servers()
        return service()
    finally:
        connections.close_all()


def _start_servers() -> None:
    """Embedded servers that do not run yet, once per program; they stop with it."""
    global _started
    with _starting:
        if not _started:
            _servers.enter_context(installation(current()))
            atexit.register(_servers.close)
            _started = True
