"""Notices about the checks themselves: that none are made, that clocks differ. No session's health follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import redis
from django.db import connection, transaction

from project.core import notices
from project.core.clock import database_now
from project.core.config import current
from project.core.notices import Severity
from project.core.words import counted, few
from workers.domain.standstill import NO_TASKS, SHARE, SILENT, SKEW, Signs, Standstill, Work, find_standstill, todo
from workers.models import Pulse
from workers.schedule import CHECK_SESSIONS, CHECK_WORKERS, Planned, all_planned, planned
from workers.services.pulses import BEAT, CONTROL, NODE
from workers.services.sights import CONNECTED_FOR

KEY, CLOCKS = "checks", "clocks"
_WHAT = {CHECK_SESSIONS: "checks of sessions", CHECK_WORKERS: "checks of workers"}
_LIMIT = 2.0  # seconds for the broker's answer
_SHOWN = 5
_LOCK = (7461, 5)
_AFTER = "Messages go on, and each session stays what it was: a check that nobody makes says nothing about it."

# Connected for two intervals by its process's own word, and nobody checked it in that time.
_UNCHECKED = """
SELECT s.name FROM tg_sessions_telegramsession s JOIN workers_placement p ON p.account = 'session.' || s.id
WHERE s.lifecycle = 'active' AND s.user_id IS NOT NULL
  AND p.connected_at > clock_timestamp() - make_interval(secs => %(fresh)s)
  AND p.started_at < clock_timestamp() - make_interval(secs => %(long)s)
  AND NOT EXISTS (SELECT 1 FROM tg_sessions_healthcheck c
                  WHERE c.session_id = s.id AND c.at > clock_timestamp() - make_interval(secs => %(long)s))
ORDER BY s.name
"""

_NODES = """
SELECT clock_timestamp(), min(started_at) FROM workers_node
WHERE state <> 'gone' AND heartbeat_at > clock_timestamp() - make_interval(secs => %(ttl)s)
"""


class ChecksWatch:
    """Control's look at the checks, round after round."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._running_since: datetime | None = None

    def lost_sight(self) -> None:
        """What was missed while the tables could not be read is no news."""
        self._since = self._running_since = None

    def look(self, now: datetime) -> None:
        """One round: tell, once, when checks are not made, and once when they are again."""
        self._since = self._since or now
        found = find_standstills(now, watched=now - self._since)
        if any(one.what == _WHAT[CHECK_SESSIONS] for one in found):
            self._running_since = None
        else:
            self._running_since = self._running_since or now
            found += self._unchecked(now - self._running_since)
        tell(found, now)

    def _unchecked(self, running: timedelta) -> list[Standstill]:
        """Sessions whose own queue nobody reads, though checks are asked for."""
        long = 2 * (planned(CHECK_SESSIONS).every or timedelta(seconds=current().session_timeout))
        if running < long + SILENT:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_UNCHECKED, {"fresh": CONNECTED_FOR, "long": long.total_seconds()})
            names = [name for (name,) in cursor.fetchall()]
        why = f"the workers of {few(names, _SHOWN)} take no tasks; /restartworker restarts one"
        return [Standstill(f"checks of {counted(len(names), 'session')}", why, long)] if names else []


def find_standstills(now: datetime, *, watched: timedelta) -> list[Standstill]:
    """Which checks are not made now, and why. What was missed before the `watched` time does not count."""
    pulses = {pulse.name: pulse for pulse in Pulse.objects.exclude(name__startswith=NODE)}
    timeout = timedelta(seconds=current().session_timeout)
    control, beat = _ago(pulses.get(CONTROL), now), _ago(pulses.get(BEAT), now)
    signs = Signs(control, beat)
    plans = all_planned()
    works = [_work(task, plans.get(task, Planned()), pulses.get(task), now) for task in _WHAT]
    if any(find_standstill(work, signs, watched=watched, timeout=timeout) for work in works):
        signs = Signs(control, beat, broker_trouble())
    found = (find_standstill(work, signs, watched=watched, timeout=timeout) for work in works)
    return [one for one in found if one is not None]


def _work(task: str, plan: Planned, pulse: Pulse | None, now: datetime) -> Work:
    return Work(_WHAT[task], plan.row, plan.enabled, plan.every, _ago(pulse, now))


def _ago(pulse: Pulse | None, now: datetime) -> timedelta | None:
    """A time that lies ahead was written before the database's clock was set back; it says nothing."""
    return None if pulse is None or pulse.at > now + timedelta(seconds=SKEW) else now - pulse.at


