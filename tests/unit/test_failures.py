"""The table of failures: no fault is missing, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "docs" / "reference" / "failures.md"
FILE = re.compile(r"\[(test_\w+\.py)\]\(([^)]+)\)([^\[]*)")
NAME = re.compile(r"`(test_\w+)`")
FAULTS = (
    "kill -9 before the journal commit",
    "kill -9 after the commit, before the send",
    "kill -9 after the bytes left, before the mark",
    "kill -9 between the hops",
    "kill -9 between the parts of a message or album",
    "SIGTERM",
    "Redis restarted, flushed or down",
    "PostgreSQL restarted or down",
    "more accounts than PostgreSQL has connections for, or the nodes memory",
    "network cut",
    "half-open TCP",
    "FLOOD_WAIT, SLOWMODE_WAIT",
    "AUTH_KEY_DUPLICATED",
    "AUTH_KEY_UNREGISTERED, SESSION_REVOKED",
    "USER_DEACTIVATED(_BAN), frozen account",
    "CHANNEL_PRIVATE, CHAT_WRITE_FORBIDDEN, CHAT_ADMIN_REQUIRED",
    "FILE_REFERENCE_EXPIRED",
    "PHONE, USER, NETWORK, FILE_MIGRATE (303)",
    "gap in the updates, TooLong",
    "single pushes of Telegram lost",
    "Telegram sends something that cannot be decoded",
    "silent stall",
    "CHAT_FORWARDS_RESTRICTED (protected)",
    "group becomes a supergroup",
    "Discord 429: route, global, shared, Cloudflare",
    "Discord 500, 502, 503, 504, no answer",
    "404, 10015: webhook gone",
    "403 50013, 50001, 404 10003",
    "413, 40005: too big",
    "gateway 4004, 4013, 4014",
    "gateway 4007, 4009, op 9 false",
    "a stretch of gateway events lost, and the session with it",
    "Discord's JSON has fields that nobody expects, or lacks some",
    "gateway op 7, missing ACK",
    "duplicate update",
    "two sessions in one source",
    "edit or delete before the original went out",
    "edit storm",
    "clock set by an hour, or back",
    "disk full (database, AOF, temporary files)",
    "poison message",
    "master key missing or wrong",
    "key rotated while running, kill -9 meanwhile",
    "two nodes claim one session",
    "hang or OOM of a worker",
    "rolling upgrade",
    "one session of many flapping",
)


def rows() -> dict[str, str]:
    """Fault to what stands in the last column."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {fault: tests for fault, _, tests in cells}


def named(tests: str) -> list[tuple[Path, str]]:
    """File and function of each test of a cell."""
    return [
        ((TABLE.parent / target).resolve(), name)
        for _, target, names in FILE.findall(tests)
        for name in NAME.findall(names)
    ]


@cache
def functions(path: Path) -> frozenset[str]:
    """Names of a file's tests, those in classes too."""
    found = ast.walk(ast.parse(path.read_text()))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_fault_is_missing_or_unknown() -> None:
    assert tuple(rows()) == FAULTS


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_tests_that_exist(fault: str) -> None:
    cell = rows()[fault]
    assert named(cell)
    assert [name for path, name in named(cell) if name not in functions(path)] == []
    assert len(NAME.findall(cell)) == len(named(cell)), "a test without its file"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_link_shows_the_name_of_its_file(fault: str) -> None:
    for shown, target, names in FILE.findall(rows()[fault]):
        assert Path(target).name == shown
        assert NAME.findall(names)
