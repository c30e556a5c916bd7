"""Write the files that are generated from the declarations of settings and of the bot's commands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from project.bot.guide import generated as guide
from project.reference import generated as settings


class Command(BaseCommand):
    """Run it after changing a setting or a command of the bot; tests compare the files."""

    help = "Write .env.example, docs/reference/settings.md and docs/reference/admin-bot.md from the declarations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path, text in {**settings(), **guide()}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self.stdout.write(f"{path} was written.")
