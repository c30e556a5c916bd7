"""/bots: the sender bots."""

from __future__ import annotations

from project.botkit.parts import Button, Call, Command, Reply, Room, bold, plain
from project.core.operators import Role
from project.core.words import counted
from sessions.bot.addbot import ACT
from sessions.models import SenderState
from sessions.services.senders import SenderView, list_senders

_ICONS = {SenderState.ACTIVE: "🟢", SenderState.REGISTERED: "⚪", SenderState.DEAD: "🔴"}


async def _run(call: Call) -> None:
    found = await call.do(list_senders)
    lines = [_line(sender) for sender in found] or ["There is no sender bot yet."]
    await call.reply(Reply("\n".join([f"🤖 {bold('Sender bots')}", *lines]), ((Button("➕ Add a bot", ACT),),)))


def _line(sender: SenderView) -> str:
    icon = _ICONS[SenderState(sender.state)]
    reason = f" ({plain(sender.reason)})" if sender.reason else ""
    return (
        f"{icon} {plain(sender.name)} · {sender.state}{reason} · {counted(sender.pairs, 'pair')} · id {sender.bot_id}"
    )


PART = Room(
    commands=(
        Command(
            name="bots",
            arguments="",
            summary="The bots that post to destinations",
            role=Role.VIEWER,
            section="Senders",
            run=_run,
            examples=("/bots",),
        ),
    ),
)
