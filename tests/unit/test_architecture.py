"""What import-linter's contracts in pyproject.toml cannot say, or would pass over in silence."""

from __future__ import annotations

import ast
import fnmatch
import tomllib
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("project", "sessions", "pairs", "workers")

# library or package: the only modules that may import it, as patterns of the module's name and a dot
RESERVED = {
    "telethon": ("project.telegram.*", "project.sandbox.*"),
    "discord": ("project.discord.*",),
    "aiogram": ("project.botkit.*", "project.bot.*"),
    "project.sandbox": (
        "project.sandbox.*",
        "project.demo.*",
        "project.management.commands.demo.",
        "project.management.commands.sandbox.",
    ),
}


def modules() -> Iterator[tuple[str, Path]]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(module: str, path: Path) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def is_within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


@pytest.mark.parametrize("package", RESERVED)
def test_only_its_own_places_import(package: str) -> None:
    importers = {
        module for module, path in modules() if any(is_within(name, package) for name in imports(module, path))
    }
    allowed = {module for module in importers for place in RESERVED[package] if fnmatch.fnmatch(f"{module}.", place)}
    assert not importers - allowed


def test_every_module_of_the_project_stands_in_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    placed = {name.strip(" ()") for layer in layers for name in layer.replace("|", ":").split(":")}
    found = {".".join(module.split(".")[:2]) for module, _ in modules() if module.startswith("project.")}
    assert found - placed == {"project.sandbox"}  # it has contracts of its own


def test_the_root_package_is_empty() -> None:
    assert (ROOT / "project" / "__init__.py").read_text() == ""
