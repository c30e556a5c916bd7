"""Whether the periodic checks of sessions and workers are made."""

from __future__ import annotations

from collections.abc import Iterator

from project.core.checks import Check, failed, ok
from project.core.config import Config
from project.doors.running import node_alive
from workers.services.standstill import next_step, seen_standstill

CHECKS = "checks"


def check_checks(config: Config) -> Iterator[Check]:
    """Nothing to say while nothing runs."""
    if not node_alive(config):
        return
    standing = seen_standstill()
    for sentence in standing:
        yield failed(CHECKS, sentence, next_step())
    if not standing:
        yield ok(CHECKS, "Sessions and workers are checked as planned.")