def broker_trouble() -> str:
    """Why the broker takes no commands; "" when it does."""
    try:
        with redis.Redis.from_url(
            current().redis_url, socket_timeout=_LIMIT, socket_connect_timeout=_LIMIT, retry=None
        ) as client:
            client.set("relay.probe", "1", ex=1)
    except redis.RedisError as error:
        return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return ""


def tell(found: Sequence[Standstill], now: datetime) -> None:
    """One notice while anything stands still, whatever else stops meanwhile; one when all is done again."""
    with transaction.atomic():
        known = notices.is_open(KEY)
        if found and not known:
            text = "\n".join([*sentences(found, now), _AFTER, f"→ {todo(found)}"])
            notices.post(KEY, f"🟡 {text}", severity=Severity.WARNING)
        elif known and not found:
            notices.end(KEY)
            notices.post(KEY, "🟢 The checks are made again.")


def sentences(found: Sequence[Standstill], now: datetime) -> list[str]:
    """One for each."""
    return [_sentence(one, now) for one in found]


def _sentence(one: Standstill, now: datetime) -> str:
    since = "yet" if one.since is None else f"since {now - one.since:%Y-%m-%d %H:%M:%S} UTC"
    return f"No {one.what} are made {since}: {one.why}."


def seen_standstill() -> list[str]:
    """What screens and `doctor` show, as sentences; nothing when all is made as planned."""
    now, watched = _running()
    if watched is None:
        return []
    found = find_standstills(now, watched=watched)
    told = notices.Notice.objects.filter(key=KEY, ended_at=None).exclude(severity=Severity.INFO).first()
    if told is not None and all(one.why == NO_TASKS for one in found):  # nothing here tells more than control saw
        return [line.removeprefix("🟡 ") for line in told.text.partition(_AFTER)[0].splitlines()]
    return sentences(found, now)


def next_step() -> str:
    """The one thing to do about it."""
    now, watched = _running()
    return todo(find_standstills(now, watched=watched or timedelta()))


def _running() -> tuple[datetime, timedelta | None]:
    """Now, and for how long a node has been running; None without one: then nothing is to be done at all."""
    with connection.cursor() as cursor:
        cursor.execute(_NODES, {"ttl": current().lease_ttl})
        now, since = cursor.fetchone() or (database_now(), None)
    return now, None if since is None else max(now - since, timedelta())


# --- what tells when control does not


def silent_after() -> timedelta:
    """How long control may give no sign of life: two minutes, less when checks are made more often."""
    every = planned(CHECK_SESSIONS).every
    return min(timedelta(minutes=2), SHARE * every) if every else timedelta(minutes=2)


def tell_of_control() -> bool:
    """For a node, since control cannot tell of its own death: one notice. Whether control is silent. It ends the
    notice itself when it is back."""
    now = database_now()
    pulse = Pulse.objects.filter(name=CONTROL).first()
    ago = _ago(pulse, now)
    if pulse is None or (ago is not None and ago <= silent_after()):
        return False
    with alone() as mine:
        if mine:
            tell([Standstill(what, "control does not run", ago) for what in _WHAT.values()], now)
    return True


@contextmanager
def alone() -> Iterator[bool]:
    """Of several nodes one acts in control's place: whether that is this one. In a transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK)
        yield cursor.fetchone() == (True,)


# --- clocks


def watch_clocks(now: datetime) -> None:
    """One notice while the clock of a program differs from the database's."""
    fresh = Pulse.objects.filter(at__gt=now - SILENT, at__lte=now + timedelta(seconds=SKEW)).order_by("name")
    off = [pulse for pulse in fresh if abs(pulse.ahead) > SKEW]
    with transaction.atomic():
        known = notices.is_open(CLOCKS)
        if off and not known:
            notices.post(CLOCKS, _clocks(off), severity=Severity.WARNING)
        elif known and not off:
            notices.end(CLOCKS)
            notices.post(CLOCKS, "🟢 The clocks agree again.")


def _clocks(off: Sequence[Pulse]) -> str:
    told = [
        f"• {_who(pulse.name)}: {abs(pulse.ahead):.0f} s {'ahead of' if pulse.ahead > 0 else 'behind'} the database"
        for pulse in off
    ]
    after = "The product times everything by the database; Telegram refuses a clock that is far off."
    return "\n".join(["🟡 Clocks differ:", *told, after, "→ Let each system keep time (systemd-timesyncd, chrony)."])


def _who(name: str) -> str:
    if name.startswith(NODE):
        return f"node {name.removeprefix(NODE)}"
    return "Beat" if name == BEAT else "control"
