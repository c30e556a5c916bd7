"""`manage.py adopt`: use the accounts in a restored or copied database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from project.core.config import current
from project.core.errors import InvalidInput
from project.doors.actor import actor
from project.doors.adoption import Adopted, Begin, adopt
from project.doors.command import DoorCommand
from project.doors.running import installation
from project.doors.tables import table


class Command(DoorCommand):
    """Lifts the hold. Nodes that wait go on by themselves."""

    help = "Use the accounts in a restored or copied database, once the installation it comes from is stopped for good."

    def add_arguments(self, parser: CommandParser) -> None:
        """Everything has to be said: a wrong answer costs accounts or sends twice."""
        parser.add_argument(
            "--old-is-stopped", action="store_true", help="you have made sure that the old one is stopped"
        )
        begin = parser.add_mutually_exclusive_group()
        begin.add_argument(
            "--resume", action="store_true", help="go on where the database stands; what was sent since is looked up"
        )
        begin.add_argument(
            "--from-now", action="store_true", help="relay only what is new; what was missed is listed, not sent"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Adopts."""
        super().handle(run=self._adopt, **options)

    def _adopt(self, options: dict[str, Any]) -> None:
        begin = _begin(options)
        with installation(current()):
            self._tell(adopt(current(), begin=begin, actor=actor()))

    def _tell(self, adopted: Adopted) -> None:
        self.say(f"Adopted. It was held because {adopted.why}")
        if adopted.gaps:
            self.say("These pairs begin anew; messages after these ids, up to their next connection, are not relayed:")
            rows = [(gap.pair, gap.source, gap.cursor) for gap in adopted.gaps]
            self.say(table(("pair", "source", "last message"), rows))
        if adopted.skipped or adopted.dropped:
            self.say(f"Not sent: {adopted.skipped} queued parts, {adopted.dropped} requests from Discord.")
        self.say("Nodes go on by themselves; accounts connect after the hand-over (HANDOVER_WAIT).")


def _begin(options: dict[str, Any]) -> Begin:
    if not options["old_is_stopped"]:
        raise InvalidInput(
            "Two installations on the same accounts cost the accounts.",
            hint="Make sure that the old one is stopped for good, then add --old-is-stopped.",
        )
    if not (options["resume"] or options["from_now"]):
        raise InvalidInput(
            "Where do the pairs go on?",
            hint="--resume: where the database stands (looked up, some may come twice); --from-now: with what is new.",
        )
    return Begin.RESUME if options["resume"] else Begin.FROM_NOW
