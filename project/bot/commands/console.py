"""`/console`: into the admin site without a password."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Reply, Room, plain
from project.console.links import LIFETIME, make_link
from project.core.operators import Role


async def _console(call: Call) -> None:
    link = await call.do(make_link, call.operator)
    minutes = int(LIFETIME.total_seconds() // 60)
    text = f'🔑 <a href="{plain(link)}">Open the admin site</a>\nFor you alone: works once, within {minutes} minutes.'
    await call.reply(Reply(f"{text}\n{plain(link)}"))


COMMAND = Command(
    name="console",
    arguments="",
    summary="A one-time link into the admin site",
    role=Role.VIEWER,
    section="Administration",
    run=_console,
    details="The link signs you in with the rights of your role. A new one makes the one before void.",
    examples=("/console",),
)

ROOM = Room(commands=(COMMAND,))
