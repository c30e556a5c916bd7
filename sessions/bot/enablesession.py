"""/enablesession and the button for it: a disabled session connects again."""

from __future__ import annotations

from project.botkit.parts import ID, Button, Call, Command, Press, Reply, Room, bold, plain
from project.core.errors import ManyProblems
from project.core.operators import Role
from sessions.bot.texts import OPEN
from sessions.models import Lifecycle
from sessions.services.enabling import enable_session
from sessions.services.finding import SessionView, session_of

ACT = "session.enable"


async def _run(call: Call) -> None:
    if len(call.words) != 1:
        raise ManyProblems(("One session is expected.",), correction="/enablesession user1_main")
    await call.reply(enabled(await call.do(enable_session, actor=call.actor, name=call.words[0])))


async def _press(call: Call) -> None:
    session = await call.do(session_of, int(call.words[0]))
    await call.reply(enabled(await call.do(enable_session, actor=call.actor, name=session.name)))


def enabled(view: SessionView) -> Reply:
    """What follows."""
    if not view.warnings:
        return Reply(f"✅ {bold(view.name)} is enabled: it connects within seconds; its pairs go on where they were.")
    log_in = Button("🔑 Log in", OPEN, (str(view.id),))
    lines = [f"⚠️ {bold(view.name)} is enabled, but has no login that works.", *map(plain, view.warnings)]
    if view.lifecycle == Lifecycle.ACTIVE:
        lines.append("Until then its pairs are disabled, or go to other sessions that can take them.")
    return Reply("\n".join(lines), ((log_in,),))


PART = Room(
    commands=(
        Command(
            name="enablesession",
            arguments="<session_name>",
            summary="Let a disabled session work again",
            role=Role.OPERATOR,
            section="Sessions",
            run=_run,
            details="Its pairs go on where they were; what came meanwhile is caught up.",
            examples=("/enablesession user1_main",),
        ),
    ),
    presses=(Press(ACT, Role.OPERATOR, _press, ID),),
)
