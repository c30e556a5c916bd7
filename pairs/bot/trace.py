"""A forwarded message, or a link to one: where it went over the three chats, and what can be done about it."""

from __future__ import annotations

from datetime import datetime

from pairs.bot.texts import ICONS, short
from pairs.domain.references import DiscordPost, TelegramPost, find_post
from pairs.models import PairStatus
from pairs.services.resending import Resend, delete_downstream, plan_resend, resend
from pairs.services.trace import EventTrace, PairTrace, PartTrace, trace, trace_event
from project.botkit.parts import ID, Button, Call, Confirmed, Press, Reply, Room, bold, plain
from project.botkit.times import ago
from project.core.chats import bare_id
from project.core.clock import database_now
from project.core.errors import InvalidInput
from project.core.operators import Role

_STATES = {"sent": "✅", "skipped": "➖", "dead": "❌", "waiting": "⏳", "sending": "⏳", "held": "⏳"}
_PLACES = {1: "Discord", 2: "destination"}
_MOST = 5  # pairs that one message shows
_MOST_EVENTS = 8


async def _on_message(call: Call) -> None:
    post = _named(call)
    found = await call.do(trace, post)
    now = await call.do(database_now)
    text = "\n\n".join(_pair(one, now) for one in found[:_MOST])
    if len(found) > _MOST:
        text += f"\n\n… and {len(found) - _MOST} more pairs."
    await call.reply(Reply(text, tuple(_buttons(one) for one in found[:_MOST])))


def _named(call: Call) -> TelegramPost | DiscordPost:
    if "forward_chat" in call.data:
        chat = bare_id(int(call.data["forward_chat"]))
        return TelegramPost(chat, "", int(call.data["forward_message"]))
    if post := find_post(call.text):
        return post
    if "forwarded" in call.data:
        raise InvalidInput("Telegram does not tell where this was forwarded from.", hint="Paste the message's link.")
    raise InvalidInput("This link names no message.", hint="Copy the link of one message, or forward it here.")


# --- showing


def _pair(one: PairTrace, now: datetime) -> str:
    icon = ICONS.get(PairStatus(one.status), "⚪")
    head = f"{bold(f'Pair #{one.pair_id}')} {icon} {short(one.route, 120)}"
    if not one.events:
        return f"{head}\n🚫 {bold('Not forwarded.')} {plain(one.why)}"
    lines = [head, f"From {_link(one.origin, one.origin_link)}"]
    lines += [_event(event, now) for event in one.events[-_MOST_EVENTS:]]
    return "\n".join(lines)


def _event(event: EventTrace, now: datetime) -> str:
    name = {"create": "Posted", "delete": "Deleted"}.get(event.kind, f"Edit {event.revision}")
    lines = [f"• {name}, taken {ago(event.taken_at, now)}"]
    lines += [_hop(hop, parts, now) for hop, parts in event.hops]
    return "\n".join(lines)


def _hop(hop: int, parts: tuple[PartTrace, ...], now: datetime) -> str:
    shown = "; ".join(_part(part, now, several=len(parts) > 1) for part in parts)
    return f"     {_PLACES[hop]}: {shown}"


def _part(part: PartTrace, now: datetime, *, several: bool) -> str:
    state = f"{_STATES.get(part.state, '⚪')} " + _link(part.state, part.link)
    which = f"part {part.part + 1} " if several else ""
    when = f" {ago(part.at, now)}" if part.at else ""
    why = f" ({short(part.reason, 120)})" if part.reason else ""
    return f"{which}{state}{when}{why}"


def _link(text: str, url: str) -> str:
    return f'<a href="{plain(url)}">{plain(text)}</a>' if url else plain(text)


def _buttons(one: PairTrace) -> tuple[Button, ...]:
    pause = Button(f"⏸ Pause pair {one.pair_id}", "ppause", (str(one.pair_id),))
    if one.event_id is None:
        return (pause,)
    number = (str(one.event_id),)
    return Button("↻ Resend", RESEND.act, number), Button("🗑 Delete downstream", DELETE.act, number), pause


async def _again(call: Call, event_id: int, note: str) -> None:
    """The trace once more, below what was just done."""
    one = await call.do(trace_event, event_id)
    look = Button("🔄", LOOK.act, (str(event_id),))
    text = _pair(one, await call.do(database_now))
    await call.reply(Reply(f"{plain(note)}\n\n{text}".strip(), (_buttons(one), (look,))))


async def _look(call: Call) -> None:
    await _again(call, int(call.words[0]), "")


# --- acting


async def _resend(call: Call) -> None:
    plan = await call.do(plan_resend, int(call.words[0]))
    if plan.dead:
        await call.do(resend, actor=call.actor, event_id=plan.event_id)
        await _again(call, plan.event_id, f"↻ It goes out again.{_waits(plan)}")
        return
    places = " and at the ".join(_PLACES[hop] for hop in plan.appears_again)
    text = (
        f"{bold('Send it once more?')}\nIt arrived. It will appear again on {places}: what stands there stays, and "
        f"later edits and deletes reach the new copy only.{_waits(plan)}"
    )
    hops = ",".join(map(str, plan.appears_again))
    await call.confirm(Reply(text), act=SEND.act, args=(str(plan.event_id), hops), label="Send again")


async def _send(call: Call) -> None:
    event_id, hops = int(call.words[0]), [int(hop) for hop in call.words[1].split(",")]
    plan = await call.do(resend, actor=call.actor, event_id=event_id, agreed=hops)
    await _again(call, event_id, f"↻ It goes out once more.{_waits(plan)}")


def _waits(plan: Resend) -> str:
    return f" Its pair is {plan.pair_status}: it waits until the pair goes on." if plan.waits else ""


async def _delete(call: Call) -> None:
    text = f"{bold('Delete its copies?')}\nThey go from Discord and from the destination; the message itself stays."
    await call.confirm(Reply(text), act=GONE.act, args=(call.words[0],), label="Delete copies")


async def _gone(call: Call) -> None:
    event_id = int(call.words[0])
    status = await call.do(delete_downstream, actor=call.actor, event_id=event_id)
    waits = "" if status in (PairStatus.ACTIVE, PairStatus.DEGRADED) else f" The pair is {status}: when it goes on."
    await _again(call, event_id, f"🗑 Its copies are being deleted.{waits}")


LOOK = Press("tlook", Role.VIEWER, _look, ID)
RESEND = Press("tresend", Role.OPERATOR, _resend, ID)
SEND = Confirmed("tsend", Role.OPERATOR, _send)
DELETE = Press("tdelete", Role.OPERATOR, _delete, ID)
GONE = Confirmed("tgone", Role.OPERATOR, _gone)
PART = Room(presses=(LOOK, RESEND, SEND, DELETE, GONE), on_message=_on_message)
