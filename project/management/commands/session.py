"""`manage.py session add|login|list`: Telegram user accounts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count, Q

from pairs.models import Assignment, PairStatus
from project.core.config import current
from project.core.errors import Conflict
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.login import converse
from project.doors.running import at_work, installation
from project.doors.tables import table
from sessions.models import TelegramSession
from sessions.services import login, registry

_HEAD = ("session", "phone", "state", "health", "pairs", "priority", "remark")


class Command(DoorCommand):
    """Registers sessions, logs them in, shows them."""

    help = "Telegram user accounts: add, login, list."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        add = verb("add", self._add, "Register an account; nothing is sent to Telegram yet.")
        add.add_argument("name", metavar="NAME", help="1 to 32 letters, digits and underscores")
        add.add_argument("phone", metavar="PHONE", help="as +1234567890")
        add.add_argument("--priority", type=int, default=1, help="1 to 10, higher is preferred (default 1)")
        add.add_argument("--max-pairs", type=int, help="1 to 50 (default MAX_PAIRS_PER_SESSION)")
        log_in = verb("login", self._login, "Log an account in with the code that Telegram sends.")
        log_in.add_argument("name", metavar="NAME")
        log_in.add_argument("--again", action="store_true", help="though it is logged in already")
        verb("list", self._list, "Show all sessions.")

    def _add(self, options: dict[str, Any]) -> None:
        with installation(current()):
            added = registry.register_session(
                actor=actor(),
                name=options["name"],
                phone=options["phone"],
                priority=options["priority"],
                max_pairs=options["max_pairs"],
            )
        self.say(f"Session {added.name} ({added.phone}) is registered.")
        self.say(f"Next: python manage.py session login {added.name}")

    def _login(self, options: dict[str, Any]) -> None:
        with installation(current()):
            session = registry.find_session(options["name"])
            if registry.is_logged_in(session) and not options["again"]:
                raise Conflict(
                    f"Session {session.name} is logged in already.",
                    hint=f"`session login {session.name} --again` does it anew; Telegram allows about five a day.",
                )
            with at_work(current(), self.say):
                self._converse(session)
                session.refresh_from_db()
        self.say(f"Session {session.name} is logged in (Telegram account {session.user_id}).")
        self.say("If Telegram asks on your phone whether this new login was you, answer Yes.")

    def _converse(self, session: TelegramSession) -> None:
        login.request_login(actor=actor(), session=session)
        self.say(f"Asking Telegram for a login code for {session.phone_hint} …")
        try:
            converse(session.account, say=self.say, again=f"session login {session.name}")
        finally:
            login.give_up(account=session.account, reason="Given up on the command line.")

    def _list(self, _options: dict[str, Any]) -> None:
        with installation(current()):
            sessions = registry.list_sessions()
            counted = Assignment.objects.filter(~Q(pair__status=PairStatus.REMOVED)).values_list("session")
            used = dict(counted.annotate(Count("pair")))
        if not sessions:
            self.say("There is no session yet. Next: python manage.py session add NAME PHONE")
            return
        rows = [
            (
                one.name,
                one.phone,
                one.lifecycle,
                one.health,
                f"{used.get(one.id, 0)}/{one.max_pairs}",
                one.priority,
                one.health_reason,
            )
            for one in sessions
        ]
        self.say(table(_HEAD, rows))
