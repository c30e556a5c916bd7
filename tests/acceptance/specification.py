"""Which tests show which sentence of the specification: docs/reference/specification.md, made from the tests' markers.

Write it anew: `python -m tests.acceptance.specification`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.acceptance.sentences import SENTENCES, Sentence
from tests.acceptance.switches import SWITCHES

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "specification.md"
_HEAD = """\
# The specification, and what shows that it holds

Every sentence of the specification of session management, in its order, with the tests that show it, and the changes
that they have to notice: `make switches ARGS="--report FILE"` makes each of them to a copy of the program, runs the
sentence's tests there, and tells which test fails under none of them (it takes about an hour). A decision stands where
we do otherwise, or where a sentence can be read in two ways.

This page is generated: `python -m tests.acceptance.specification`.
"""


@dataclass(frozen=True, slots=True, order=True)
class Shown:
    """A test and one sentence that it shows. `path` is relative to the checkout."""

    path: str
    test: str
    key: str


def shown(folder: Path = ROOT / "tests") -> tuple[Shown, ...]:
    """Every marker in the tests, read from their source: nothing is imported."""
    found = (
        Shown(str(path.relative_to(ROOT)), test, key)
        for path in folder.rglob("test_*.py")
        for test, key in _marked(ast.parse(path.read_text()))
    )
    return tuple(sorted(set(found)))


def page() -> str:
    """The page, in Markdown."""
    tests: dict[str, list[Shown]] = defaultdict(list)
    for item in shown():
        tests[item.key].append(item)
    parts = [_HEAD]
    for section, group in groupby(SENTENCES, key=lambda sentence: sentence.section):
        parts.append(f"\n## {section}\n\n| | sentence | shown by | fails when |\n|---|---|---|---|\n")
        parts += [_row(sentence, tests[sentence.key]) for sentence in group]
    return "".join(parts)


def _marked(tree: ast.Module) -> Iterator[tuple[str, str]]:
    whole = [key for node in tree.body if _is_pytestmark(node) for key in _keys(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield from ((node.name, key) for item in node.decorator_list for key in _keys(item))
            yield from ((node.name, key) for key in whole)
        elif isinstance(node, ast.ClassDef):
            of_class = [key for item in node.decorator_list for key in _keys(item)]
            names = [item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((name, key) for name in names if name.startswith("test_") for key in of_class)


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _keys(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sentence":
            yield from (str(ast.literal_eval(argument)) for argument in node.args)


def _row(sentence: Sentence, tests: list[Shown]) -> str:
    links = [f"[{item.test.removeprefix('test_').replace('_', ' ')}](../../{item.path})" for item in tests]
    if sentence.adr:
        decision = next((ROOT / "docs" / "adr").glob(f"{sentence.adr}-*.md"))
        links.insert(0, f"decision [{sentence.adr}](../adr/{decision.name})")
    off = "<br>".join(switch.what for switch in SWITCHES if sentence.key in switch.sentences)
    return f"| {sentence.key} | {_words(sentence.text)} | {'<br>'.join(links) or '**nothing yet**'} | {off} |\n"


def _words(text: str) -> str:
    if text.startswith("/") or "\n" in text:
        return "<br>".join(f"`{line}`" for line in text.replace("|", "\\|").splitlines() if line)
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
