"""`/audit`: who did what, newest first."""

from __future__ import annotations

from datetime import datetime

from project.bot.trail_names import Names, find_names, meant_by, named
from project.botkit.parts import ID, Button, Call, Command, Press, Reply, Room, bold, copyable, plain
from project.botkit.times import ago
from project.core.clock import database_now
from project.core.errors import InvalidInput
from project.core.operators import Role
from project.core.trail import Entry, TrailPage, trail_page

_ACT = "audit"
_LONGEST = 40  # bytes of a filter: it travels in the buttons
_SHOWN = 160  # signs of a change


def parse_filter(text: str) -> str:
    """The words to look for. Raises InvalidInput when they would not fit a button."""
    words = " ".join(text.split())
    if len(words.encode()) > _LONGEST or "|" in words:
        raise InvalidInput(
            f"A filter has at most {_LONGEST} letters, and no |.", hint="A part of the actor, act or target will do."
        )
    return words


def listing(page: TrailPage, text: str, now: datetime, names: Names) -> str:
    """A page of the trail, with names in place of ids."""
    head = f"{bold('Audit trail')}" + (f" – {copyable(text)}" if text else "")
    if not page.entries:
        more = f" {copyable('/help audit')} tells what can be looked for." if text else ""
        return f"{head}\n\nNothing found.{more}"
    return "\n\n".join([head, *(_line(entry, now, names) for entry in page.entries)])


def buttons(page: TrailPage, text: str) -> tuple[Button, ...]:
    """To the top again, and further down."""
    top = Button("⏮ Newest" if page.newer else "🔄", _ACT, ("0", text))
    older = (Button("▶ Older", _ACT, (str(page.entries[-1].id), text)),) if page.older else ()
    return (top, *older)


def _line(entry: Entry, now: datetime, names: Names) -> str:
    change = f"\n     {plain(_short(entry.change))}" if entry.change else ""
    reason = f"\n     because: {plain(_short(entry.reason))}" if entry.reason else ""
    who = f"{plain(named(entry.actor, names))}, {ago(entry.at, now)}"
    return f"{bold(entry.action)} {plain(named(entry.target, names))}\n     {who}{change}{reason}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


async def _audit(call: Call) -> None:
    await _show(call, parse_filter(call.text), below=0)


async def _page(call: Call) -> None:
    await _show(call, call.words[1], below=int(call.words[0]))


async def _show(call: Call, text: str, *, below: int) -> None:
    page, names = await call.do(_read, text, below)
    await call.reply(Reply(listing(page, text, await call.do(database_now), names), (buttons(page, text),)))


def _read(text: str, below: int) -> tuple[TrailPage, Names]:
    page = trail_page(text, below=below, meant=meant_by(text.split()))
    return page, find_names(part for entry in page.entries for part in (entry.actor, entry.target))


COMMAND = Command(
    name="audit",
    arguments="[filter]",
    summary="Who did what, newest first",
    role=Role.OPERATOR,
    section="Administration",
    run=_audit,
    details=(
        "The filter is the name of a session or sender, or a part of the actor, act, target or reason as they are "
        "written down, with ids: bot:<user id> for a person, session.<id>, pair.<id>. Several words must all be found."
    ),
    examples=("/audit", "/audit user1_main", "/audit session.register", "/audit pair.7"),
)

ROOM = Room(commands=(COMMAND,), presses=(Press(_ACT, Role.OPERATOR, _page, rf"(0|{ID})\|[^|]*"),))
