"""A bot's token on its way into a worker: asked for, taken, and the end told."""

from __future__ import annotations

import asyncio
import time

from project.botkit.parts import Call, Reply, bold, plain
from project.core.secret import Secret
from sessions.bot.asking import ask_secret
from sessions.models import LoginStep
from sessions.services.login import login_state
from sessions.services.senders import SenderView, add_sender, find_sender, update_token

LIMIT = 120.0  # seconds
LOOK = 0.3
_NEXT = "Make it an administrator of the destinations it shall post to. Then: /testbot {name} @destination"
_ASK = "🔑 Send the token that @BotFather gave: your message is deleted at once."


async def ask_token(call: Call, dialogue: str, text: str = "", **data: str) -> None:
    """The next message is the token."""
    await ask_secret(call, dialogue, Reply(f"{text}\n{_ASK}".strip()), **data)


async def add(call: Call, token: str) -> None:
    """Registers the bot and waits for the import."""
    added = await call.do(add_sender, actor=call.actor, token=Secret(token))
    await call.finish()
    await _wait(call, added, _NEXT)


async def renew(call: Call, reference: str, token: str) -> None:
    """Gives a known bot another token and waits for the import."""
    sender = await call.do(find_sender, reference)
    changed = await call.do(update_token, actor=call.actor, sender=sender, token=Secret(token))
    await call.finish()
    await _wait(call, changed, "Its pairs go on.")


async def _wait(call: Call, sender: SenderView, then: str) -> None:
    await call.reply(Reply(f"⏳ {bold(sender.name)}: your message was deleted; logging the bot in …"))
    call.later(lambda: _follow(call, sender, then))


async def _follow(call: Call, sender: SenderView, then: str) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        state = await call.do(login_state, sender.account)
        if state is None or not state.open:
            await call.reply(await call.do(_end, sender, then))
            return
        await asyncio.sleep(LOOK)
    await call.reply(Reply("🔴 No worker takes the token up. Is a node running? /workerstatus shows it."))


def _end(sender: SenderView, then: str) -> Reply:
    state = login_state(sender.account)
    known = find_sender(str(sender.bot_id))
    if state is not None and state.step == LoginStep.DONE:
        return Reply(f"🟢 {bold(known)} is ready. {plain(then.format(name=known))}")
    why = state.error if state is not None else "The login is gone."
    return Reply(f"🔴 {bold(known)} could not be logged in: {plain(why)}")
