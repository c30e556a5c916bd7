"""`manage.py sender add|test|list`: bots that post to destinations."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from project.core.config import current
from project.core.errors import Conflict
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.login import wait_for_end
from project.doors.prompts import ask_secret
from project.doors.running import at_work, installation
from project.doors.tables import table
from sessions.models import LoginStep
from sessions.services import senders
from sessions.services.checks import check_sender

_HEAD = ("sender", "bot id", "state", "remark")


class Command(DoorCommand):
    """Registers sender bots, tries them, shows them."""

    help = "Sender bots, which post to destinations: add, test, list."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        verb("add", self._add, "Register a bot; its token from @BotFather is asked for, or read from standard input.")
        test = verb("test", self._test, "See whether a bot answers, and may post in a chat. Nothing is posted.")
        test.add_argument("sender", metavar="@BOT", help="@username or bot id")
        test.add_argument("--chat", default="", help="@name, t.me link or id")
        verb("list", self._list, "Show all sender bots.")

    def _add(self, _options: dict[str, Any]) -> None:
        with at_work(current(), self.say):
            added = senders.add_sender(actor=actor(), token=ask_secret("Bot token"))
            self.say("Logging the bot in …")
            state = wait_for_end(added.account, say=self.say)
            if state.step != LoginStep.DONE:
                raise Conflict(
                    f"The bot could not be logged in: {state.error}", hint="`python manage.py sender add` tries again."
                )
            sender = senders.find_sender(str(added.bot_id))
        self.say(f"Sender {sender} is ready. Make it an administrator of the destinations it shall post to.")
        self.say(f"Next: python manage.py sender test {sender} --chat DESTINATION")

    def _test(self, options: dict[str, Any]) -> None:
        with installation(current()):
            sender = senders.find_active(options["sender"])
            with at_work(current(), self.say):
                self.end(self.show(check_sender(sender, options["chat"])))

    def _list(self, _options: dict[str, Any]) -> None:
        with installation(current()):
            found = senders.list_senders()
        if not found:
            self.say("There is no sender bot yet. Next: python manage.py sender add")
            return
        rows = [(f"@{one.username}" if one.username else "", one.bot_id, one.state, one.reason) for one in found]
        self.say(table(_HEAD, rows))
