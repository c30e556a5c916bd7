"""Services, called from tests that live on a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


async def called(service: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What the service answers, in a thread of its own, whose connections are closed afterwards."""

    def call() -> T:
        try:
            return service(*arguments, **named)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False)()
