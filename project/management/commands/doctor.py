"""`manage.py doctor`: what is in order, what is not, and the one thing to do next."""

from __future__ import annotations

from typing import Any

from project.core.config import current
from project.doors.command import DoorCommand
from project.doors.doctor.examination import Examination


class Command(DoorCommand):
    """Looks and tells; changes nothing."""

    help = "Look at settings, servers, keys, clock, Telegram, Discord and pairs; exit code 1 when something failed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Looks."""
        super().handle(run=self._look)

    def _look(self, _options: dict[str, Any]) -> None:
        examination = Examination(current())
        checks = self.show(examination.run())
        self.say(f"\nNext: {examination.advice()}")
        self.end(checks)
