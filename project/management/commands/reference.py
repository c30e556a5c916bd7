"""Write the files that are generated from the settings' declarations."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from project.reference import generated


class Command(BaseCommand):
    """Run it after changing a setting; a test compares the files."""

    help = "Write .env.example and docs/reference/settings.md from the settings' declarations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path, text in generated().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self.stdout.write(f"{path} was written.")
