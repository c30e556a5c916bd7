"""/editpair: another Discord channel or webhook, destination, sender or option."""

from __future__ import annotations

from collections.abc import Iterable

from pairs.bot.texts import listed
from pairs.domain.options import FOR_OWNERS
from pairs.domain.requests import parse_edit
from pairs.services.changing import change_pair
from pairs.services.editing import Edited
from pairs.services.registry import find_pair
from project.botkit.parts import Button, Call, Command, Reply, Room, bold
from project.core.errors import Conflict, ManyProblems
from project.core.operators import Role
from project.core.redaction import names_webhook


async def _run(call: Call) -> None:
    if names_webhook(call.text):
        await call.remove()
    pair_id, wish = parse_edit(call.words)
    check_role(call, wish.options)
    await call.do(find_pair, pair_id)
    if wish.empty:
        raise ManyProblems(
            ("Nothing to change was named.",), correction=f"/editpair {pair_id} sender=@my_bot", hint=_WHAT
        )
    await call.reply(Reply(f"⏳ Looking up what pair #{pair_id} is to have …"))
    edited = await call.do(change_pair, actor=call.actor, pair_id=pair_id, wish=wish)
    await call.reply(_told(edited))


def check_role(call: Call, options: Iterable[str]) -> None:
    """Options that somebody must answer for are set by owners only. Raises Conflict."""
    named = sorted(FOR_OWNERS & set(options))
    if named and not call.operator.role.allows(Role.OWNER):
        raise Conflict(f"Only an owner sets {', '.join(named)}.", hint="Ask one: /operators shows them.")


def _told(edited: Edited) -> Reply:
    pair_id = edited.pair.id
    if not edited.changes:
        text = f"Pair #{pair_id} is like that already."
    else:
        lines = [f"✅ {bold(f'Pair #{pair_id}')} has changed:", *listed(edited.changes)]
        text = "\n".join([*lines, *(f"⚠️ {consequence}" for consequence in edited.consequences)])
    number = (str(pair_id),)
    return Reply(text, ((Button("🔍 Test", "ptest", number), Button("Show", "pshow", number)),))


_WHAT = "What can change: discord, destination, sender, protected, titles. The source cannot: make another pair."
COMMAND = Command(
    name="editpair",
    arguments="<pair_id> [discord=..] [destination=..] [sender=..] [protected=..] [titles]",
    summary="Change a pair",
    role=Role.OPERATOR,
    section="Pairs",
    run=_run,
    secret=True,
    details=(
        "discord is a channel's id or link, or a webhook's URL (your message is deleted then), sender a bot or "
        "`session`; `titles` reads the chats' names anew. What is queued goes to the new place; what stands at the "
        "old one stays and is not edited any more. protected=reupload copies from sources that forbid it: only an "
        "owner may say so. The source of a pair cannot change: make another pair."
    ),
    examples=("/editpair 3 sender=@copy_bot", "/editpair 3 discord=123456789012345678", "/editpair 3 titles"),
)
PART = Room(commands=(COMMAND,))
