"""The documents: links lead somewhere, commands exist, decisions are listed, and nothing speaks of one machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py[ \"',]+([a-z]+)(?: ([a-z]+)\b)?")
VERBS = ("session", "sender", "pair")
# What belongs to one machine, or to where its packages come from. Written apart, so as not to find themselves.
PRIVATE = re.compile(
    "|".join(
        (
            r"(?<![\w.$}])/" + r"work/[a-z]",
            r"(?<![\w.])/home/" + r"(?!\.\.\.)[a-z]\w*/",
            r"(?<![\w.])/Users" + r"/\w",
            r"(?<![\w.])/root" + r"/\w",
            r"--(extra-)?index" + r"-url[ =]https?:",
            r"\b(arti" + r"factory|nex" + r"us|verd" + r"accio|dev" + r"pi)[.:/]",
            r"files\.python" + r"hosted\.org",
        )
    ),
)


@cache
def texts() -> dict[Path, str]:
    """Every text file of the project: those that git tracks, or all where there is no git."""
    found: dict[Path, str] = {}
    for path in _files():
        try:
            found[path] = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError):  # a picture; a file being removed
            continue
    return found


def _files() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        hidden = {".venv", "var", "static", "secrets", "__pycache__"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.parts)]
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def documents() -> list[Path]:
    """Every page."""
    return sorted(path for path in texts() if path.suffix == ".md")


def name(path: Path) -> str:
    """As a person would say it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", documents(), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [target for target in _links(page) if not _leads_somewhere(page, target)]
    assert broken == []


def _links(page: Path) -> Iterator[str]:
    for target in LINK.findall(_without_code(texts()[page])):
        if not re.match(r"[a-z]+:", target):
            yield target


def _leads_somewhere(page: Path, target: str) -> bool:
    place, _, anchor = target.partition("#")
    path = (page.parent / unquote(place)).resolve() if place else page
    if not path.exists():
        return False
    return not anchor or anchor in _anchors(path)


def _anchors(path: Path) -> set[str]:
    """Headings as they appear in addresses: small letters, no punctuation, dashes for spaces."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", documents(), ids=name)
def test_commands_exist(page: Path) -> None:
    for command, verb in COMMAND.findall(texts()[page]):
        assert command in _commands(), f"manage.py {command}"
        if command in VERBS and verb:
            assert verb in _verbs(command), f"manage.py {command} {verb}"


def test_the_programs_own_advice_names_commands_that_exist() -> None:
    advice = {path: text for path, text in texts().items() if path.suffix in {".py", ".yml", ".example"}}
    named = {(command, name(path)) for path, text in advice.items() for command, _ in COMMAND.findall(text)}
    assert {(command, path) for command, path in named if command not in _commands()} == set()


@cache
def _commands() -> dict[str, str]:
    return {**get_commands(), "help": "django.core"}


@cache
def _verbs(command: str) -> frozenset[str]:
    made: BaseCommand = load_command_class(get_commands()[command], command)
    parser = made.create_parser("manage", command)
    choices = [action.choices for action in parser._actions if action.dest == "verb"]
    return frozenset(choices[0] or ())


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / target).resolve() for target in _links(index)}
    pages = {page for page in documents() if page.is_relative_to(index.parent)} - {index}
    assert pages - listed == set()


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(page.name[:4]) for page in documents() if page.parent.name == "adr")
    assert numbers == list(range(1, len(numbers) + 1))


def test_nothing_speaks_of_one_machine() -> None:
    found = {name(path): match[0] for path, text in texts().items() if (match := PRIVATE.search(text))}
    assert found == {}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_name_no_host(file: str) -> None:
    assert "://" not in (ROOT / file).read_text()
