"""/resumepair and the button: pairs that were paused, or stopped at an error, go on."""

from __future__ import annotations

from pairs.bot.named import named_pairs
from pairs.bot.pausepair import change_one, told
from pairs.services.statuses import resume
from project.botkit.parts import ID, Call, Command, Press, Room
from project.core.operators import Role


async def _run(call: Call) -> None:
    pairs = [pair.id for pair in await named_pairs(call, call.text, command=COMMAND.name)]
    report = await call.do(resume, pairs, actor=call.actor)
    await call.reply(told(report, "▶ Going on from where it stopped: {}."))


async def _press(call: Call) -> None:
    await change_one(call, resume)


PRESS = Press("presume", Role.OPERATOR, _press, ID)
COMMAND = Command(
    name="resumepair",
    arguments="<pairs>",
    summary="Let pairs go on",
    role=Role.OPERATOR,
    section="Pairs",
    run=_run,
    details=(
        "For pairs that somebody paused, and for those that stopped in error: everything that waits is tried again. "
        "What came to the source meanwhile is caught up. Pairs are named as 1,2,3 or 1-10 or all_from:session_name."
    ),
    examples=("/resumepair 3", "/resumepair all_from:user1_main"),
)
PART = Room(commands=(COMMAND,), presses=(PRESS,))
