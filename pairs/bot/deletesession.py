"""/deletesession: its pairs go elsewhere, then it is logged out and its secret destroyed."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from pairs.bot.moves import bullets, destinations
from pairs.domain.moves import grouped, pairs_named
from pairs.services.deletion import (
    HAND_OVER,
    Deletion,
    DeletionPlan,
    begin_deletion,
    finish_deletion,
    given_up,
    hand_overs_left,
    plan_deletion,
)
from project.botkit.parts import Call, Command, Confirmed, Reply, Room, bold, plain
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.words import counted
from sessions.services.removal import Removed

LOOK_EVERY = 1.0  # seconds
FORCE = "force"


async def _run(call: Call) -> None:
    name, force = _parsed(call.words)
    plan = await call.do(plan_deletion, name)
    if (plan.pairs or plan.leaving) and not force:
        carried = sorted([*(pair.id for pair in plan.pairs), *plan.leaving])
        raise ManyProblems(
            (f"{plan.name} still carries {pairs_named(carried)}.",),
            correction=f"/deletesession {plan.name} {FORCE}",
            hint=f"force moves them to other sessions. Or: /changesession other_session all_from:{plan.name}",
        )
    args = (plan.name, FORCE if force else "")
    await call.confirm(Reply(deletion_text(plan)), act=DELETE.act, args=args, label=f"Delete {plan.name}")


async def _delete(call: Call) -> None:
    name, force = call.words
    deletion = await call.do(begin_deletion, actor=call.actor, name=name, force=force == FORCE)
    await call.reply(_leaving(deletion, await call.do(hand_overs_left, deletion)))
    call.later(partial(_finish, call, deletion))


async def _finish(call: Call, deletion: Deletion) -> None:
    until = time.monotonic() + HAND_OVER
    told = -1
    while left := await call.do(hand_overs_left, deletion):
        if time.monotonic() > until:
            raise await call.do(given_up, deletion, left)
        if left != told:
            await call.reply(_leaving(deletion, left))
            told = left
        await asyncio.sleep(LOOK_EVERY)
    removed = await call.do(finish_deletion, deletion, actor=call.actor)
    await call.reply(Reply(_done(deletion, removed)))


def _parsed(words: tuple[str, ...]) -> tuple[str, bool]:
    if not words or len(words) > 2 or (len(words) == 2 and words[1].lower() != FORCE):
        name = words[0] if words else "old_session"
        problem = "Name the session." if not words else f"After the name only {FORCE} may follow."
        raise ManyProblems((problem,), correction=f"/deletesession {name}{f' {FORCE}' if len(words) > 1 else ''}")
    return words[0], len(words) == 2


def deletion_text(plan: DeletionPlan) -> str:
    """What would happen, before the question is answered."""
    lines = [f"🗑 {bold(f'Delete session {plan.name}?')}", *bullets(destinations(plan.placement.moves))]
    if plan.leaving:
        lines.append(f"On their way elsewhere already: {pairs_named(plan.leaving)}.")
    if plan.parked:
        lines += ["🅿 No session can take these; they are parked until one can:", *_parked(plan)]
    lines += [f"⚠️ {plain(warning[:1].upper() + warning[1:])}" for warning in plan.placement.warnings]
    lines.append("Telegram is told to end its login, and its secret is destroyed. This cannot be undone.")
    return "\n".join(lines)


def _parked(plan: DeletionPlan) -> list[str]:
    return bullets(f"{pairs_named(ids)}: {why}" for why, ids in grouped(plan.parked).items())


def _leaving(deletion: Deletion, left: int) -> Reply:
    name = bold(deletion.plan.name)
    return Reply(f"⏳ {counted(left, 'pair')} of {name} to change hands…" if left else f"⏳ Logging {name} out…")


def _done(deletion: Deletion, removed: Removed) -> str:
    lines = [f"✅ Session {bold(removed.name)} is deleted."]
    if deletion.plan.placement.moves:
        lines += bullets(destinations(deletion.plan.placement.moves))
    if deletion.plan.parked:
        lines += ["🅿 Parked:", *_parked(deletion.plan)]
    lines.append("Telegram has ended its login." if removed.logged_out else plain(removed.note))
    return "\n".join(line for line in lines if line)


DELETE = Confirmed("sdelete", Role.OWNER, _delete)
COMMAND = Command(
    name="deletesession",
    arguments="<session_name> [force]",
    summary="Delete a session",
    role=Role.OWNER,
    section="Sessions",
    run=_run,
    details=(
        "Refused while a pair that was not removed is left with it. With force each of its pairs goes to the best "
        "other session that can read its source and has room; what fits nowhere is parked, and returns by itself when "
        "a session can take it. The name can be used again afterwards; the audit stays."
    ),
    examples=("/deletesession old_session", "/deletesession problematic_session force"),
)
PART = Room(commands=(COMMAND,), presses=(DELETE,))
