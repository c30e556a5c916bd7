"""/sessionstatus: one session in full, or all of them in short."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from project.botkit.pages import Page, page_buttons, page_from
from project.botkit.parts import NAME, PAGE_NUMBER, Button, Call, Command, Press, Reply, Room, bold, copyable, plain
from project.botkit.states import icon, state
from project.botkit.times import ago, span
from project.core.clock import database_now
from project.core.errors import ManyProblems
from project.core.operators import Role
from workers.services.session_status import SessionDetail, SessionLine, SessionsPage, session_status, sessions_page
from workers.services.status import GroupView

ONE, ALL = "session", "sessions"


async def _run(call: Call) -> None:
    if len(call.words) > 1:
        raise ManyProblems(("One name at most.",), correction=f"/sessionstatus {call.words[0]}")
    if call.words:
        await show_one(call, call.words[0])
    else:
        await _show_all(call, 1)


async def show_one(call: Call, name: str) -> None:
    """Everything about a session."""
    found = await call.do(session_status, name)
    name = found.line.name
    buttons = (Button("🔄", ONE, (name,)), Button("🩺 Check now", "checkup", (name,)), Button("All", ALL, ("1",)))
    await call.reply(Reply(detail_text(found, await call.do(database_now)), (buttons,)))


async def _show_all(call: Call, number: int) -> None:
    found = await call.do(sessions_page, number)
    page = Page(found.lines, found.page, found.pages, found.total)
    rows = tuple((Button(f"{icon(line.health)} {line.name}", ONE, (line.name,)),) for line in found.lines)
    await call.reply(Reply(overview_text(found), (*rows, page_buttons(ALL, page))))


async def _press_one(call: Call) -> None:
    await show_one(call, call.words[0])


async def _press_all(call: Call) -> None:
    await _show_all(call, page_from(call.words[0]))


def overview_text(found: SessionsPage) -> str:
    """All sessions, a line or two each."""
    counted = " · ".join(f"{icon(health)} {count} {health}" for health, count in found.healths.items())
    title = f"📋 {bold('Sessions')}: {found.total}" + (f" ({counted})" if counted else "")
    if found.pages > 1:
        title += f" · page {found.page} of {found.pages}"
    lines = [short_text(line) for line in found.lines]
    return "\n\n".join([title, *lines]) if lines else f"{title}\nThere is none yet. → /registersession"


def short_text(line: SessionLine) -> str:
    """One session in short."""
    head = f"{bold(line.name)} · {state(line.health)}"
    head += f" · {state(line.lifecycle)}" if line.lifecycle not in ("active", "deleted") else ""
    figures = f"priority {line.priority} · {line.pairs}/{line.max_pairs} pairs ({line.used:.0f} %)"
    figures += f" · node {plain(line.worker.node)}" if line.worker.node else ""
    figures += f" · lag {span(line.worker.lag)}" if line.worker.lag >= 1 else ""
    return "\n".join([head, *([plain(line.reason)] if line.reason else []), figures])


def detail_text(found: SessionDetail, now: datetime) -> str:
    """Everything about one session."""
    line, worker = found.line, found.line.worker
    where = f"{worker.state.icon} {worker.state.word}" + (f" on node {plain(worker.node)}" if worker.node else "")
    lines = [
        f"📋 {bold(line.name)} · {plain(line.phone)}",
        f"Status: {state(line.standing)}",
        f"Health: {state(line.health)}" + (f" · {plain(line.reason)}" if line.reason else ""),
        f"Priority: {line.priority}",
        f"Pairs: {line.pairs}/{line.max_pairs} ({line.used:.0f} %){_statuses(found)}",
        f"Groups: {', '.join(_group(group) for group in worker.groups) or 'none'}",
        f"Worker: {where}" + (f", up {span(worker.uptime)}" if worker.uptime is not None else ""),
        f"Lag: {span(worker.lag)}",
        f"Last check: {_check(line, now)}",
        f"Last change: {_flip(line, now)}",
        f"Account: {_masked(found.user_id)}" + (" · through its own proxy" if found.proxy else ""),
        f"Fail-over: {'on' if line.failover else 'off'}",
    ]
    lines += [f"{plain(key)}: {plain(value)}" for key, value in sorted(_metadata(found))]
    return "\n".join([*lines, *_next(line)])


def _statuses(found: SessionDetail) -> str:
    odd = [f"{count} {state(status)}" for status, count in found.statuses.items() if status != "active"]
    return f" · {', '.join(odd)}" if odd else ""


def _group(group: GroupView) -> str:
    return f"{group.number}: {group.pairs}/{group.most}" + (" (silent)" if group.silent else "")


def _check(line: SessionLine, now: datetime) -> str:
    if line.check is None:
        return "none yet"
    if line.recovered_since_check:
        return "none since it recovered"
    outcome = "passed" if line.check.passed else f"failed ({plain(line.check.code)})"
    return f"{outcome}, {ago(line.check.at, now)}"


def _flip(line: SessionLine, now: datetime) -> str:
    return "none yet" if line.flip is None else f"{line.flip.before} → {line.flip.after}, {ago(line.flip.at, now)}"


def _masked(user_id: int | None) -> str:
    """Enough to tell accounts apart."""
    text = str(user_id or "")
    return f"id {text[:2]}…{text[-2:]}" if user_id else "not logged in yet"


def _metadata(found: SessionDetail) -> Iterable[tuple[str, object]]:
    return ((f"meta.{key}", value) for key, value in found.metadata.items())


def _next(line: SessionLine) -> list[str]:
    """What to do about it, if anything."""
    if line.lifecycle == "disabled":
        return [f"→ {copyable(f'/enablesession {line.name}')}"]
    if line.health in ("expired", "unknown"):
        return [f"→ {copyable(f'/authenticate {line.name}')}"]
    if line.health in ("unhealthy", "unauthorized"):
        return [f"→ {copyable(f'/sessionhealth {line.name}')}"]
    return []


COMMAND = Command(
    name="sessionstatus",
    arguments="[session_name]",
    summary="Detailed status of a session, or an overview of all",
    role=Role.VIEWER,
    section="Sessions",
    run=_run,
    details=(
        "Status and health with the reason, priority, pairs of at most how many, worker groups, node, last check, last "
        "change of health, masked phone and account, lag (how long the oldest message has been waiting) and metadata."
    ),
    examples=("/sessionstatus user1_main", "/sessionstatus"),
)
PART = Room(
    commands=(COMMAND,),
    presses=(Press(ONE, Role.VIEWER, _press_one, NAME), Press(ALL, Role.VIEWER, _press_all, PAGE_NUMBER)),
)
