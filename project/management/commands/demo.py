"""`manage.py demo`: the whole program on this machine, between a loopback Telegram and Discord."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.core.config import Config, current
from project.core.errors import Conflict
from project.core.secret import Secret
from project.core.stopping import StopAsked, check_stop, run, stop_on_signal
from project.demo import operator
from project.demo.check import Report
from project.demo.dialogue import Dialogue, hold_dialogue
from project.demo.run import follow, play
from project.demo.world import DemoRoute, DemoWorld, build_world
from project.embedded.layout import layout
from project.embedded.schema import migrate
from project.embedded.servers import Servers, ensure_servers
from project.run.manager import Manager
from project.run.service import Service, wrote
from project.run.services import BASE_DIR, services
from project.sandbox.client import ControlClient

READY = 90.0  # seconds for all services to start
USER = "demo"


class Command(BaseCommand):
    """Starts everything, plays messages through it, holds a dialogue with the bot, and leaves it running or exits."""

    help = "Watch messages travel Telegram -> Discord -> Telegram on this machine. Needs no accounts."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("--messages", type=_count, default=120, help="posts at the sources (default 120)")
        parser.add_argument("--exit", action="store_true", help="stop after them; exit code 1 unless all went well")
        parser.add_argument("--report", type=Path, help="write the figures to this file, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the demo."""
        try:
            with stop_on_signal():
                self._run(current(), options)
        except StopAsked:
            self.stdout.write("Stopped.")

    def _run(self, config: Config, options: dict[str, Any]) -> None:
        place = layout(config.var_dir)
        with self._emptied(config), Manager([_sandbox(config)], logs=place.logs, directory=BASE_DIR) as sandbox:
            self._wait(sandbox)
            migrate(config)
            check_stop()
            call_command("collectstatic", interactive=False, verbosity=0)
            world = run(_build(config))
            config = replace(
                config,
                discord_bot_token=Secret(world.discord_token),
                admin_bot_token=Secret(world.operator.bot_token),
                admin_user_ids=(world.operator.user_id,),
            )
            settings.RELAY = config  # the services below, and those called here, are the bots from now on
            env = {
                "DISCORD_BOT_TOKEN": world.discord_token,
                "ADMIN_BOT_TOKEN": world.operator.bot_token,
                "ADMIN_USER_IDS": str(world.operator.user_id),
            }
            with Manager(services(config, env=env), logs=place.logs, directory=BASE_DIR) as manager:
                self._wait(manager)
                self.stdout.write("Logging in three sessions and three sender bots, adding eight pairs …")
                pairs = operator.set_up(world, lambda phone: run(_code(config, phone)))
                self._say_addresses(config)
                report = run(play(_control(config), world, options["messages"], self._say))
                dialogue = self._dialogue(config, world, pairs)
                self._say_report(report, dialogue, options["report"])
                if not options["exit"]:
                    self.stdout.write("\nType a message on the chat page and watch it arrive here. Ctrl-C stops.\n")
                    run(follow(_control(config), world, self._say))
        if not (report.flawless and dialogue.flawless):
            raise CommandError("Something did not arrive as it should; the figures above say what.", returncode=1)

    def _dialogue(self, config: Config, world: DemoWorld, pairs: dict[int, DemoRoute]) -> Dialogue:
        self.stdout.write(f"\n{world.operator.name} writes to the admin bot:\n")
        pair = next(pair for pair, route in pairs.items() if route == world.moved)
        healthy = partial(operator.is_healthy, world.operator.session)
        return run(hold_dialogue(_control(config), world.operator, world.moved, pair, healthy, self._say))

    def _emptied(self, config: Config) -> Servers:
        """Fresh servers: what an earlier demo left belongs to a sandbox that is gone."""
        with ensure_servers(config) as left:
            if left.attached:
                raise Conflict("Another demo is running on this machine.", hint="Stop it first.")
        for folder in ("postgres", "redis"):
            shutil.rmtree(config.var_dir / folder, ignore_errors=True)
        return ensure_servers(config, take_over=True)

    def _wait(self, manager: Manager) -> None:
        late = manager.wait_ready(READY)
        if late:
            names = ", ".join(f"{status.name} ({status.last_line})" for status in late)
            logs = layout(current().var_dir).logs
            raise CommandError(f"Not started within {READY:.0f} s: {names}. The logs are in {logs}.")

    def _say_addresses(self, config: Config) -> None:
        password = secrets.token_urlsafe(9)
        get_user_model().objects.create_superuser(USER, password=password)
        self.stdout.write(f"\nAdmin site: {config.public_url}/admin/   user {USER}, password {password}")
        self.stdout.write(f"Chat page:  {_page(config)}\n\n")

    def _say_report(self, report: Report, dialogue: Dialogue, file: Path | None) -> None:
        figures = asdict(report)
        if file is not None:
            whole = figures | {"dialogue": asdict(dialogue)}
            file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        self.stdout.write("\n" + "  ".join(f"{name} {value}" for name, value in figures.items()) + "\n")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError("a number from 1 to 10000")
    return number


def _sandbox(config: Config) -> Service:
    telegram_port = config.telegram_dc.rpartition(":")[2]
    argv = (
        *(sys.executable, "-m", "project.sandbox", "--telegram-port", telegram_port),
        *("--http-port", str(urlsplit(config.discord_api_url).port), "--key-file", config.telegram_dc_key_file),
    )
    return Service("sandbox", argv, wrote("limits:"))


def _page(config: Config) -> str:
    port = urlsplit(config.discord_api_url).port
    return f"http://127.0.0.1:{port}/"


def _control(config: Config) -> str:
    return f"{_page(config)}control"


async def _build(config: Config) -> DemoWorld:
    async with ControlClient(_control(config)) as control:
        return await build_world(control)


async def _code(config: Config, phone: str) -> str:
    async with ControlClient(_control(config)) as control:
        return await control.telegram.login_code(phone)
