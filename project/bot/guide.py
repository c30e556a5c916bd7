"""The operator's guide, made from what the commands declare: docs/reference/admin-bot.md."""

from __future__ import annotations

from pathlib import Path

from project.bot.rooms import CATALOGUE
from project.botkit.catalogue import Catalogue
from project.botkit.parts import Command
from project.core.operators import Role
from project.env import BASE_DIR

GUIDE_PAGE = BASE_DIR / "docs" / "reference" / "admin-bot.md"

_HEAD = """\
# The admin bot's commands

Write to the bot in your private chat with it. `/start` shows what is set up and the next step, `/help` what you may
run. Angle brackets stand for what has to be given, square ones for what may be left out. A command that is wrong in
several ways is answered with all of them at once, and with a correction to copy.

Whoever is not on the whitelist gets no answer. There are three roles: a **viewer** looks, an **operator** runs
sessions, pairs and workers, an **owner** does everything and says who else may use the bot. The owners of
`ADMIN_USER_IDS` are changed there; everybody else with `/operators`. While there is no owner,
`python manage.py init` and `python manage.py doctor` print a link that makes the first person who opens it the owner.

What changes much asks first: the question is good for 60 seconds, once, and for the person who was asked.

This page is generated from the commands' own declarations: `python manage.py reference`.
"""


def generated() -> dict[Path, str]:
    """The page with the text that it should have."""
    return {GUIDE_PAGE: guide(CATALOGUE)}


def guide(catalogue: Catalogue) -> str:
    """Who may run what, then every command by section."""
    parts = [_HEAD, "\n## Who may run what\n\n| command | viewer | operator | owner | room |\n|---|---|---|---|---|\n"]
    parts += [_matrix_row(command) for _, commands in catalogue.sections(Role.OWNER) for command in commands]
    for section, commands in catalogue.sections(Role.OWNER):
        parts.append(f"\n## {section}\n")
        parts += [_entry(command) for command in commands]
    return "".join(parts)


def room_of(command: Command) -> str:
    """The package that the command lives in: "sessions", "project.bot"."""
    run = getattr(command.run, "func", command.run)
    return str(run.__module__).partition(".bot")[0].replace("project", "project.bot")


def _matrix_row(command: Command) -> str:
    marks = " | ".join("✓" if role.allows(command.role) else "" for role in Role)
    return f"| `/{command.name}` | {marks} | {room_of(command)} |\n"


def _entry(command: Command) -> str:
    lines = [f"\n### /{command.name}\n", f"{_sentence(command.summary)} Role: {command.role}.\n", _code(command.usage)]
    if command.details:
        lines.append(f"{_escaped(command.details)}\n")
    if command.examples:
        lines += ["For example:\n", _code(*command.examples)]
    return "\n".join(lines)


def _code(*lines: str) -> str:
    return "\n".join(["```", *lines, "```\n"])


def _sentence(text: str) -> str:
    return _escaped(text if text.endswith((".", "?", "!")) else f"{text}.")


def _escaped(text: str) -> str:
    """As Markdown shows it unchanged."""
    return text.replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
