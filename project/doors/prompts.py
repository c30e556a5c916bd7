"""Questions to a person. Answers that are secrets are never shown, and never stand in the command line."""

from __future__ import annotations

import getpass
import sys

from project.core.errors import InvalidInput
from project.core.secret import Secret


def ask_secret(question: str) -> Secret:
    """The answer, typed unseen; without a terminal, the next line of standard input. Raises InvalidInput."""
    if sys.stdin.isatty():
        try:
            return Secret(getpass.getpass(f"{question}: ").strip())
        except EOFError:
            raise InvalidInput("No answer was given.") from None
    sys.stdout.write(f"{question}:\n")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise InvalidInput(
            f'No answer to "{question}" came on standard input.', hint="Run the command in a terminal, or pipe it in."
        )
    return Secret(line.strip())
