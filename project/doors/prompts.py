"""Questions to a person. Answers that are secrets are never shown, and never stand in the command line."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.core.stopping import await_input

_CHUNK = 4096
_read_ahead = bytearray()  # of standard input: the lines of a pipe come together


def ask_secret(question: str) -> Secret:
    """Ask; what is typed is not shown, blanks at its ends do not count. Without a terminal the next line of standard
    input is the answer.

    Raises InvalidInput when there is none, StopAsked when Ctrl-C is pressed instead.
    """
    return Secret(_asked(question).strip())


def ask_password(question: str) -> Secret:
    """As `ask_secret`, but to the byte: a blank at either end belongs to a password. The line's end is left out."""
    return Secret(_asked(question).removesuffix("\n").removesuffix("\r"))


def ask_long_secret(question: str, goes_on: Callable[[str], bool]) -> Secret:
    """As `ask_secret`, of an answer that mails and terminals wrap: lines are joined for as long as the text `goes_on`.
    An empty line ends it, too."""
    text = _asked(question).strip()
    while goes_on(text) and (line := _read_line().strip()):
        text += line
    return Secret(text)


def _asked(question: str) -> str:
    terminal = sys.stdin.isatty()
    with _unseen():
        sys.stdout.write(f"{question}: " if terminal else f"{question}:\n")
        sys.stdout.flush()
        line = _read_line()
    if terminal:
        sys.stdout.write("\n")
    if not line:
        raise InvalidInput(
            f'No answer to "{question}" came on standard input.', hint="Run the command in a terminal, or pipe it in."
        )
    return line


def _read_line() -> str:
    """The next line, "" at the end. Read from the descriptor itself, since sys.stdin's own wait hears no signal."""
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):  # not a file: a test's
        return sys.stdin.readline()
    while b"\n" not in _read_ahead:
        await_input(descriptor)
        if not (chunk := os.read(descriptor, _CHUNK)):
            break
        _read_ahead.extend(chunk)
    end = _read_ahead.find(b"\n") + 1 or len(_read_ahead)
    line = bytes(_read_ahead[:end])
    del _read_ahead[:end]
    try:
        return line.decode(sys.stdin.encoding)
    except UnicodeDecodeError:
        raise InvalidInput(f"The answer is not text in {sys.stdin.encoding}.") from None


@contextmanager
def _unseen() -> Iterator[None]:
    """Switch a terminal's echo off. Not getpass: its read cannot be ended by a signal that raises nothing."""
    if not sys.stdin.isatty():
        yield
        return
    former = termios.tcgetattr(sys.stdin)
    hidden = [*former[:3], former[3] & ~termios.ECHO, *former[4:]]
    termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, former)
