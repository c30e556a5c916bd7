"""Moves under way, in the bot: progress with [Stop], and [Undo] when they are done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from pairs.domain.moves import Move, MovePlan, pairs_named
from pairs.services import progress
from project.botkit.parts import ID, Button, Call, Confirmed, Press, Reply, Room, bold, plain
from project.botkit.times import span
from project.core.operations import OperationView, may_undo
from project.core.operators import Role
from project.core.words import counted

LOOK_EVERY = 1.0  # seconds
PATIENCE = 120.0  # seconds that a message follows the moves by itself
_BAR = 10  # characters
_LINES = 12  # of a list in one message


async def follow(call: Call, operation: OperationView) -> None:
    """Shows the operation in the call's message until it has ended."""
    await call.reply(_shown(operation))
    call.later(lambda: _follow(call, operation.id))


async def _follow(call: Call, operation_id: int) -> None:
    until = time.monotonic() + PATIENCE
    last = ""
    while time.monotonic() < until:
        operation = (await call.do(progress.look, operation_id)).operation
        reply = _shown(operation)
        if reply.text != last:
            await call.reply(reply)
            last = reply.text
        if not operation.running:
            return
        await asyncio.sleep(LOOK_EVERY)
    await call.reply(_shown(operation, slow=True))


def _shown(operation: OperationView, *, slow: bool = False) -> Reply:
    if operation.running:
        return _running(operation, slow=slow)
    icon = {"done": "✅", "stopped": "⏹"}.get(operation.state, "❌")
    gone = f"{operation.done} of {counted(operation.total, 'pair')} changed hands."
    text = "\n".join([f"{icon} {bold(operation.title)}", gone, *([plain(operation.note)] if operation.note else [])])
    undo = Button("Undo", UNDO.act, (str(operation.id),))
    return Reply(text, ((undo,),) if may_undo(operation) and operation.done else ())


def _running(operation: OperationView, *, slow: bool) -> Reply:
    share = operation.done / operation.total if operation.total else 1.0
    full = int(share * _BAR)
    left = f"about {span(operation.eta)} left" if operation.eta is not None else "waiting for the first hand-over"
    lines = [
        f"⏳ {bold(operation.title)}",
        f"{'▓' * full}{'░' * (_BAR - full)} {operation.done} of {operation.total}, {left}",
    ]
    if slow:
        lines.append("This takes longer than usual: /workerstatus shows whether the workers run.")
    number = (str(operation.id),)
    row = (Button("Stop", STOP.act, number), *((Button("🔄", LOOK.act, number),) if slow else ()))
    return Reply("\n".join(lines), (row,))


async def _stop(call: Call) -> None:
    stopped = await call.do(progress.stop, int(call.words[0]), actor=call.actor)
    await call.reply(_shown(stopped))


async def _look(call: Call) -> None:
    await follow(call, (await call.do(progress.look, int(call.words[0]))).operation)


async def _undo(call: Call) -> None:
    """The same pre-flight as any move, then a question."""
    number = call.words[0]
    plan = await call.do(progress.plan_undo, int(number))
    if not plan.moves:
        await call.reply(Reply("\n".join(["Nothing can be taken back.", *bullets(plan.problems)])))
        return
    how = "partly" if plan.refused else "all"
    label = f"Take back {len(plan.moves)}" if plan.refused else "Take back"
    await call.confirm(Reply(preview("Take the moves back?", plan)), act=UNDONE.act, args=(number, how), label=label)


async def _undone(call: Call) -> None:
    number, how = call.words
    operation = await call.do(progress.undo, int(number), actor=call.actor, partly=how == "partly")
    if operation is None:
        await call.reply(Reply("✅ All pairs are back already."))
    else:
        await follow(call, operation)


def preview(question: str, plan: MovePlan) -> str:
    """What a plan would do, in the words of a question."""
    lines = [bold(question), *bullets(destinations(plan.moves))]
    if plan.already:
        lines.append(f"There already: {pairs_named(plan.already)}.")
    if plan.refused:
        lines += [f"❌ {len(plan.refused)} cannot move:", *bullets(plan.problems)]
    if plan.warnings:
        lines += [f"⚠️ {plain(warning[:1].upper() + warning[1:])}" for warning in plan.warnings]
    return "\n".join(lines)


def destinations(moves: Iterable[Move]) -> list[str]:
    """Who goes where: "pairs 1-3: one → two"."""
    ways: dict[tuple[str, str], list[int]] = {}
    for move in moves:
        ways.setdefault((move.before or "parked", move.after), []).append(move.pair_id)
    return [f"{pairs_named(ids)}: {before} → {after}" for (before, after), ids in ways.items()]


def bullets(lines: Iterable[str]) -> list[str]:
    """A list of what comes from outside; of a long one its beginning."""
    told = list(lines)
    more = [f"… and {len(told) - _LINES} more"] if len(told) > _LINES else []
    return [f"• {plain(line)}" for line in [*told[:_LINES], *more]]


STOP = Press("mstop", Role.OPERATOR, _stop, ID)
LOOK = Press("mlook", Role.VIEWER, _look, ID)
UNDO = Press("mundo", Role.OPERATOR, _undo, ID)
UNDONE = Confirmed("mundone", Role.OPERATOR, _undone)
PART = Room(presses=(STOP, LOOK, UNDO, UNDONE))
