"""/restartworker: a session's process, or one of its worker groups, anew."""

from __future__ import annotations

import asyncio
import time

from project.botkit.parts import Call, Command, Reply, bold, plain
from project.botkit.times import span
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.words import counted
from workers.services.restart import USAGE, RestartView, parse_target, restart, restarted_as

PATIENCE = 90.0  # seconds; a process drains for 10 s at most, and a node starts four at a time
LOOK_EVERY = 1.0


async def _run(call: Call) -> None:
    if len(call.words) != 1:
        raise ManyProblems((f"Name one {USAGE}.",), correction="/restartworker user1_main")
    view = await call.do(restart, actor=call.actor, target=parse_target(call.words[0]))
    await call.reply(Reply(f"🔄 Restarting {_what(view)}. What is under way ends first; nothing is lost."))
    call.later(lambda: _follow(call, view))


async def _follow(call: Call, view: RestartView) -> None:
    """Say when it runs again."""
    asked = time.monotonic()
    while time.monotonic() - asked < PATIENCE:
        if now := await call.do(restarted_as, view):
            passed = span(time.monotonic() - asked)
            await call.reply(Reply(f"✅ {bold(view.target)} runs again after {passed}: {plain(now)}."))
            return
        await asyncio.sleep(LOOK_EVERY)
    await call.reply(
        Reply(f"⚠️ {bold(view.target)} has not come back within {span(PATIENCE)}. → /workerstatus shows where it is.")
    )


def _what(view: RestartView) -> str:
    if view.target.group is None:
        return f"the worker of {bold(view.target.session)} (pid {view.pid or '?'} on {plain(view.node)})"
    group = f"group {view.target.group} of {bold(view.target.session)}, {counted(view.pairs, 'pair')}"
    return f"{group}; the rest of the session goes on"


COMMAND = Command(
    name="restartworker",
    arguments="<session[/group]>",
    summary="Restart a session's worker, or one of its groups",
    role=Role.OPERATOR,
    section="Workers",
    run=_run,
    details=(
        "The process ends what is under way within 10 s, another one is started in its place, and it goes on where the "
        "journal stands: nothing is lost or sent twice. With a group's number only that group's tasks start anew; the "
        "session stays connected and its other group goes on."
    ),
    examples=("/restartworker user1_main", "/restartworker user1_main/2"),
)
