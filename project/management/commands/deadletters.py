"""`manage.py deadletters list|show|replay`: messages that were set aside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from pairs.models import PairStatus
from pairs.services import deadletters
from pairs.services.deadletters import DeadLetter, Wanted
from project.core.config import current
from project.core.errors import InvalidInput
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.running import installation
from project.doors.tables import table

_HEAD = ("id", "pair", "to", "what", "message", "parts", "taken", "reason")
_PLATFORMS = {1: "Discord", 2: "Telegram"}
_AGE = re.compile(r"(\d{1,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Command(DoorCommand):
    """Lists dead letters, shows one, sends them again."""

    help = "Messages that a platform refused: list, show, replay."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        listing = verb("list", self._list, "Show dead letters, oldest first, at most some 500.")
        show = verb("show", self._show, "Show one, with the beginning of its text.")
        show.add_argument("id", type=int, metavar="ID")
        again = verb("replay", self._replay, "Send dead letters again, in their newest revision.")
        again.add_argument("ids", type=int, nargs="*", metavar="ID")
        again.add_argument("--all", action="store_true", help="all of them, or all that the options below choose")
        for chosen in (listing, again):
            chosen.add_argument("--pair", type=int, metavar="ID", help="of this pair")
            chosen.add_argument("--reason", default="", metavar="TEXT", help="whose reason contains this")
            chosen.add_argument("--older-than", type=_age, metavar="AGE", help="taken so long ago: 90s, 15m, 2h, 3d")

    def _list(self, options: dict[str, Any]) -> None:
        with installation(current()):
            found = deadletters.list_dead(_wanted(options))
        if not found:
            self.say("There are no dead letters.")
            return
        self.say(table(_HEAD, [_row(letter) for letter in found]))
        self.say(f"Dead letters: {len(found)}. Send one again: python manage.py deadletters replay {found[0].id}")

    def _show(self, options: dict[str, Any]) -> None:
        with installation(current()):
            letter, text = deadletters.find_dead(options["id"])
        self.say(table(_HEAD, [_row(letter)]))
        self.say(f"Sent again so far: {letter.replays} times. It says: {text!r}" if text else "Its content is gone.")

    def _replay(self, options: dict[str, Any]) -> None:
        if bool(options["ids"]) == _chooses(options):
            raise InvalidInput("Which ones?", hint="Give ids, or --all, --pair, --reason, --older-than.")
        with installation(current()):
            if options["ids"]:
                for letter_id in options["ids"]:
                    self._tell(deadletters.replay(letter_id, actor=actor()))
                return
            done = deadletters.replay_all(_wanted(options), actor=actor())
        self.say(f"{done.sent_again} go out again.")
        for letter_id, why in done.refused:
            self.say(f"{letter_id} does not: {why}")

    def _tell(self, letter: DeadLetter) -> None:
        self.say(f"{letter.id} goes out again, after what its pair sends at the moment.")
        if letter.pair_status not in (PairStatus.ACTIVE, PairStatus.DEGRADED):
            self.say(f"Pair {letter.pair} is {letter.pair_status}: it waits until the pair goes on.")


def _chooses(options: dict[str, Any]) -> bool:
    return any((options["all"], options["pair"] is not None, options["reason"], options["older_than"]))


def _wanted(options: dict[str, Any]) -> Wanted:
    return Wanted(pair=options["pair"], reason=options["reason"], older_than=options["older_than"])


def _row(letter: DeadLetter) -> tuple[object, ...]:
    taken = f"{letter.written_at:%Y-%m-%d %H:%M}"
    chat = _PLATFORMS.get(letter.hop, letter.hop)
    return (letter.id, letter.pair, chat, letter.kind, letter.message_id, letter.parts, taken, letter.reason)


def _age(text: str) -> timedelta:
    match = _AGE.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text!r} is no age.", hint="Write 90s, 15m, 2h or 3d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
