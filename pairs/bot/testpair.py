"""/testpair: everything that a pair needs, looked at one after the other; the message grows as they come."""

from __future__ import annotations

from collections.abc import Iterator

from pairs.domain.requests import parse_pair_id
from pairs.models import Pair
from pairs.services.checks import check_pair
from pairs.services.registry import find_pair
from project.botkit.parts import ID, Button, Call, Command, Press, Reply, Room, bold, plain
from project.core.checks import Check, Level
from project.core.errors import ManyProblems
from project.core.operators import Role

_ICONS = {Level.OK: "✅", Level.WARNING: "⚠️", Level.FAILED: "❌"}


async def _run(call: Call) -> None:
    if len(call.words) != 1:
        raise ManyProblems(("Name one pair.",), correction="/testpair 3", hint="/pairs shows the ids.")
    await _test(call, parse_pair_id(call.words[0]))


async def _press(call: Call) -> None:
    await _test(call, int(call.words[0]))


async def _test(call: Call, pair_id: int) -> None:
    pair = await call.do(find_pair, pair_id)
    await call.reply(_shown(pair, (), running=True))
    call.later(lambda: _look(call, pair))


async def _look(call: Call, pair: Pair) -> None:
    """Check by check, each in a thread: they ask both platforms and the session's worker."""
    checks, seen = check_pair(pair), list[Check]()
    while (check := await call.do(_next, checks)) is not None:
        seen.append(check)
        await call.reply(_shown(pair, tuple(seen), running=True))
    await call.reply(_shown(pair, tuple(seen), running=False))


def _next(checks: Iterator[Check]) -> Check | None:
    return next(checks, None)


def _shown(pair: Pair, seen: tuple[Check, ...], *, running: bool) -> Reply:
    lines = [bold(f"Test of pair #{pair.pk}"), *map(_line, seen)]
    again = ((Button("🔄 Again", PRESS.act, (str(pair.pk),)), Button("Show", "pshow", (str(pair.pk),))),)
    if running:
        return Reply("\n".join([*lines, "⏳ looking …"]))
    return Reply("\n".join([*lines, "", _verdict(seen)]), again)


def _line(check: Check) -> str:
    todo = f"\n     → {plain(check.todo)}" if check.todo and check.level is not Level.OK else ""
    return f"{_ICONS[check.level]} {bold(check.what)}: {plain(check.text)}{todo}"


def _verdict(seen: tuple[Check, ...]) -> str:
    failed = sum(check.level is Level.FAILED for check in seen)
    warned = sum(check.level is Level.WARNING for check in seen)
    if failed:
        return f"🔴 It cannot work like this: {failed} of {len(seen)} checks failed."
    return f"🟡 It works, with {warned} reservations." if warned else "🟢 Everything is as it should be."


PRESS = Press("ptest", Role.OPERATOR, _press, ID)
COMMAND = Command(
    name="testpair",
    arguments="<pair_id>",
    summary="Look whether a pair can work",
    role=Role.OPERATOR,
    section="Pairs",
    run=_run,
    details="The source, the webhook or the Discord bot's rights, the destination. Nothing is posted anywhere.",
    examples=("/testpair 3",),
)
PART = Room(commands=(COMMAND,), presses=(PRESS,))
