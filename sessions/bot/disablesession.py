"""/disablesession: a session stops for a while; key, pairs and cursors stay."""

from __future__ import annotations

from project.botkit.parts import Button, Call, Command, Reply, Room, bold
from project.core.errors import ManyProblems
from project.core.operators import Role
from sessions.bot.enablesession import ACT
from sessions.services.enabling import disable_session


async def _run(call: Call) -> None:
    if not call.words:
        raise ManyProblems(("The name of the session is missing.",), correction="/disablesession user1_main")
    reason = call.text.partition(call.words[0])[2].strip()[:200]
    view = await call.do(disable_session, actor=call.actor, name=call.words[0], reason=reason)
    text = (
        f"⛔ {bold(view.name)} is disabled: its connection closes within seconds; its login stays. Pairs that another "
        "session can read go there, unless failover is off; the others wait, and go on where they were."
    )
    await call.reply(Reply(text, ((Button("▶️ Enable", ACT, (str(view.id),)),),)))


PART = Room(
    commands=(
        Command(
            name="disablesession",
            arguments="<session_name> [reason]",
            summary="Stop a session for a while",
            role=Role.OPERATOR,
            section="Sessions",
            run=_run,
            details=(
                "It stays logged in. Pairs that another session can read go there, unless /editsession name "
                "failover=off was given before. The others wait until /enablesession."
            ),
            examples=("/disablesession user1_main",),
        ),
    ),
)
