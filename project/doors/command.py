"""What the commands for people have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from project.core.checks import Check, Level, any_failed
from project.core.stopping import StopAsked, check_stop, stop_on_signal

Run = Callable[[dict[str, Any]], None]

_INTERRUPTED = 130


class DoorCommand(BaseCommand):
    """A command with verbs. A verb's method gets the parsed options; foreseen errors are told by manage.py."""

    requires_system_checks = ()

    def verbs(self, parser: CommandParser) -> Callable[[str, Run, str], CommandParser]:
        """Makes the parser of one verb after another: `verb("list", self._list, "Show all.")`."""
        group = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

        def verb(name: str, run: Run, text: str) -> CommandParser:
            made: CommandParser = group.add_parser(name, help=text, description=text)
            made.set_defaults(run=run)
            return made

        return verb

    def handle(self, *_args: Any, **options: Any) -> None:
        """Runs the verb; Ctrl-C cleans up and leaves with exit code 130."""
        try:
            with stop_on_signal():
                options["run"](options)
        except StopAsked:
            self.stderr.write("Stopped.")
            raise SystemExit(_INTERRUPTED) from None

    def say(self, text: str) -> None:
        """Show a line at once. Raises StopAsked when Ctrl-C was pressed meanwhile."""
        self.stdout.write(text)
        self.stdout.flush()
        check_stop()

    def show(self, checks: Iterable[Check]) -> list[Check]:
        """Each check as a line, as it comes, with what to do below those that are not ok."""
        seen = []
        for check in checks:
            seen.append(check)
            self.say(f"{self._coloured(check.level)}  {check.what:<13} {check.text}")
            if check.todo:
                self.say(f"{'':<23}-> {check.todo}")
        return seen

    def end(self, checks: list[Check]) -> None:
        """Exit code 1 when something failed."""
        if any_failed(checks):
            raise SystemExit(1)

    def _coloured(self, level: Level) -> str:
        style = {Level.OK: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.FAILED: self.style.ERROR}
        return style[level](f"{level:<7}")
