"""What the pairs room adds to the admin bot: one module per command, each with its own PART of the room."""

from __future__ import annotations

from pairs.bot import changesession, deletesession, moves, optimalsession, whatif
from project.botkit.joining import join

ROOM = join(
    changesession.PART,
    deletesession.PART,
    moves.PART,
    optimalsession.PART,
    whatif.PART,
)
