"""/testbot: does a sender bot answer, and may it post in a chat? Nothing is posted."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Reply, Room, bold, plain
from project.core.checks import Check, Level
from project.core.errors import ManyProblems
from project.core.operators import Role
from sessions.models import SenderBot
from sessions.services.checks import check_sender
from sessions.services.senders import find_active

_ICONS = {Level.OK: "🟢", Level.WARNING: "🟡", Level.FAILED: "🔴"}


async def _run(call: Call) -> None:
    if not 1 <= len(call.words) <= 2:
        problem = "A bot is expected, and perhaps a chat."
        raise ManyProblems((problem,), correction="/testbot @my_sender_bot @destination")
    sender = await call.do(find_active, call.words[0])
    await call.reply(Reply(f"⏳ Asking {bold(sender)} …"))
    chat = call.words[1] if len(call.words) > 1 else ""
    checks = await call.do(_checks, sender, chat)
    await call.reply(Reply("\n".join([f"🤖 {bold(sender)}", *map(_line, checks)])))


def _checks(sender: SenderBot, chat: str) -> list[Check]:
    return list(check_sender(sender, chat))


def _line(check: Check) -> str:
    todo = f"\n     → {plain(check.todo)}" if check.todo else ""
    return f"{_ICONS[check.level]} {plain(check.what)}: {plain(check.text)}{todo}"


PART = Room(
    commands=(
        Command(
            name="testbot",
            arguments="<@bot> [chat]",
            summary="Try a sender bot; nothing is posted",
            role=Role.OPERATOR,
            section="Senders",
            run=_run,
            details="The chat is @name, a t.me link or an id.",
            examples=("/testbot @my_sender_bot", "/testbot @my_sender_bot @destination"),
        ),
    ),
)
