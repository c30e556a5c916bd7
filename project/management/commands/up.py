"""manage.py up: everything on this machine, without Docker."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from project.core.binding.inspect import inspect
from project.core.config import Config, current
from project.core.errors import SettingError
from project.core.stopping import StopAsked, check_stop, pause, stop_on_signal
from project.doors.doctor.bot import introduce
from project.doors.doctor.database import connect
from project.embedded.layout import layout
from project.embedded.schema import migrate
from project.embedded.servers import Servers, ensure_servers
from project.run.manager import Manager
from project.run.service import State
from project.run.services import BASE_DIR, check_web_port, services
from project.run.table import table

_READY_SECONDS = 20.0  # then it says what is late; a platform may be out of reach for hours
_LOOK_SECONDS = 1.0
_BINDING_SECONDS = 5.0


class Command(BaseCommand):
    """Starts the servers that are not configured, brings the tables up to date and runs all services."""

    help = "Run every service on this machine until Ctrl-C; with embedded servers where none are configured."
    requires_system_checks = ()
    _held = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--verbose", action="store_true", help="show the services' output here, too")

    def handle(self, *_args: Any, **options: Any) -> None:
        config = current()
        check_web_port(config)
        try:
            with stop_on_signal(), ensure_servers(config, take_over=True) as servers:
                self._say_servers(servers)
                migrate(config)
                check_stop()
                call_command("collectstatic", interactive=False, verbosity=0)
                check_stop()
                self._run(config, show_output=bool(options["verbose"]))
        except StopAsked:
            self.stdout.write("Stopped.")

    def _run(self, config: Config, *, show_output: bool) -> None:
        echo = self._echo if show_output else None
        logs = layout(config.var_dir).logs
        with Manager(services(config), logs=logs, directory=BASE_DIR, echo=echo) as manager:
            manager.wait_settled(_READY_SECONDS)
            self._say_services(config, manager)
            self._follow(config, manager)

    def _follow(self, config: Config, manager: Manager) -> None:
        """Say when a service ends or returns, and when every account is held, until a signal."""
        before = {status.name: status.state for status in manager.statuses()}
        asked = float("-inf")
        while True:
            if time.monotonic() - asked >= _BINDING_SECONDS:
                asked = time.monotonic()
                self._say_held(config)
            pause(_LOOK_SECONDS)
            for status in manager.statuses():
                if status.state is not before[status.name]:
                    self.stdout.write(f"{status.name}: {status.state} {status.last_line}".rstrip())
                before[status.name] = status.state

    def _say_held(self, config: Config) -> None:
        try:
            with connect(config) as conn:
                held = inspect(conn, config.var_dir).sentence()
        except (SettingError, psycopg.Error):  # the services' own logs tell that the database is away
            return
        if held != self._held:
            self.stdout.write(held or "No account is held any more.")
        self._held = held

    def _echo(self, name: str, line: str) -> None:
        self.stdout.write(f"{name:>8} | {line}")

    def _say_servers(self, servers: Servers) -> None:
        for name in servers.started:
            self.stdout.write(f"Embedded {name}: started")
        for name in servers.attached:
            self.stdout.write(f"Embedded {name}: already running")

    def _say_bot(self, config: Config) -> None:
        if not config.admin_bot_token:
            self.stdout.write("No admin bot: ADMIN_BOT_TOKEN is not set.")
            return
        try:
            for line in introduce(config):
                self.stdout.write(line)
        except DatabaseError:  # the services' own logs tell that the database is away
            return
        finally:
            connection.close()  # this process stays, and does not ask again

    def _say_services(self, config: Config, manager: Manager) -> None:
        statuses = manager.statuses()
        self.stdout.write(f"\n{table(statuses)}\n")
        if late := [status.name for status in statuses if status.state is not State.READY]:
            self.stdout.write(f"NOT READY: {', '.join(late)}. It is tried again; its log says why.\n")
        self.stdout.write(f"Admin site: {config.public_url}/admin/  (a user: `python manage.py createsuperuser`)")
        self._say_bot(config)
        if not config.discord_bot_token:
            self.stdout.write("Discord is not listened to: DISCORD_BOT_TOKEN is not set.")
        self.stdout.write("Ctrl-C stops everything.")
