"""What the sessions room adds to the admin bot: one module per command, each with its own part of the room."""

from __future__ import annotations

from project.botkit.joining import join
from sessions.bot import (
    addbot,
    authenticate,
    bots,
    disablesession,
    editsession,
    enablesession,
    registersession,
    removebot,
    testbot,
    updatebottoken,
)

ROOM = join(
    registersession.PART,
    authenticate.PART,
    editsession.PART,
    enablesession.PART,
    disablesession.PART,
    addbot.PART,
    bots.PART,
    testbot.PART,
    updatebottoken.PART,
    removebot.PART,
)
