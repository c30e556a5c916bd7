"""/updatebottoken: another token of a sender bot, after @BotFather made a new one."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Dialogue, Room, bold
from project.core.errors import ManyProblems, NotFound
from project.core.operators import Role
from sessions.bot.importing import ask_token, renew
from sessions.models import SenderBot
from sessions.services.senders import find_sender

ROLE = Role.OPERATOR
DIALOGUE = "sender.newtoken"


async def _run(call: Call) -> None:
    if not call.words:
        raise ManyProblems(("The bot is missing.",), correction="/updatebottoken @my_sender_bot")
    if len(call.words) == 1 and ":" in call.words[0]:  # the token alone: it begins with its bot's id
        await call.remove()
        await renew(call, call.words[0].partition(":")[0], call.words[0])
        return
    if len(call.words) > 1:
        await call.remove()
        await renew(call, call.words[0], call.words[1])
        return
    sender = await _named(call)
    await ask_token(call, DIALOGUE, bold(sender), bot=str(sender.bot_id))


async def _named(call: Call) -> SenderBot:
    """What is no bot's name may be a part of a token: it is not repeated."""
    try:
        return await call.do(find_sender, call.words[0])
    except NotFound as error:
        await call.remove()
        raise NotFound("There is no sender bot of that name; your message was deleted.", hint=error.hint) from None


async def _typed(call: Call) -> None:
    await renew(call, call.data["bot"], call.text)


PART = Room(
    commands=(
        Command(
            name="updatebottoken",
            arguments="<@bot> [token]",
            summary="Give a sender bot its new token",
            role=ROLE,
            section="Senders",
            run=_run,
            details="After @BotFather's /revoke. The message with the token is deleted at once.",
            examples=("/updatebottoken @my_sender_bot",),
            secret=True,
        ),
    ),
    dialogues=(Dialogue(DIALOGUE, ROLE, _typed, secret=True),),
)
