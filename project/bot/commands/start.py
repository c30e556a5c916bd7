"""`/start`: a living checklist of what is set up, with exactly one next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from project.bot.commands.help import ALL, SECTION, Catalogued
from project.botkit.parts import Button, Call, Command, Press, Reply, Room, Step, bold, plain
from project.core.operators import Role
from project.core.whitelist import OperatorLine, list_operators

_AGAIN = Button("🔄 Done? Look again", "start")


def start_room(catalogue: Catalogued) -> Room:
    """The command, and a button that shows the list anew."""
    command = Command(
        name="start",
        arguments="",
        summary="What is set up, and the next step",
        role=Role.VIEWER,
        section=SECTION,
        run=partial(_start, catalogue),
        details="A list of what relaying needs, from the credentials to a test message. The button is the next step.",
        examples=("/start",),
    )
    return Room(commands=(command,), presses=(Press("start", Role.VIEWER, partial(_start, catalogue)),))


def checklist(steps: Sequence[Step], *, may: Callable[[Button], bool]) -> Reply:
    """The steps in their order; the first that is not done is the next one, and brings the only button."""
    ordered = sorted(steps, key=lambda step: step.order)
    following = next((step for step in ordered if not step.done), None)
    lines = [_line(step, is_next=step is following) for step in ordered]
    if following is None:
        lines.append("\n🎉 Everything is set up.")
        return Reply("\n".join([bold("Getting started"), "", *lines]), ((ALL,),))
    button = following.button if following.button is not None and may(following.button) else _AGAIN
    return Reply("\n".join([bold("Getting started"), "", *lines]), ((button,),))


def unreachable(operators: Sequence[OperatorLine]) -> str:
    """Who would not hear the bot's notices, "" when everybody does."""
    deaf = [
        f"{plain(line.view.name or line.view.user_id)} ({plain(line.unreachable)})"
        for line in operators
        if line.unreachable
    ]
    return f"\n\n⚠️ I cannot write to: {', '.join(deaf)}" if deaf else ""


def _line(step: Step, *, is_next: bool) -> str:
    if step.done:
        return f"✅ {plain(step.title)}"
    if not is_next:
        return f"⬜ {plain(step.title)}"
    return f"👉 {bold(step.title)}" + (f"\n     {plain(step.todo)}" if step.todo else "")


async def _start(catalogue: Catalogued, call: Call) -> None:
    presses, role = catalogue().presses, call.operator.role
    steps = [await call.do(step) for step in catalogue().checklist]
    reply = checklist(steps, may=lambda one: one.act in presses and role.allows(presses[one.act].role))
    deaf = unreachable(await call.do(list_operators))
    await call.reply(Reply(reply.text + deaf, reply.rows))
