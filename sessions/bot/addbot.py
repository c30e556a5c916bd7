"""/addbot: a bot that posts to destinations."""

from __future__ import annotations

from project.botkit.parts import Button, Call, Command, Dialogue, Press, Room, Step
from project.core.operators import Role
from sessions.bot.importing import add, ask_token
from sessions.models import SenderBot, SenderState

ROLE = Role.OPERATOR
DIALOGUE, ACT = "sender.token", "sender.add"


async def _run(call: Call) -> None:
    if not call.words:
        await _ask(call)
        return
    await call.remove()
    await add(call, call.text)


async def _ask(call: Call) -> None:
    await ask_token(call, DIALOGUE, "🤖 Make a bot with @BotFather (/newbot), one for each session.")


async def _typed(call: Call) -> None:
    await add(call, call.text)


def sender_bot() -> Step:
    """Is there a bot that posts to destinations?"""
    return Step(
        order=40,
        title="Sender bot",
        done=SenderBot.objects.filter(state=SenderState.ACTIVE).exists(),
        todo="A bot of its own posts to the destinations; without one the session itself does.",
        button=Button("🤖 Add a bot", ACT),
    )


PART = Room(
    commands=(
        Command(
            name="addbot",
            arguments="[token]",
            summary="Register a bot that posts to destinations",
            role=ROLE,
            section="Senders",
            run=_run,
            details="Its message is deleted at once. Without a token the bot asks for it. One bot per session is best.",
            examples=("/addbot",),
            secret=True,
        ),
    ),
    presses=(Press(ACT, ROLE, _ask),),
    dialogues=(Dialogue(DIALOGUE, ROLE, _typed, secret=True),),
    checklist=(sender_bot,),
)
