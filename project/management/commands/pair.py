"""`manage.py pair add|test|list`: what is relayed where."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from pairs.services.checks import check_pair
from pairs.services.registry import NewPair, PairView, add_pair, find_pair, list_pairs
from pairs.services.targets import find_target
from project.core.config import current
from project.core.errors import InvalidInput
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.prompts import ask_secret
from project.doors.running import at_work, installation, node_alive
from project.doors.tables import table
from sessions.services.lookups import look_up_chat
from sessions.services.registry import find_logged_in
from sessions.services.senders import find_active

_HEAD = ("pair", "source", "Discord", "destination", "session", "sender", "status", "remark")


class Command(DoorCommand):
    """Adds pairs, tries them, shows them."""

    help = "Pairs of a source, a Discord channel and a destination: add, test, list."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        add = verb("add", self._add, "Relay a source to a Discord channel and on to a destination, from now on.")
        add.add_argument("--session", required=True, metavar="NAME", help="the session that reads the source")
        add.add_argument("--source", required=True, metavar="CHAT", help="@name, t.me link or id")
        add.add_argument(
            "--discord",
            metavar="CHANNEL_ID",
            help="the channel the Discord bot posts into; without it a webhook URL is asked for (a secret: never here)",
        )
        add.add_argument("--destination", required=True, metavar="CHAT", help="@name, t.me link or id")
        add.add_argument("--sender", metavar="@BOT", help="the bot that posts there; without it the session does")
        test = verb("test", self._test, "See whether a pair can work. Nothing is posted.")
        test.add_argument("pair", type=int, metavar="ID")
        verb("list", self._list, "Show all pairs.")

    def _add(self, options: dict[str, Any]) -> None:
        _refuse_secret(options["discord"])
        config = current()
        with installation(config):
            session = find_logged_in(options["session"])
            sender = find_active(options["sender"]) if options["sender"] else None
            target = find_target(options["discord"] or ask_secret("Webhook URL (or channel id)").reveal())
            running = node_alive(config)
            with at_work(config, self.say):
                self.say("Looking the chats up …")
                new = NewPair(
                    session=session,
                    source=look_up_chat(session.account, options["source"]),
                    target=target,
                    destination=look_up_chat(sender.account if sender else session.account, options["destination"]),
                    sender=sender,
                )
                added = add_pair(actor=actor(), new=new)
                self.say(table(_HEAD, [_row(added)]))
                checks = self.show(check_pair(find_pair(added.id)))
        self.say("It relays from now on." if running else "Next: python manage.py up")
        self.end(checks)

    def _test(self, options: dict[str, Any]) -> None:
        with installation(current()):
            pair = find_pair(options["pair"])
            with at_work(current(), self.say):
                self.end(self.show(check_pair(pair)))

    def _list(self, _options: dict[str, Any]) -> None:
        with installation(current()):
            found = list_pairs()
        if not found:
            self.say("There is no pair yet. Next: python manage.py pair add --help")
            return
        self.say(table(_HEAD, [_row(one) for one in found]))


def _row(one: PairView) -> tuple[object, ...]:
    return (one.id, one.source, one.discord, one.destination, one.session, one.sender, one.status, one.reason)


def _refuse_secret(discord: str | None) -> None:
    if discord is not None and not discord.strip().isdigit():
        raise InvalidInput(
            "--discord takes a channel id.",
            hint="A webhook URL is a secret: leave --discord out and paste it when asked, or pipe it in.",
        )
