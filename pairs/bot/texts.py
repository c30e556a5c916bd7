"""Pairs as the bot's messages show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pairs.models import PairStatus
from pairs.services.registry import PairView
from project.botkit.parts import Button, bold, copyable, plain
from project.botkit.times import ago

ICONS = {
    PairStatus.ACTIVE: "🟢",
    PairStatus.DEGRADED: "🟡",
    PairStatus.ERROR: "🔴",
    PairStatus.DISABLED: "⛔",
    PairStatus.PARKED: "🅿",
    PairStatus.PAUSED: "⏸",
}
_SHOWN = 40  # characters of a chat's title


def short(text: str, limit: int = _SHOWN) -> str:
    """A title from outside, not too long."""
    return plain(text if len(text) <= limit else f"{text[: limit - 1]}…")


def status_line(pair: PairView, now: datetime) -> str:
    """ "⏸ paused, until in 2 h: maintenance"."""
    icon = ICONS.get(PairStatus(pair.status), "⚪")
    until = f", goes on {ago(pair.until, now)}" if pair.until else ""
    why = f": {short(pair.reason, 200)}" if pair.reason else ""
    lag = f"\n🟠 {plain(pair.lag)}" if pair.lag else ""
    guest = f"\n⚠️ {plain(pair.session)} is {plain(pair.guest)}" if pair.guest else ""
    return f"{icon} {pair.status}{until}{why}{lag}{guest}"


def route(pair: PairView) -> str:
    """ "News → #copies → Copy"."""
    return f"{short(pair.source)} → #{short(pair.discord)} → {short(pair.destination)}"


def line(pair: PairView, now: datetime) -> str:
    """Two lines of a list, more where the pair waits or its session is a guest."""
    session = plain(pair.session) if pair.session else "no session"
    status, *more = status_line(pair, now).split("\n")
    lines = [f"{bold(f'#{pair.id}')} {route(pair)}", f"{status} · {session}", *more]
    return "\n     ".join(lines)


def details(pair: PairView, now: datetime) -> str:
    """All that there is to say about one."""
    options = ", ".join(f"{name}={value}" for name, value in sorted(pair.options.items()))
    lines = [
        f"{bold(f'Pair #{pair.id}')} {route(pair)}",
        status_line(pair, now),
        f"Session: {plain(pair.session or '-')} · sender: {plain(pair.sender)} · "
        f"Discord: {'a webhook' if pair.by_webhook else 'the bot'}",
    ]
    if options:
        lines.append(f"Options: {copyable(options)}")
    return "\n".join(lines)


def buttons(pair: PairView) -> tuple[tuple[Button, ...], ...]:
    """What can be done with one."""
    number = (str(pair.id),)
    stopped = pair.status in (PairStatus.PAUSED, PairStatus.ERROR)
    go = Button("▶ Resume", "presume", number) if stopped else Button("⏸ Pause", "ppause", number)
    join = ((Button("➕ Join the source", "pjoin", number),),) if pair.guest else ()
    return (
        *join,
        (go, Button("🔍 Test", "ptest", number)),
        (Button("🔄", "pshow", number), Button("🗑 Remove", "premove", number)),
    )


def listed(items: Iterable[str], most: int = 15) -> list[str]:
    """A list of texts from outside; of a long one its beginning."""
    told = list(items)
    more = [f"… and {len(told) - most} more"] if len(told) > most else []
    return [f"• {plain(item)}" for item in [*told[:most], *more]]
