"""`manage.py rotatekeys`: wrap every secret under the first of MASTER_KEYS."""

from __future__ import annotations

import time
from typing import Any

from project.core.config import current
from project.core.crypto import Keyring
from project.core.rotation import Progress, Rotation, rotate
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.running import installation

_EACH = 2.0  # seconds between two lines of progress


class Command(DoorCommand):
    """Rotates; can be stopped, killed and run again at any time."""

    help = "After a new key was put first in MASTER_KEYS: wrap every stored secret under it. May be run again."
    _told = float("-inf")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rotates."""
        super().handle(run=self._rotate, **options)

    def _rotate(self, options: dict[str, Any]) -> None:
        keys = current().master_keys
        with installation(current()):
            done = rotate(keys, actor=actor(), tell=self._tell)
        self.say(f"{done.rewrapped} secrets were sealed anew with the key {keys.first.id.hex()}.")
        self._advise(done, keys)
        if done.left:
            raise SystemExit(1)

    def _tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told >= _EACH or progress.done == progress.total:
            self._told = now
            self.say(f"{progress.done} of {progress.total} secrets are sealed with the new key.")

    def _advise(self, done: Rotation, keys: Keyring) -> None:
        for where in done.shut:
            self.say(f"Not opened: {where}")
        older = ", ".join(key.id.hex() for key in keys.keys[1:])
        if done.left > len(done.shut):
            self.say(
                "A process that runs with older settings stored secrets meanwhile: restart all, then run this again."
            )
        elif done.left:
            self.say("Keep the older keys: without the one that opens these, they are lost.")
        elif older:
            self.say(
                f"Once every process was restarted with these MASTER_KEYS, older keys ({older}) may be removed; "
                "backups made before today still need them."
            )
        else:
            self.say(
                "MASTER_KEYS holds one key only. To change it, put a new one before it and restart everything first."
            )
