"""`manage.py importsession`: takes over a login that another program made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from project.core.config import current
from project.core.errors import Conflict, InvalidInput
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.login import wait_for_end
from project.doors.prompts import ask_long_secret
from project.doors.running import at_work, installation
from project.telegram.imports import read_session_file, read_session_string
from project.telegram.strings import goes_on
from project.telegram.values import ImportedLogin
from sessions.models import LoginStep, TelegramSession
from sessions.services import login
from sessions.services.finding import find_session, is_logged_in

_WARNING = (
    "The program that uses this login now must be stopped for good: two programs on one login at the same time can "
    "cost the account, and Telegram then ends the login for both."
)


class Command(DoorCommand):
    """The key goes into the session's worker, sealed; the account is looked at there, and nowhere else."""

    help = "Take over a login of Telethon, GramJS or Pyrogram (session file or string) for a registered session."

    def add_arguments(self, parser: CommandParser) -> None:
        """The session, and where its login is."""
        parser.add_argument("name", metavar="NAME", help="a session that `python manage.py session add` registered")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--file", metavar="PATH", type=Path, help="a .session file of Telethon or Pyrogram; it is only read"
        )
        source.add_argument(
            "--string",
            action="store_true",
            help="a session string of Telethon, GramJS or Pyrogram, asked for or read from standard input",
        )
        parser.add_argument("--yes", action="store_true", help="the other program is stopped: do not ask")
        parser.set_defaults(run=self._import)

    def _import(self, options: dict[str, Any]) -> None:
        with installation(current()):
            session = find_session(options["name"])
            if is_logged_in(session):
                raise Conflict(f"Session {session.name} is logged in already.", hint="Nothing has to be imported.")
            imported = self._read(options)
            self.say(_WARNING)
            if not options["yes"]:
                _confirm()
            with at_work(current(), self.say):
                self._take_over(session, imported)
                session.refresh_from_db()
        self.say(f"Session {session.name} is logged in (Telegram account {session.user_id}).")
        self.say("Delete the other program's copy of the login: it must never run beside this one.")

    def _read(self, options: dict[str, Any]) -> ImportedLogin:
        if options["file"] is not None:
            return read_session_file(options["file"])
        return read_session_string(ask_long_secret("Session string", goes_on))

    def _take_over(self, session: TelegramSession, imported: ImportedLogin) -> None:
        asked = login.import_login(actor=actor(), session=session, imported=imported)
        try:
            end = wait_for_end(asked.account, say=self.say)
        finally:
            login.give_up(account=session.account, reason="Given up on the command line.")
        if end.step != LoginStep.DONE:
            raise Conflict(
                f"The login was not taken over: {end.error}",
                hint=f"`python manage.py session login {session.name}` makes one.",
            )


def _confirm() -> None:
    sys.stdout.write("Is it stopped? Type yes: ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise InvalidInput("Nothing was changed.", hint="Stop the other program first.")
