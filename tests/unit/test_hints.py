"""Advice that the program prints can be run as it stands: `python manage.py COMMAND VERB`, and both exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("project", "sessions", "pairs", "workers")
RUNNABLE = re.compile(r"python manage\.py ([a-z]+)(?: ([a-z]+)\b)?")
QUOTED = re.compile(r"`((?:python )?(?:manage\.py )?([a-z]+)(?: [^`]*)?)(?:`|$)")
WORDS = {"session"}  # `session` alone is a value of --sender


def commands() -> frozenset[str]:
    """This project's commands, and Django's."""
    return frozenset(get_commands())


def strings(path: Path) -> Iterator[str]:
    """Every text of a module that is no docstring."""
    tree = ast.parse(path.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def sources() -> list[Path]:
    """The product's modules."""
    return sorted(path for part in OURS for path in (ROOT / part).rglob("*.py"))


@cache
def advice() -> list[tuple[str, str]]:
    """(module, text) of every text that a person may be shown."""
    return [(str(path.relative_to(ROOT)), text) for path in sources() for text in strings(path)]


def bare(text: str) -> list[str]:
    """Commands in backticks that a shell would not find."""
    found = QUOTED.findall(text)
    ours = [whole for whole, first in found if first in commands() and whole not in WORDS]
    return [whole for whole in ours if not whole.startswith("python manage.py ")]


@pytest.mark.parametrize("text", ["`pair list` shows them.", "`manage.py adopt`", "`session login "])
def test_a_hint_that_no_shell_runs_is_noticed(text: str) -> None:
    assert bare(text)


def test_hints_are_runnable_as_printed() -> None:
    assert [(module, found) for module, text in advice() for found in bare(text)] == []


def test_hints_name_commands_and_verbs_that_exist() -> None:
    named = [(module, *found) for module, text in advice() for found in RUNNABLE.findall(text)]
    assert len(named) > 20
    assert [item for item in named if item[1] not in commands()] == []
    assert [item for item in named if item[2] and item[2] not in verbs(item[1])] == []


def verbs(command: str) -> frozenset[str]:
    """What may follow a command; a command without verbs is followed by prose."""
    parser = load_command_class(get_commands()[command], command).create_parser("manage", command)
    choices = [action.choices for action in parser._actions if action.dest == "verb"]
    return frozenset(choices[0] or ()) if choices else frozenset()
