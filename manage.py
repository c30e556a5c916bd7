#!/usr/bin/env python
"""The project's commands. A foreseen error is told in one sentence, with exit code 2."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from project.core.errors import RelayError


def main(argv: list[str]) -> int:
    """Run one command. Anything raised on purpose is told as a sentence, without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    try:
        execute_from_command_line(argv)
    except RelayError as error:
        sys.stderr.write(f"{error.for_people()}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
