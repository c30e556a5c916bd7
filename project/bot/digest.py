"""When notices go out, and how several become one message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from project.botkit.parts import Button, Reply, plain
from project.core.notices import NoticeButton, Severity

GATHER = 1.5  # seconds: what happens at once is told in one message
CALM = 3  # messages within WINDOW that go out as they come; then they are gathered
WINDOW = 60.0  # seconds
SHOWN = 15  # notices in one message
ROWS = 8  # of buttons below it
_URGENCY = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that nobody was told of. `age` in seconds."""

    id: int
    text: str
    age: float
    buttons: tuple[NoticeButton, ...] = ()
    severity: Severity = Severity.INFO


def hold_back(waiting: Sequence[Waiting], sent_ago: Sequence[float]) -> float:
    """Seconds until these should go out; 0 for now. `sent_ago`: how long ago each of the last messages was sent."""
    gather = GATHER - max((one.age for one in waiting), default=0.0)
    recent = sorted(ago for ago in sent_ago if ago < WINDOW)
    calm = WINDOW - recent[CALM - 1] if len(recent) >= CALM else 0.0
    return max(0.0, gather, calm)


def message(waiting: Sequence[Waiting]) -> Reply:
    """One message about all of them, what stands still first; some in full, with what can be done about them, the
    others counted."""
    waiting = sorted(waiting, key=lambda one: _URGENCY.index(one.severity))
    rows = _rows(waiting[:SHOWN])
    if len(waiting) == 1:
        return Reply(plain(waiting[0].text), rows)
    shown = [plain(one.text) for one in waiting[:SHOWN]]
    more = len(waiting) - len(shown)
    rest = [f"… and {more} more: /sessionhealth and /audit"] if more else []
    return Reply("\n\n".join([f"🔔 {len(waiting)} notices", *shown, *rest]), rows)


def _rows(waiting: Sequence[Waiting]) -> tuple[tuple[Button, ...], ...]:
    """A row for each notice, each button once."""
    found: dict[NoticeButton, None] = {}
    rows = []
    for one in waiting:
        new = [button for button in one.buttons if button not in found]
        found |= dict.fromkeys(new)
        rows.append(tuple(Button(button.text, button.act, button.args) for button in new))
    return tuple(row for row in rows if row)[:ROWS]
