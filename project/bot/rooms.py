"""All that the admin bot can do: what the rooms declare, and what belongs to none of them."""

from __future__ import annotations

import pairs.bot
import sessions.bot
import workers.bot
from project.bot.commands import audit, console, operators
from project.bot.commands.cancel import CANCEL
from project.bot.commands.help import help_room
from project.bot.commands.start import start_room
from project.bot.commands.whoami import WHOAMI
from project.bot.steps import credentials, intents
from project.botkit.catalogue import Catalogue, assemble
from project.botkit.parts import Room

SECTIONS = ("Basics", "Sessions", "Pairs", "Senders", "Workers", "Administration")


def _catalogue() -> Catalogue:
    return CATALOGUE


_OWN = (
    start_room(_catalogue),
    help_room(_catalogue),
    Room(commands=(CANCEL, WHOAMI), checklist=(credentials, intents)),
    operators.ROOM,
    audit.ROOM,
    console.ROOM,
)
ROOMS: tuple[Room, ...] = (*_OWN, sessions.bot.ROOM, pairs.bot.ROOM, workers.bot.ROOM)
CATALOGUE = assemble(ROOMS, sections=SECTIONS)
