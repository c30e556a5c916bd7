"""`manage.py session add|login|edit|enable|disable|list`: Telegram user accounts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count

from pairs.models import Assignment
from project.core.config import current
from project.core.errors import Conflict
from project.core.secret import Secret
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.login import converse
from project.doors.prompts import ask_secret
from project.doors.running import at_work, installation
from project.doors.tables import table
from sessions.domain.changes import SessionChanges, read_metadata
from sessions.models import LoginKind, TelegramSession
from sessions.services import login
from sessions.services.editing import edit_session
from sessions.services.enabling import disable_session, enable_session
from sessions.services.finding import SessionView, find_session, is_logged_in, list_sessions
from sessions.services.registering import register_session

_HEAD = ("session", "phone", "state", "health", "pairs", "priority", "remark")


class Command(DoorCommand):
    """Registers sessions, logs them in, changes and shows them."""

    help = "Telegram user accounts: add, login, edit, enable, disable, list."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        add = verb("add", self._add, "Register an account; nothing is sent to Telegram yet.")
        add.add_argument("name", metavar="NAME", help="1 to 32 letters, digits and underscores")
        add.add_argument("phone", metavar="PHONE", nargs="+", help="as +1234567890, or in groups of digits")
        add.add_argument("--priority", type=int, default=1, help="1 to 10, higher is preferred (default 1)")
        add.add_argument("--max-pairs", type=int, help="1 to 50 (default MAX_PAIRS_PER_SESSION)")
        log_in = verb("login", self._login, "Log an account in, with the code that Telegram sends or by QR code.")
        log_in.add_argument("name", metavar="NAME")
        log_in.add_argument("--qr", action="store_true", help="show a QR code, to be scanned by the account's phone")
        log_in.add_argument("--again", action="store_true", help="though it is logged in already")
        self._add_edit(verb("edit", self._edit, "Change a session."))
        for name, run, text in (
            ("enable", self._enable, "Let a disabled session work again."),
            ("disable", self._disable, "Stop a session for a while; its login stays."),
        ):
            verb(name, run, text).add_argument("name", metavar="NAME")
        verb("list", self._list, "Show all sessions.")

    def _add(self, options: dict[str, Any]) -> None:
        with installation(current()):
            added = register_session(
                actor=actor(),
                name=options["name"],
                phone=" ".join(options["phone"]),
                priority=options["priority"],
                max_pairs=options["max_pairs"],
            )
        self.say(f"Session {added.name} ({added.phone}) is registered.")
        self._warn(added)
        self.say(f"Next: python manage.py session login {added.name}")

    def _add_edit(self, edit: CommandParser) -> None:
        edit.add_argument("name", metavar="NAME")
        edit.add_argument("--rename", metavar="NAME")
        edit.add_argument("--priority", type=int, help="1 to 10, higher is preferred")
        edit.add_argument("--max-pairs", type=int, help="1 to 50")
        edit.add_argument("--meta", action="append", nargs="+", default=[], metavar="KEY=VALUE", help="KEY= removes it")
        edit.add_argument(
            "--failover", choices=("on", "off"), help="whether its pairs go to others when it cannot work (default on)"
        )
        proxy = edit.add_mutually_exclusive_group()
        proxy.add_argument("--proxy", action="store_true", help="connect through a SOCKS5 proxy, which is asked for")
        proxy.add_argument("--no-proxy", action="store_true", help="connect directly")
        app = edit.add_mutually_exclusive_group()
        app.add_argument("--api-id", type=int, help="an application of its own; its hash is asked for")
        app.add_argument("--no-api-id", action="store_true", help="the installation's application again")

    def _edit(self, options: dict[str, Any]) -> None:
        changes = SessionChanges(
            name=options["rename"],
            priority=options["priority"],
            max_pairs=options["max_pairs"],
            proxy=ask_secret("Proxy") if options["proxy"] else Secret("") if options["no_proxy"] else None,
            api_id=0 if options["no_api_id"] else options["api_id"],
            api_hash=ask_secret("API hash") if options["api_id"] else None,
            failover=None if options["failover"] is None else options["failover"] == "on",
            metadata={key: value for typed in options["meta"] for key, value in read_metadata(typed).items()},
        )
        with installation(current()):
            edited = edit_session(actor=actor(), name=options["name"], changes=changes)
        self.say(f"Session {edited.name}: priority {edited.priority}, up to {edited.max_pairs} pairs.")
        self._warn(edited)

    def _enable(self, options: dict[str, Any]) -> None:
        with installation(current()):
            enabled = enable_session(actor=actor(), name=options["name"])
        self.say(f"Session {enabled.name} is enabled: it is {enabled.lifecycle}.")
        self._warn(enabled)

    def _disable(self, options: dict[str, Any]) -> None:
        with installation(current()):
            disabled = disable_session(actor=actor(), name=options["name"])
        self.say(f"Session {disabled.name} is disabled; its login stays.")

    def _warn(self, view: SessionView) -> None:
        for warning in view.warnings:
            self.say(f"Note: {warning}")

    def _login(self, options: dict[str, Any]) -> None:
        with installation(current()):
            session = find_session(options["name"])
            if is_logged_in(session) and not options["again"]:
                raise Conflict(
                    f"Session {session.name} is logged in already.",
                    hint=f"`python manage.py session login {session.name} --again` keeps its key while it works.",
                )
            if is_logged_in(session):
                self.say(f"Session {session.name} has a login. While its key works, it is kept: no code is sent.")
            with at_work(current(), self.say):
                asked = self._converse(session, LoginKind.QR if options["qr"] else LoginKind.CODE)
                session.refresh_from_db()
        if not asked:
            self.say(f"The key of session {session.name} works and was kept (Telegram account {session.user_id}).")
            return
        self.say(f"Session {session.name} is logged in (Telegram account {session.user_id}).")
        self.say("If Telegram asks on your phone whether this new login was you, answer Yes.")

    def _converse(self, session: TelegramSession, kind: LoginKind) -> bool:
        login.request_login(actor=actor(), session=session, kind=kind)
        self.say(f"Asking Telegram for a {kind.label} to log {session.phone_hint} in …")
        try:
            return converse(session.account, say=self.say, again=f"python manage.py session login {session.name}")
        finally:
            login.give_up(account=session.account, reason="Given up on the command line.")

    def _list(self, _options: dict[str, Any]) -> None:
        with installation(current()):
            sessions = list_sessions()
            counted = Assignment.living().values_list("session")
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
