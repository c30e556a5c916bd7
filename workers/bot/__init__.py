"""What the workers room adds to the admin bot."""

from __future__ import annotations

from project.botkit.parts import Room
from workers.bot import restartworker, workerstatus

ROOM = Room(commands=(workerstatus.COMMAND, restartworker.COMMAND), presses=(workerstatus.PRESS,))
