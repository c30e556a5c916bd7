"""/removebot: a sender bot that no pair uses any more."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Confirmed, Reply, Room, bold, plain
from project.core.errors import ManyProblems
from project.core.operators import Role
from sessions.services.removal import check_sender_unused, remove_sender
from sessions.services.senders import find_sender

ROLE = Role.OPERATOR
ACT = "sender.remove"


async def _run(call: Call) -> None:
    if len(call.words) != 1:
        raise ManyProblems(("One sender bot is expected.",), correction="/removebot @bot")
    sender = await call.do(find_sender, call.words[0])
    await call.do(check_sender_unused, sender)
    preview = Reply(f"🗑 Remove {bold(sender)}? It is logged out, and its token and key are destroyed.")
    await call.confirm(preview, act=ACT, args=(str(sender.bot_id),), label="Remove")


async def _confirmed(call: Call) -> None:
    sender = await call.do(find_sender, call.words[0])
    await call.reply(Reply(f"⏳ Logging {bold(sender)} out …"))
    removed = await call.do(remove_sender, actor=call.actor, sender=sender)
    note = f"\n⚠️ {plain(removed.note)}" if removed.note else ""
    await call.reply(Reply(f"🗑 {bold(removed.name)} was removed.{note}"))


PART = Room(
    commands=(
        Command(
            name="removebot",
            arguments="<@bot>",
            summary="Remove a sender bot",
            role=ROLE,
            section="Senders",
            run=_run,
            details="Only a bot that no pair uses; /bots shows the numbers.",
            examples=("/removebot @my_sender_bot",),
        ),
    ),
    presses=(Confirmed(ACT, ROLE, _confirmed),),
)
