"""/editsession: other priority, limits, name, way out, application or notes of a session."""

from __future__ import annotations

from project.botkit.parts import Call, Command, Reply, Room, bold, plain
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.words import counted
from sessions.domain.changes import SETTINGS, may_be_secret, parse_changes
from sessions.services.editing import edit_session
from sessions.services.finding import SessionView, find_session


async def _run(call: Call) -> None:
    removed = any(map(may_be_secret, call.words))
    if removed:
        await call.remove()
    if not call.words or "=" in call.words[0]:
        raise ManyProblems(("The name of the session is missing.",), correction="/editsession user1_main priority=5")
    name = call.words[0]
    draft = parse_changes(" ".join(call.text.split(maxsplit=1)[1:]))
    if draft.problems:
        session = await call.do(find_session, name)
        correction = " ".join(["/editsession", session.name, *draft.fixed]) if draft.fixed else ""
        hint = "Your message may have held a secret and was deleted." if removed else ""
        raise ManyProblems(draft.problems, correction=correction, hint=hint)
    edited = await call.do(edit_session, actor=call.actor, name=name, changes=draft.changes)
    await call.reply(changed(edited, removed=removed))


def changed(edited: SessionView, *, removed: bool) -> Reply:
    """What it is like now."""
    lines = [
        f"✅ {bold(edited.name)} was changed: priority {edited.priority}, up to {counted(edited.max_pairs, 'pair')}.",
        *(f"⚠️ {plain(warning)}" for warning in edited.warnings),
        *(["🧹 Your message held a secret and was deleted."] if removed else []),
    ]
    return Reply("\n".join(lines))


PART = Room(
    commands=(
        Command(
            name="editsession",
            arguments="<session_name> <setting=value>...",
            summary="Change a session",
            role=Role.OPERATOR,
            section="Sessions",
            run=_run,
            details=(
                f"Settings: {SETTINGS}. A value with blanks stands in double quotes. proxy= and meta.key= without a "
                "value remove it, api_id= removes api_id and api_hash. A proxy is socks5://user:password@host:port."
            ),
            examples=(
                "/editsession user1_main priority=5 max_pairs=20",
                '/editsession user1_main meta.team="night shift" meta.old=',
            ),
            secret=True,
        ),
    ),
)
