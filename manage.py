#!/usr/bin/env python
"""The project's commands: `python manage.py help` lists them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import execute_from_command_line

from project.core import logs
from project.demo import environment
from project.failures import told_plainly

# init writes the settings; the sandbox belongs to no installation, so it must not make the keys of one.
_WITHOUT_SETTINGS = ("init", "sandbox")


def main(argv: list[str]) -> None:
    """Run one command. A foreseen error is told in one sentence, with exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # programs that stay are watched through pipes and journals, too
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    command = argv[1] if len(argv) > 1 else "help"
    if command == "demo":
        environment.prepare(os.environ, Path(__file__).resolve().parent)
    with told_plainly():
        if command in _WITHOUT_SETTINGS:
            settings.configure(INSTALLED_APPS=["project"])
        else:
            logs.configure(command)
        execute_from_command_line(argv)


if __name__ == "__main__":
    main(sys.argv)
