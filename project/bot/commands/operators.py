"""`/operators`: who may use this bot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from project.botkit.parts import Button, Call, Command, Confirmed, Press, Reply, Room, bold, copyable, plain
from project.botkit.times import ago
from project.core.clock import database_now
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.whitelist import (
    OperatorLine,
    add_operator,
    change_role,
    check_removable,
    list_operators,
    remove_operator,
)

ADD, REMOVE, ROLE = "add", "remove", "role"
_REMOVE = "operators.remove"
_USAGE = {
    ADD: "/operators add 123456789 operator",
    REMOVE: "/operators remove 123456789",
    ROLE: "/operators role 123456789 viewer",
}
_ICONS = {Role.OWNER: "👑", Role.OPERATOR: "🔧", Role.VIEWER: "👁"}
_MOST_DIGITS = 16


def parse_user_id(word: str) -> int | None:
    """A user id as typed; None for anything else."""
    return int(word) if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS else None


def parse_role(word: str) -> Role | None:
    """A role as typed, whatever the case; None for anything else."""
    return Role(word.lower()) if word.lower() in list(Role) else None


def parse_change(words: Sequence[str]) -> tuple[str, int, Role | None, str]:
    """Verb, user id, role (None for `remove`) and name. Raises ManyProblems with all that is wrong."""
    verb = words[0].lower()
    if verb not in _USAGE:
        raise ManyProblems((f"/operators knows {ADD}, {REMOVE} and {ROLE}, not {verb[:40]}.",), correction=_USAGE[ADD])
    user_id = parse_user_id(words[1]) if len(words) > 1 else None
    role = parse_role(words[2]) if len(words) > 2 and verb != REMOVE else None
    problems = []
    if user_id is None:
        problems.append("The user id is a number; /whoami shows each person theirs.")
    if verb != REMOVE and role is None:
        problems.append(f"The role is one of {', '.join(Role)}.")
    if user_id is None or problems:
        shown_id, shown_role = user_id or 123456789, role or Role.OPERATOR
        correction = f"/operators {verb} {shown_id}" + ("" if verb == REMOVE else f" {shown_role}")
        raise ManyProblems(tuple(problems), correction=correction)
    return verb, user_id, role, " ".join(words[3:]) if verb == ADD else ""


def listing(lines: Sequence[OperatorLine], now: datetime) -> str:
    """Everybody, with what the bot knows of them."""
    parts = [bold("Operators"), *(_line(line, now) for line in lines), ""]
    return "\n".join([*parts, *(copyable(usage) for usage in _USAGE.values())])


def _line(line: OperatorLine, now: datetime) -> str:
    source = "by ADMIN_USER_IDS" if line.by_setting else f"added by {plain(line.added_by or 'nobody known')}"
    seen = f"last seen {ago(line.seen_at, now)}"
    name = f"{plain(line.view.name)} " if line.view.name else ""
    text = f"{_ICONS[line.view.role]} {name}{copyable(line.view.user_id)} – {bold(line.view.role)}, {source}, {seen}"
    return f"{text}\n     ⚠️ I cannot write to them: {plain(line.unreachable)}" if line.unreachable else text


async def _operators(call: Call) -> None:
    if not call.words:
        await _list(call)
        return
    verb, user_id, role, name = parse_change(call.words)
    if verb == REMOVE:
        await _ask_remove(call, user_id)
    elif verb == ADD and role is not None:
        added = await call.do(add_operator, actor=call.actor, user_id=user_id, role=role, name=name)
        text = f"✅ {copyable(user_id)} is {bold(added.role)} now. They have to open this bot and send /start once."
        await call.reply(Reply(text, ((_REFRESH,),)))
    elif role is not None:
        await call.do(change_role, actor=call.actor, user_id=user_id, role=role)
        await call.reply(Reply(f"✅ {copyable(user_id)} is {bold(role)} now.", ((_REFRESH,),)))


async def _list(call: Call) -> None:
    lines = await call.do(list_operators)
    await call.reply(Reply(listing(lines, await call.do(database_now)), ((_REFRESH,),)))


async def _ask_remove(call: Call, user_id: int) -> None:
    view = await call.do(check_removable, user_id)
    who = f"{bold(view.name)} {copyable(user_id)}" if view.name else copyable(user_id)
    text = f"Remove {who} ({view.role})? They lose access with their next message."
    await call.confirm(Reply(text), act=_REMOVE, args=(str(user_id),), label="Remove")


async def _remove(call: Call) -> None:
    view = await call.do(remove_operator, actor=call.actor, user_id=int(call.words[0]))
    await call.reply(Reply(f"✅ {copyable(view.user_id)} is no operator any more.", ((_REFRESH,),)))


_REFRESH = Button("👥 Operators", "operators")

COMMAND = Command(
    name="operators",
    arguments="[add|remove|role] [user_id] [role] [name]",
    summary="Who may use this bot, and as what",
    role=Role.OWNER,
    section="Administration",
    run=_operators,
    details=(
        "Without arguments: everybody, and to whom the bot cannot write. People are known by their numeric user id. "
        "viewer looks, operator runs sessions and pairs, owner does everything. The last owner cannot be removed, "
        "and who stands in ADMIN_USER_IDS is changed there."
    ),
    examples=("/operators", *_USAGE.values()),
)

ROOM = Room(
    commands=(COMMAND,),
    presses=(Press("operators", Role.OWNER, _list), Confirmed(_REMOVE, Role.OWNER, _remove)),
)
