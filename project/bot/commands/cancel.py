"""`/cancel`: out of whatever the bot was asking."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Reply
from project.core.operators import Role


async def _cancel(call: Call) -> None:
    if await call.cancel():
        await call.reply(Reply("Cancelled. I am not waiting for an answer any more."))
    else:
        await call.reply(Reply("There was nothing to cancel. Bulk work is stopped with its own Stop button."))


CANCEL = Command(
    name="cancel",
    arguments="",
    summary="Stop answering the bot's question",
    role=Role.VIEWER,
    section="Basics",
    run=_cancel,
    details="Ends a dialogue that waits for your answer, and voids what waits for confirmation. What was done stays.",
    examples=("/cancel",),
)
