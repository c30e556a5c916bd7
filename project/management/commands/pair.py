"""`manage.py pair add|edit|join|pause|resume|remove|test|list|import|export`: what is relayed where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from pairs.domain.channels import read_channel
from pairs.domain.durations import parse_duration
from pairs.domain.requests import EditWish, PairWish
from pairs.domain.specs import parse_spec
from pairs.services import statuses
from pairs.services.adding import add_wished
from pairs.services.changing import change_pair
from pairs.services.checks import check_pair
from pairs.services.joining import join_source
from pairs.services.registry import PairView, find_pair, list_pairs
from pairs.services.removal import queued, remove_pairs
from pairs.services.selection import pairs_of_spec
from pairs.services.statuses import StatusReport
from pairs.services.targets import find_target
from project.core.clock import database_now
from project.core.config import current
from project.core.errors import Conflict, InvalidInput
from project.core.redaction import names_webhook
from project.core.secret import Secret
from project.doors import pairfiles
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.prompts import ask_secret
from project.doors.running import at_work, installation, node_alive
from project.doors.tables import table
from sessions.services.finding import find_logged_in
from sessions.services.senders import find_active

_HEAD = ("pair", "source", "Discord", "destination", "session", "sender", "status", "remark")
_SPEC = "ids like 1,2,3 or 1-10, or all_from:session_name"
_DISCORD = (
    "the channel (id or link) the Discord bot posts into; `webhook` asks for a webhook's URL (a secret: never here)"
)


class Command(DoorCommand):
    """Adds pairs, changes and tries them, shows them."""

    help = "Pairs of a source, a Discord channel and a destination."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        self._about_one(verb)
        for name, run, text in (
            ("pause", self._pause, "Let pairs rest; their place in the source is kept."),
            ("resume", self._resume, "Let pairs go on that were paused, or stopped at an error."),
            ("remove", self._remove, "Remove pairs for good. What stands in the chats stays."),
        ):
            made = verb(name, run, text)
            made.add_argument("pairs", metavar="PAIRS", help=_SPEC)
            made.add_argument("--reason", default="", metavar="TEXT", help="for the audit trail")
            if name == "pause":
                made.add_argument("--for", dest="duration", metavar="TIME", help="30m, 2h, 3d, 1w; then they go on")
            if name == "remove":
                made.add_argument("--yes", action="store_true", help="really, although messages are queued")
        verb("list", self._list, "Show all pairs.")
        read = verb("import", self._import, "Add and change pairs as a CSV or YAML file says; shows it first.")
        read.add_argument("file", type=Path, metavar="FILE")
        read.add_argument("--dry-run", action="store_true", help="show what would be new or different, do nothing")
        write = verb("export", self._export, "Write all pairs to a file that `import` reads.")
        write.add_argument("file", type=Path, metavar="FILE", help="its name ends in .csv, .yaml or .yml")
        write.add_argument(
            "--with-secrets", action="store_true", help="with the webhooks' URLs, for another installation"
        )

    def _about_one(self, verb: Any) -> None:
        add = verb("add", self._add, "Relay a source to a Discord channel and on to a destination, from now on.")
        add.add_argument("--session", default="", metavar="NAME", help="who reads the source; else the best that can")
        add.add_argument("--source", required=True, metavar="CHAT", help="@name, t.me link or id")
        add.add_argument("--discord", metavar="CHANNEL", help=f"{_DISCORD}; so does leaving it out")
        add.add_argument("--destination", required=True, metavar="CHAT", help="@name, t.me link or id")
        add.add_argument("--sender", default="", metavar="@BOT", help="who posts there; without it the session does")
        edit = verb("edit", self._edit, "Change a pair. What is queued goes to the new place; what stands stays.")
        edit.add_argument("--discord", metavar="CHANNEL", help=_DISCORD)
        edit.add_argument("--destination", default="", metavar="CHAT", help="@name, t.me link or id")
        edit.add_argument("--sender", default="", metavar="@BOT", help="another sender bot, or `session`")
        edit.add_argument("--titles", action="store_true", help="read the chats' names anew")
        for made in (add, edit):
            made.add_argument("--protected", choices=["skip", "reupload"], help="what the source forbids to copy")
        test = verb("test", self._test, "See whether a pair can work. Nothing is posted.")
        join = verb("join", self._join, "Let the session of a pair join the public source that it reads.")
        join.add_argument("--reason", default="", metavar="TEXT", help="for the audit trail")
        for made in (edit, test, join):
            made.add_argument("pair", type=int, metavar="ID")

    # --- one pair

    def _add(self, options: dict[str, Any]) -> None:
        _refuse_secret(options["discord"])
        config = current()
        with installation(config):
            if options["session"]:
                find_logged_in(options["session"])
            if options["sender"]:
                find_active(options["sender"])
            target = find_target(_discord(options["discord"] or "webhook").reveal())
            running = node_alive(config)
            with at_work(config, self.say):
                self.say("Looking the chats up …")
                wish = PairWish(
                    source=options["source"],
                    discord=Secret(""),
                    destination=options["destination"],
                    session=options["session"],
                    sender=options["sender"],
                    options=_options(options),
                )
                added = add_wished(actor=actor(), wish=wish, target=target)
                self.say(table(_HEAD, [_row(added)]))
                checks = self.show(check_pair(find_pair(added.id)))
        self.say("It relays from now on." if running else "Next: python manage.py up")
        self.end(checks)

    def _edit(self, options: dict[str, Any]) -> None:
        _refuse_secret(options["discord"])
        with installation(current()):
            find_pair(options["pair"])
            wish = EditWish(
                discord=_discord(options["discord"]) if options["discord"] else None,
                destination=options["destination"],
                sender=options["sender"],
                options=_options(options),
                titles=options["titles"],
            )
            with at_work(current(), self.say):
                edited = change_pair(actor=actor(), pair_id=options["pair"], wish=wish)
        for change in edited.changes or ("It is like that already.",):
            self.say(change)
        for consequence in edited.consequences:
            self.say(f"Note: {consequence}")

    def _test(self, options: dict[str, Any]) -> None:
        with installation(current()):
            pair = find_pair(options["pair"])
            with at_work(current(), self.say):
                self.end(self.show(check_pair(pair)))

    def _join(self, options: dict[str, Any]) -> None:
        with installation(current()):
            find_pair(options["pair"])
            with at_work(current(), self.say):
                self.say(str(join_source(actor=actor(), pair_id=options["pair"], reason=options["reason"])))

    # --- several

    def _pause(self, options: dict[str, Any]) -> None:
        until = database_now() + parse_duration(options["duration"]) if options["duration"] else None
        with installation(current()):
            report = statuses.pause(_ids(options), actor=actor(), reason=options["reason"], until=until)
        self._tell("paused", report)

    def _resume(self, options: dict[str, Any]) -> None:
        with installation(current()):
            report = statuses.resume(_ids(options), actor=actor(), reason=options["reason"])
        self._tell("goes on", report)

    def _tell(self, done: str, report: StatusReport) -> None:
        for pair_id in report.changed:
            self.say(f"pair {pair_id}: {done}")
        for pair_id, why in report.unchanged:
            self.say(f"pair {pair_id}: not changed, {why}")

    def _remove(self, options: dict[str, Any]) -> None:
        with installation(current()):
            ids = _ids(options)
            waiting = queued(ids)
            if waiting and not options["yes"]:
                raise Conflict(
                    f"{waiting} messages are queued and would not be sent.", hint="Say --yes, or wait for them."
                )
            for pair_id in remove_pairs(actor=actor(), pair_ids=ids, reason=options["reason"]):
                self.say(f"pair {pair_id}: removed")

    def _list(self, _options: dict[str, Any]) -> None:
        with installation(current()):
            found = list_pairs()
        if not found:
            self.say("There is no pair yet. Next: python manage.py pair add --help")
            return
        self.say(table(_HEAD, [_row(one) for one in found]))

    # --- files

    def _import(self, options: dict[str, Any]) -> None:
        lines = pairfiles.read(options["file"])
        with installation(current()):
            plan = pairfiles.compared(lines, self.say)
            if options["dry_run"] or not plan.work:
                return
            with at_work(current(), self.say):
                failed = pairfiles.carry_out(plan, actor=actor(), say=self.say)
        if failed:
            raise SystemExit(1)

    def _export(self, options: dict[str, Any]) -> None:
        with installation(current()):
            written = pairfiles.write(options["file"], with_secrets=options["with_secrets"])
        self.say(f"{written} pairs are in {options['file']}, readable by you only.")


def _ids(options: dict[str, Any]) -> list[int]:
    return [pair.id for pair in pairs_of_spec(parse_spec(options["pairs"]))]


def _options(options: dict[str, Any]) -> dict[str, str]:
    return {"protected": options["protected"]} if options["protected"] else {}


def _row(one: PairView) -> tuple[object, ...]:
    return (one.id, one.source, one.discord, one.destination, one.session, one.sender, one.status, one.remark)


def _discord(given: str) -> Secret:
    if given == "webhook":
        return ask_secret("Webhook URL (or channel id)")
    return Secret(str(read_channel(given).channel_id))


def _refuse_secret(discord: str | None) -> None:
    if discord is not None and names_webhook(discord):
        raise InvalidInput(
            "--discord takes a channel's id or link.",
            hint="A webhook URL is a secret: say --discord webhook and paste it when asked, or pipe it in.",
        )
