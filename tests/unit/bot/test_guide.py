"""The operator's guide is current, and what the rooms declare holds together."""

from __future__ import annotations

import pytest

from project.bot.guide import GUIDE_PAGE, generated
from project.bot.rooms import CATALOGUE
from project.botkit.parts import Command
from project.core.operators import Role

COMMANDS = list(CATALOGUE.commands.values())
SPECIFIED = {
    "registersession": "<session_name> <phone_number> [priority] [max_pairs]",
    "authenticate": "<session_name> [verification_code]",
    "sessionstatus": "[session_name]",
    "changesession": "<new_session_name> <pair_specification>",
    "sessionhealth": "[session_name]",
    "deletesession": "<session_name> [force]",
    "optimalsession": "",
    "workerstatus": "",
}
ROLES = {
    Role.VIEWER: {"start", "help", "cancel", "whoami", "console", "sessionstatus", "workerstatus", "optimalsession"},
    Role.OWNER: {"operators"},
}


def test_the_guide_is_current() -> None:
    assert GUIDE_PAGE.read_text() == generated()[GUIDE_PAGE], "run: python manage.py reference"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(command: Command) -> None:
    assert command.summary
    assert command.examples
    assert all(example.split()[0] == f"/{command.name}" for example in command.examples)
    assert len(command.name) <= 32  # Bot API, BotCommand
    assert command.name == command.name.lower()


@pytest.mark.parametrize("name", SPECIFIED)
def test_the_specification_s_arguments_stand(name: str) -> None:
    assert CATALOGUE.commands[name].arguments == SPECIFIED[name]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_run_what(role: Role) -> None:
    assert {name for name in ROLES[role] if CATALOGUE.commands[name].role is not role} == set()


def test_a_viewer_changes_nothing() -> None:
    looking = {command.name for command in CATALOGUE.allowed(Role.VIEWER)}
    changing = {"registersession", "authenticate", "changesession", "deletesession", "addbot", "operators"}
    assert looking & changing == set()
