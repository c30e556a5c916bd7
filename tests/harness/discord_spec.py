"""What was asked of the loopback Discord and answered, held against Discord's own description of its API."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from aiohttp import web

from project.sandbox.discord.calls import Call
from project.sandbox.discord.rest import PREFIX, DiscordRest

SPEC = Path(__file__).parents[2] / ".ci" / "discord-spec"
MISSING = "Discord's description is not here: fetch it with .ci/fetch-discord-spec (it needs npm)"


class Exchange(msgspec.Struct):
    """One call. Bodies are None when there were none; of a form, `request` is its JSON part."""

    method: str
    path: str
    query: dict[str, str]
    request: Any
    status: int
    answer: Any


class Problem(msgspec.Struct, frozen=True):
    """Where an exchange differs from the description."""

    route: str
    part: str
    at: str
    problem: str


class Report(msgspec.Struct):
    """`checked`: the statuses seen of each route."""

    checked: dict[str, list[str]]
    problems: list[Problem]


def needed() -> None:
    """Fails in CI, and skips elsewhere, when the description or node is missing."""
    if (SPEC / "node_modules" / "discord-api-spec").is_dir() and shutil.which("node"):
        return
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """The exchanges of every loopback Discord of this process, from now on."""
    found: list[Exchange] = []
    bodies: dict[int, dict[str, Any] | None] = {}
    call, serve = DiscordRest._call, DiscordRest._serve

    async def remember(self: DiscordRest, request: web.Request, bot: Any) -> Call:
        made = await call(self, request, bot)
        bodies[id(request)] = dict(made.body.fields) or None
        return made

    async def record(self: DiscordRest, route: Any, request: web.Request) -> web.StreamResponse:
        response = await serve(self, route, request)
        body = getattr(response, "body", None)
        answer = msgspec.json.decode(body) if body and response.content_type == "application/json" else None
        path = request.path.removeprefix(PREFIX)
        query = dict(request.query)
        found.append(Exchange(request.method, path, query, bodies.pop(id(request), None), response.status, answer))
        return response

    with patch.object(DiscordRest, "_call", remember), patch.object(DiscordRest, "_serve", record):
        yield found


def compared(exchanges: list[Exchange]) -> Report:
    """What Discord's description says of them."""
    lines = b"\n".join(map(msgspec.json.encode, exchanges))
    node = [str(shutil.which("node")), "--no-warnings", str(SPEC / "check.mjs")]
    done = subprocess.run(node, input=lines, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Report)
