"""What the pairs room adds to the admin bot: one module per command, each with its own PART of the room."""

from __future__ import annotations

from pairs.bot import (
    addpair,
    changesession,
    deletesession,
    editpair,
    importpairs,
    moves,
    optimalsession,
    pairs,
    pausepair,
    removepair,
    resumepair,
    testpair,
    trace,
    whatif,
)
from project.botkit.joining import join

ROOM = join(
    pairs.PART,
    addpair.PART,
    editpair.PART,
    pausepair.PART,
    resumepair.PART,
    removepair.PART,
    testpair.PART,
    importpairs.PART,
    trace.PART,
    changesession.PART,
    deletesession.PART,
    moves.PART,
    optimalsession.PART,
    whatif.PART,
)
