"""manage.py sandbox: a loopback Telegram and Discord with a control API and a chat page."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from project.sandbox import command


class Command(BaseCommand):
    """Runs until it is interrupted."""

    help = "Runs a loopback Telegram and Discord with a control API and a chat page."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The sandbox's own options."""
        command.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs it."""
        command.run(argparse.Namespace(**options))
