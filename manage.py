#!/usr/bin/env python
"""The project's commands: `python manage.py help` lists them."""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # The imports below take seconds. Until a command listens to signals itself, Ctrl-C ends the program by the kernel:
    # nothing is running yet, and a traceback from the middle of an import tells a person nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

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
_OUR_COMMANDS = Path(__file__).parent / "project" / "management" / "commands"


def main(argv: list[str]) -> None:
    """Run one command. A foreseen error is told in one sentence, with exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # programs that stay are watched through pipes and journals, too
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    command = argv[1] if len(argv) > 1 else "help"
    if not (_OUR_COMMANDS / f"{command}.py").exists():
        signal.signal(signal.SIGINT, signal.default_int_handler)  # Django's own expect it, as `shell` does
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
