"""/whatif: where each pair of a session would go if it died."""

from __future__ import annotations

from pairs.bot.moves import bullets
from pairs.domain.moves import Refused, grouped, pairs_named
from pairs.services.failover import FailOverReport, foresee
from project.botkit.parts import Call, Command, Reply, Room, bold
from project.core.errors import ManyProblems
from project.core.operators import Role


async def _run(call: Call) -> None:
    if len(call.words) != 1:
        given = f"/whatif {call.words[0]}" if call.words else ""
        raise ManyProblems(("Name one session.",), correction=given, hint="/sessionstatus lists them.")
    await call.reply(Reply(what_if_text(await call.do(foresee, call.words[0]))))


def what_if_text(report: FailOverReport) -> str:
    """The whole message."""
    if not report.moved and not report.left:
        return f"{bold(report.session)} has no pairs: nothing would happen."
    lines = [f"If {bold(report.session)} died now:"]
    ways: dict[str, list[int]] = {}
    for moved in report.moved:
        ways.setdefault(moved.after, []).append(moved.pair_id)
    lines += bullets(f"{pairs_named(ids)} → {after}" for after, ids in ways.items())
    if report.left:
        reasons = grouped(Refused(left.pair_id, left.reason) for left in report.left)
        lines += ["⚠️ Without a stand-in:", *bullets(f"{pairs_named(ids)}: {why}" for why, ids in reasons.items())]
        lines.append("→ Let another session's account join these chats, then ask again.")
    else:
        lines.append("✅ Every pair has a stand-in.")
    return "\n".join(lines)


COMMAND = Command(
    name="whatif",
    arguments="<session_name>",
    summary="Where a session's pairs would go if it died",
    role=Role.VIEWER,
    section="Sessions",
    run=_run,
    details="Asks the other healthy sessions what they can read. Nothing is changed.",
    examples=("/whatif user1_main",),
)
PART = Room(commands=(COMMAND,))
