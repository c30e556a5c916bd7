"""Keeps a worker alive through a Redis restart, and asleep while it has nothing to do.

kombu 5.7 gives back unacknowledged messages while it closes a channel. When the broker died, that needs a
connection that is gone already: an AttributeError or a connection error that Celery takes for unrecoverable, and
the process exits. The messages come back by themselves after the visibility timeout.

It also wakes up every second to look after queues that expire. A worker's queues do not.
"""

from __future__ import annotations

import logging
from typing import Any

from kombu.transport import redis

log = logging.getLogger(__name__)

_restore_unacked = redis.QoS.restore_unacked
_register = redis.Transport.register_with_event_loop
_lost: tuple[type[BaseException], ...] = (AttributeError, *redis.Transport.connection_errors)


def apply() -> None:
    """Install the guard for this process. Safe to call again."""
    setattr(redis.QoS, "restore_unacked", _guarded)  # noqa: B010 - a method on purpose
    setattr(redis.Transport, "register_with_event_loop", _registered)  # noqa: B010


def _guarded(self: Any, client: Any = None) -> None:
    try:
        _restore_unacked(self, client)
    except _lost as error:
        log.warning("messages return after the visibility timeout: %s", type(error).__name__)
        self._delivered.clear()


def _registered(self: Any, connection: Any, loop: Any) -> None:
    _register(self, connection, loop)
    timer = getattr(self.cycle, "_binding_expiry_tref", None)  # kombu 5.7 and later
    if timer is not None:
        timer.cancel()
