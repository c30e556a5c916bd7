"""Questions whose answers are secrets."""

from __future__ import annotations

from project.botkit.parts import Call, Reply


async def ask_secret(call: Call, dialogue: str, question: Reply, **data: str) -> None:
    """The operator's next message is the answer, however soon it comes, and also for a bot that is started anew after
    this one died in between."""
    await call.ask(dialogue, **data)
    await call.reply(question)
    await call.ask(dialogue, **data)  # now with the message that it goes on in
