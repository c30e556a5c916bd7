"""/sessionhealth: a check now with all that it saw, or what the last checks of all sessions saw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from project.botkit.pages import Page, page_buttons, page_from
from project.botkit.parts import NAME, PAGE_NUMBER, Button, Call, Command, Press, Reply, Room, bold, copyable, plain
from project.botkit.states import icon, state
from project.botkit.times import ago
from project.core.clock import database_now
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.words import counted
from workers.services.session_status import (
    CheckView,
    HealthReport,
    PairAccess,
    SessionLine,
    SessionsPage,
    check_now,
    sessions_page,
)

ONE, ALL = "checkup", "checkups"
SKEW = 5.0  # seconds by which clocks may differ
_SHOWN = 40  # pairs


async def _run(call: Call) -> None:
    if len(call.words) > 1:
        raise ManyProblems(("One name at most.",), correction=f"/sessionhealth {call.words[0]}")
    if call.words:
        await _check(call)
    else:
        await _show_all(call, 1)


async def _check(call: Call) -> None:
    await call.reply(Reply(f"🩺 Checking {bold(call.words[0])} … up to 20 s"))
    report = await call.do(check_now, call.words[0])
    name = report.line.name
    buttons = (
        Button("🔄 Check again", ONE, (name,)),
        Button("📋 Status", "session", (name,)),
        Button("All", ALL, ("1",)),
    )
    await call.reply(Reply(report_text(report, await call.do(database_now)), (buttons,)))


async def _press_all(call: Call) -> None:
    await _show_all(call, page_from(call.words[0]))


async def _show_all(call: Call, number: int) -> None:
    found = await call.do(sessions_page, number, worst_first=True)
    page = Page(found.lines, found.page, found.pages, found.total)
    await call.reply(Reply(overview_text(found, await call.do(database_now)), (page_buttons(ALL, page),)))


def overview_text(found: SessionsPage, now: datetime) -> str:
    """The stored results of all sessions with their age, those in trouble first."""
    counted = " · ".join(f"{icon(health)} {count} {health}" for health, count in found.healths.items())
    title = f"🩺 {bold('Health of sessions')}: {counted or 'there is none yet'}"
    if found.pages > 1:
        title += f" · page {found.page} of {found.pages}"
    return "\n".join([title, *_standing(found.standing), "", *(_line(line, now) for line in found.lines)])


def _standing(sentences: Sequence[str]) -> list[str]:
    return [f"🟡 {plain(sentence)}" for sentence in sentences]


def _line(line: SessionLine, now: datetime) -> str:
    why = f" · {plain(line.reason)}" if line.reason else ""
    off = f" · {state(line.lifecycle)}" if line.lifecycle != "active" else ""
    return f"{state(line.health)} {bold(line.name)}{off}{why} · {_outcome(line, now)}"


def _outcome(line: SessionLine, now: datetime) -> str:
    check = line.check
    if check is None:
        return "never checked"
    if line.recovered_since_check:
        return "not checked since it recovered"
    return f"check {'passed' if check.passed else f'failed ({plain(check.code)})'} {ago(check.at, now)}"


def report_text(report: HealthReport, now: datetime) -> str:
    """What a check saw: account, freeze, updates, clock, and each pair's source."""
    line = report.line
    lines = [f"🩺 {bold(line.name)} · {state(line.health)}" + (f" · {plain(line.reason)}" if line.reason else "")]
    if not report.fresh:
        lines.append(f"⚠️ Not checked now: {plain(report.why_not)}. What is stored:")
    lines += _standing(report.standing)
    outcome = _outcome(line, now)
    lines.append(outcome[0].upper() + outcome[1:])
    lines += _seen(line.check) if line.check and not line.recovered_since_check else []
    lines += _access(report, now)
    return "\n".join([*lines, *_todo(line)])


def _seen(check: CheckView) -> list[str]:
    detail = check.detail
    lines = [f"Error: {plain(detail['error'])}"] if detail.get("error") else []
    if "answered_ms" in detail:
        lines.append(f"Account: answers within {detail['answered_ms']} ms")
    elif "answered_s_ago" in detail:
        lines.append(f"Account: answered {detail['answered_s_ago']} s before the check")
    if check.passed and "sources" in detail:
        lines += ["Freeze: none", f"Updates: {_updates(detail)}"]
    skew = float(detail.get("clock_skew_s") or 0)
    if "clock_skew_s" in detail:
        lines.append(f"Clock: {round(skew) or 0:+d} s" + (" ⚠️ set the host's clock" if abs(skew) > SKEW else ""))
    return lines


def _updates(detail: Any) -> str:
    unsynced = sum(group.get("unsynced", 0) for group in detail.get("groups", ()))
    return "flowing" if not unsynced else f"catching up with {counted(unsynced, 'source')}"


def _access(report: HealthReport, now: datetime) -> list[str]:
    pairs = report.pairs
    if not pairs:
        return ["Pairs: none"]
    readable = sum(pair.access in ("member", "protected") for pair in pairs)
    had = f"{readable} of {counted(len(pairs), 'pair')}"
    lines = [f"Access: none now; before it stopped: {had}" if report.line.standing == "stopped" else f"Access: {had}"]
    worst = sorted(pairs, key=lambda pair: (pair.access in ("member", "protected"), pair.pair_id))
    lines += [_pair(pair, now) for pair in worst[:_SHOWN]]
    return [*lines, f"… and {len(pairs) - _SHOWN} more"] if len(pairs) > _SHOWN else lines


def _pair(pair: PairAccess, now: datetime) -> str:
    text = f"{icon(pair.access)} {pair.pair_id} {plain(pair.title)}: {pair.access}"
    text += f", seen {ago(pair.checked_at, now)}" if pair.checked_at else ""
    if pair.status != "active":
        text += f" · {state(pair.status)}" + (f" ({plain(pair.reason)})" if pair.reason else "")
    return text


def _todo(line: SessionLine) -> list[str]:
    if line.health in ("expired", "unknown"):
        return [f"→ {copyable(f'/authenticate {line.name}')}"]
    if line.health in ("unhealthy", "unauthorized"):
        return [f"→ Move its pairs: {copyable(f'/whatif {line.name}')}"]
    return []


COMMAND = Command(
    name="sessionhealth",
    arguments="[session_name]",
    summary="Check a session now; without a name: the last results of all",
    role=Role.VIEWER,
    section="Sessions",
    run=_run,
    details=(
        "With a name the session's own worker looks within 20 seconds: whether the account answers, is frozen, gets "
        "updates, whether clocks agree, and what the source of each of its pairs is to it."
    ),
    examples=("/sessionhealth user1_main", "/sessionhealth"),
)
PART = Room(
    commands=(COMMAND,),
    presses=(Press(ONE, Role.VIEWER, _check, NAME), Press(ALL, Role.VIEWER, _press_all, PAGE_NUMBER)),
)
