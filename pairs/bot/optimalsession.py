"""/optimalsession: which session a new pair would get, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable

from pairs.services.optimal import Optimal, optimal_session
from project.botkit.parts import Call, Command, Reply, Room, bold, plain
from project.botkit.problems import nothing_after
from project.core.operators import Role

_SHOWN = 5  # next best sessions
_REFUSED = 20


async def _run(call: Call) -> None:
    nothing_after(call, COMMAND.name)
    await call.reply(Reply(optimal_text(await call.do(optimal_session))))


def optimal_text(found: Optimal) -> str:
    """The whole message."""
    lines = [
        f"🟢 Best: {bold(found.best.name)}" if found.best else "🔴 No session fits a new pair.",
        plain(found.answer),
    ]
    others = found.ranking.best[1 : _SHOWN + 1]
    if others:
        lines += ["", bold("Next"), *(_choice(one.name, one.priority, one.used, one.max_pairs) for one in others)]
    refused = found.ranking.refused
    if refused:
        lines += ["", bold("Not possible"), *_refused((one.name, one.reasons) for one in refused[:_REFUSED])]
        if len(refused) > _REFUSED:
            lines.append(f"… and {len(refused) - _REFUSED} more: /sessionstatus")
    return "\n".join(lines)


def _choice(name: str, priority: int, used: int, most: int) -> str:
    return f"• {plain(name)}: priority {priority}, {used}/{most} pairs"


def _refused(refusals: Iterable[tuple[str, tuple[str, ...]]]) -> Iterable[str]:
    return (f"• {plain(name)}: {plain('; '.join(reasons))}" for name, reasons in refusals)


COMMAND = Command(
    name="optimalsession",
    arguments="",
    summary="The best session for a new pair",
    role=Role.VIEWER,
    section="Sessions",
    run=_run,
    details=(
        "Only healthy sessions with free seats count. The higher priority wins, then the more free seats. A new pair "
        "without a session gets the best one that can also read its source."
    ),
    examples=("/optimalsession",),
)
PART = Room(commands=(COMMAND,))
