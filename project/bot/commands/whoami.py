"""`/whoami`: your id and role, as the bot sees them."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Reply, bold, copyable, plain
from project.core.operators import Role
from project.core.whitelist import granted_by

_MAY = {
    Role.VIEWER: "You may look at everything.",
    Role.OPERATOR: "You may look at everything and run sessions, pairs and workers.",
    Role.OWNER: "You may do everything, and say who else may use this bot.",
}


async def _whoami(call: Call) -> None:
    view = call.operator
    source = await call.do(granted_by, view.user_id)
    lines = (
        f"You are {bold(view.name or view.user_id)}",
        f"User id: {copyable(view.user_id)}",
        f"Role: {bold(view.role)} (by {plain(source)})",
        plain(_MAY[view.role]),
        f"In the audit trail you are {copyable(view.actor)}",
    )
    await call.reply(Reply("\n".join(lines)))


WHOAMI = Command(
    name="whoami",
    arguments="",
    summary="Your user id and role",
    role=Role.VIEWER,
    section="Basics",
    run=_whoami,
    examples=("/whoami",),
)
