"""/changesession: many pairs to another session, after a look at everything and a question."""

from __future__ import annotations

from pairs.bot.moves import follow, preview
from pairs.domain.moves import pairs_named
from pairs.domain.specs import USAGE, shorten
from pairs.services.failover import way_back
from pairs.services.moving import change_sessions, plan_change
from project.botkit.parts import ID, Call, Command, Confirmed, Press, Reply, Room, bold
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.words import counted
from sessions.services.finding import session_of


async def _run(call: Call) -> None:
    await _ask(call, *_parsed(call.text))


async def _bring_back(call: Call) -> None:
    """The button of a recovery: the session's pairs that others took over meanwhile, as far as they are still there."""
    session = await call.do(session_of, int(call.words[0]))
    pairs = await call.do(way_back, session.pk)
    if pairs:
        await _ask(call, session.name, shorten(pairs))
    else:
        await call.reply(Reply(f"Nothing is left to bring back to {bold(session.name)}."))


async def _ask(call: Call, target: str, spec: str) -> None:
    try:
        change = await call.do(plan_change, spec, target)
    except ManyProblems as error:
        raise _told(error, target) from None
    plan = change.plan
    if plan.moves:
        fine = shorten([move.pair_id for move in plan.moves])
        question = f"Move {counted(len(plan.moves), 'pair')} to {change.target}?"
        label = f"Move only {len(plan.moves)}" if plan.refused else "Move"
        await call.confirm(Reply(preview(question, plan)), act=MOVE.act, args=(change.target, fine), label=label)
    elif plan.refused:
        raise ManyProblems(plan.problems, hint="Nothing was changed. /optimalsession names other sessions.")
    elif plan.already:
        await call.reply(Reply(f"✅ {bold(change.target)} has them already: {pairs_named(plan.already)}."))
    else:
        await call.reply(Reply(f"There is nothing to move to {bold(change.target)}."))


async def _move(call: Call) -> None:
    target, pairs = call.words
    result = await call.do(change_sessions, actor=call.actor, pairs=pairs, target=target)
    if result.operation is None:
        await call.reply(Reply(f"✅ {bold(target)} has them already: {pairs_named(result.already)}."))
    else:
        await follow(call, result.operation)


def _parsed(text: str) -> tuple[str, str]:
    target, _, spec = text.strip().partition(" ")
    if not target or not spec.strip():
        missing = "the session and its pairs" if not target else "the pairs"
        raise ManyProblems(
            (f"Name {missing}.",), correction=f"/changesession {target or 'user2_backup'} 1,2,3", hint=USAGE
        )
    return target, spec


def _told(error: ManyProblems, target: str) -> ManyProblems:
    """With the whole command as the correction."""
    correction = f"/changesession {target} {error.correction}" if error.correction else ""
    return ManyProblems(error.problems, correction=correction, hint=error.hint)


MOVE = Confirmed("move", Role.OPERATOR, _move)
RETURN = Press("mreturn", Role.OPERATOR, _bring_back, ID)
COMMAND = Command(
    name="changesession",
    arguments="<new_session_name> <pair_specification>",
    summary="Move pairs to another session",
    role=Role.OPERATOR,
    section="Sessions",
    run=_run,
    details=(
        "Pairs are named as 1,2,3 or 1-10 or both, or as all_from:session_name. The session's health, its free seats "
        "and its access to every source are looked at first; where the session itself posts, also its right to post at "
        "the destination. Nothing is changed before you confirm, and then all pairs move or none. Messages on their "
        "way are neither lost nor doubled; paused pairs move and stay paused. [Undo] takes it back for an hour."
    ),
    examples=(
        "/changesession user2_backup 1,2,3,4,5",
        "/changesession user3_main 10-20",
        "/changesession user1_main all_from:user2_backup",
    ),
)
PART = Room(commands=(COMMAND,), presses=(MOVE, RETURN))
