"""/pausepair and the button: pairs rest, for a time or until somebody resumes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pairs.bot.named import named_pairs
from pairs.bot.pairs import show
from pairs.bot.texts import listed
from pairs.domain.moves import pairs_named
from pairs.domain.requests import parse_pause, split_spec
from pairs.services.statuses import StatusReport, pause
from project.botkit.parts import ID, Button, Call, Command, Press, Reply, Room, copyable
from project.botkit.times import span
from project.core.clock import database_now
from project.core.operators import Role


async def _run(call: Call) -> None:
    spec, rest = split_spec(call.text)
    pairs = [pair.id for pair in await named_pairs(call, spec, command=COMMAND.name, rest=rest)]
    asked = parse_pause(call.text)
    until = await call.do(database_now) + asked.duration if asked.duration else None
    report = await call.do(pause, pairs, actor=call.actor, reason=asked.reason, until=until)
    onward = "" if asked.duration else f" To let it go on: {copyable(f'/resumepair {asked.pairs}')}"
    await call.reply(told(report, f"⏸ Paused{_for(asked.duration)}: {{}}. The place in the source is kept.{onward}"))


def _for(duration: timedelta | None) -> str:
    return f" for {span(duration.total_seconds())}" if duration else ""


def told(report: StatusReport, done: str) -> Reply:
    """What became of several pairs; `done` has a place for those that changed."""
    lines = [done.format(pairs_named(report.changed))] if report.changed else []
    lines += listed(f"pair {number}: {why}" for number, why in report.unchanged)
    return Reply("\n".join(lines or ["No pair was named."]), _rows(report))


def _rows(report: StatusReport) -> tuple[tuple[Button, ...], ...]:
    return ((Button("Show", "pshow", (str(report.changed[0]),)),),) if len(report.changed) == 1 else ()


async def change_one(call: Call, change: Callable[..., StatusReport]) -> None:
    """A button's pair, after it was changed; with the reason when it stayed as it was."""
    pair_id = int(call.words[0])
    report = await call.do(change, [pair_id], actor=call.actor)
    await show(call, pair_id, "" if report.changed else report.unchanged[0][1])


async def _press(call: Call) -> None:
    await change_one(call, pause)


PRESS = Press("ppause", Role.OPERATOR, _press, ID)
COMMAND = Command(
    name="pausepair",
    arguments="<pairs> [time] [reason]",
    summary="Let pairs rest",
    role=Role.OPERATOR,
    section="Pairs",
    run=_run,
    details=(
        "Pairs are named as 1,2,3 or 1-10 or all_from:session_name. With a time (30m, 2h, 3d, 1w) they go on by "
        "themselves. A paused pair takes nothing from its source and keeps its place there: what came meanwhile is "
        "caught up when it goes on. What people write on Discord meanwhile is not caught."
    ),
    examples=("/pausepair 3 2h maintenance", "/pausepair 1-10 moving house"),
)
PART = Room(commands=(COMMAND,), presses=(PRESS,))
