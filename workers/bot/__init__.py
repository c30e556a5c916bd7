"""What the workers room adds to the admin bot."""

from __future__ import annotations

from project.botkit.joining import join
from project.botkit.parts import Room
from workers.bot import restartworker, sessionhealth, sessionstatus, workerstatus

ROOM = join(
    sessionstatus.PART,
    sessionhealth.PART,
    Room(commands=(workerstatus.COMMAND, restartworker.COMMAND), presses=(workerstatus.PRESS,)),
)
