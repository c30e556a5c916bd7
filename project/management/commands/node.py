"""`manage.py node list|drain|resume|balance|restart`: hosts that run workers."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from project.botkit.sizes import free_of
from project.botkit.times import ago, span
from project.core.clock import database_now
from project.core.config import current
from project.core.stopping import pause
from project.core.words import counted
from project.doors.actor import actor
from project.doors.command import DoorCommand
from project.doors.running import installation
from project.doors.tables import table
from workers.services import balance, nodes, restart

_HEAD = ("node", "state", "accounts", "heartbeat", "memory", "disk", "CPU", "address")
_MOVE = ("account", "from", "to", "because of")
_NO_NODE = "No node is running. `python manage.py up` runs everything on this machine."
_LOOK = 1.0  # seconds between two looks whether the next account may go


class Command(DoorCommand):
    """Shows nodes, empties one before its host is worked on, spreads accounts over them, restarts single workers."""

    help = "Nodes: list, drain, resume, balance; restart the worker of one session."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        verb = self.verbs(parser)
        verb("list", self._list, "Show the nodes that run.")
        drain = verb("drain", self._drain, "Let other nodes take over what a node runs; it takes nothing more.")
        drain.add_argument("name", metavar="NAME", help="as `python manage.py node list` shows it (NODE_NAME)")
        resume = verb("resume", self._resume, "Let a drained node take accounts again.")
        resume.add_argument("name", metavar="NAME")
        even = verb("balance", self._balance, "Spread accounts evenly over all nodes, one at a time.")
        even.add_argument("--dry-run", action="store_true", help="only show which accounts would go where")
        anew = verb("restart", self._restart, "Restart the worker of a session, or one of its worker groups.")
        anew.add_argument("target", metavar="SESSION[/GROUP]")

    def _list(self, _options: dict[str, Any]) -> None:
        with installation(current()):
            found = nodes.list_nodes()
        if not found:
            self.say(_NO_NODE)
            return
        now = database_now()
        rows = [
            (
                node.name,
                "draining" if node.drain_asked else node.state,
                node.accounts,
                ago(node.heartbeat_at, now),
                free_of(node.memory_free, node.memory_total),
                free_of(node.disk_free, node.disk_total),
                "?" if node.cpu_percent is None else f"{node.cpu_percent:.0f} %",
                node.address,
            )
            for node in found
        ]
        self.say(table(_HEAD, rows))

    def _drain(self, options: dict[str, Any]) -> None:
        with installation(current()):
            view = nodes.drain_node(actor=actor(), name=options["name"])
        if view.others:
            self.say(f"Node {view.name} hands {view.accounts} accounts over to {', '.join(view.others)}.")
            self.say("`python manage.py node list` shows when it has none any more.")
        else:
            self.say(f"No other node is up: {view.name} keeps its {view.accounts} accounts until one is.")

    def _resume(self, options: dict[str, Any]) -> None:
        with installation(current()):
            view = nodes.resume_node(actor=actor(), name=options["name"])
        self.say(f"Node {view.name} takes accounts again that nobody runs; those that went stay where they are.")

    def _balance(self, options: dict[str, Any]) -> None:
        with installation(current()):
            spread = balance.show_spread(by_itself=False)
            if not spread.accounts:
                self.say(_NO_NODE)
                return
            self.say(
                ", ".join(f"{name}: {counted(count, 'account')}" for name, count in sorted(spread.accounts.items()))
            )
            if not spread.moves:
                self.say("Nothing to move.")
                return
            self.say(table(_MOVE, [(move.account, move.source, move.target, move.why) for move in spread.moves]))
            if options["dry_run"]:
                return
            self.say(f"One in {span(current().balance_interval)} at most; Ctrl-C ends it, what has moved stays.")
            while balance.show_spread(by_itself=False).moves:
                if (moved := balance.move_one(actor=actor())) is not None:
                    self.say(f"{moved.account} goes from {moved.source} to {moved.target}.")
                pause(_LOOK)
            self.say("All moves are made; `python manage.py node list` shows the accounts.")

    def _restart(self, options: dict[str, Any]) -> None:
        target = restart.parse_target(options["target"])
        with installation(current()):
            view = restart.restart(actor=actor(), target=target)
        self.say(f"{target} on node {view.node} restarts; what is under way ends first.")
