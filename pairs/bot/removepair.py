"""/removepair: after a question, pairs relay no more."""

from __future__ import annotations

from pairs.bot.named import named_pairs
from pairs.bot.texts import listed
from pairs.domain.moves import pairs_named
from pairs.domain.specs import of_ids, parse_spec
from pairs.services.removal import queued, remove_pairs
from pairs.services.selection import pairs_of_spec
from project.botkit.parts import ID, Call, Command, Confirmed, Press, Reply, Room, bold
from project.core.operators import Role
from project.core.words import counted


async def _run(call: Call) -> None:
    await _ask(call, call.text)


async def _ask(call: Call, text: str) -> None:
    pairs = await named_pairs(call, text, command=COMMAND.name)
    ids = [pair.id for pair in pairs]
    if not ids:
        await call.reply(Reply("There is no such pair."))
        return
    waiting = await call.do(queued, ids)
    lines = [
        bold(f"Remove {pairs_named(ids)}?"),
        *listed(f"#{pair.id} {pair.title} ({pair.status})" for pair in pairs),
        f"⚠️ Queued: {counted(waiting, 'message')}, not to be sent." if waiting else "Nothing is queued.",
        "What stands in the chats stays there, and is not edited or deleted any more. This cannot be undone.",
    ]
    await call.confirm(Reply("\n".join(lines)), act=REMOVE.act, args=(str(of_ids(ids)),), label="Remove")


async def _remove(call: Call) -> None:
    pairs = await call.do(pairs_of_spec, parse_spec(call.words[0]))
    removed = await call.do(remove_pairs, actor=call.actor, pair_ids=[pair.id for pair in pairs])
    await call.reply(Reply(f"🗑 Removed: {pairs_named(removed)}."))


async def _press(call: Call) -> None:
    await _ask(call, call.words[0])


ASK = Press("premove", Role.OPERATOR, _press, ID)
REMOVE = Confirmed("pgone", Role.OPERATOR, _remove)
COMMAND = Command(
    name="removepair",
    arguments="<pairs>",
    summary="Remove pairs for good",
    role=Role.OPERATOR,
    section="Pairs",
    run=_run,
    details=(
        "Nothing is sent for a removed pair, not even what is queued; what stands in the chats stays. The webhook's "
        "secret is destroyed. Pairs are named as 1,2,3 or 1-10 or all_from:session_name; you are asked before."
    ),
    examples=("/removepair 3", "/removepair 7-9"),
)
PART = Room(commands=(COMMAND,), presses=(ASK, REMOVE))
