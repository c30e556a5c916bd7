"""What there is: nodes, sessions, senders and pairs, and how they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.db.models.functions import Now

from pairs.models import Delivery, HopState, Pair, PairStatus
from pairs.services.lags import lags
from project.core.checks import Check, ok, warning
from project.core.config import Config
from project.core.words import few
from project.doors.doctor.discord import PairedChannel
from project.doors.running import node_alive
from sessions.models import SenderBot, SenderState, TelegramSession
from sessions.models.session import Lifecycle
from sessions.services.finding import is_logged_in
from workers.domain.restarts import CRASH_LOOP
from workers.models import Placement
from workers.selectors import find_orphans

UP = "`python manage.py up` runs everything on this machine."
_SHOWN = 3
_LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides on the next step. Names of sessions by whether they are logged in."""

    logged_in: tuple[str, ...]
    logged_out: tuple[str, ...]
    senders: int
    pairs: int
    node: bool


def gather(config: Config) -> Facts:
    """Raises OperationalError."""
    sessions = TelegramSession.living().exclude(lifecycle=Lifecycle.DISABLED).order_by("name")
    in_or_out: dict[bool, list[str]] = {True: [], False: []}
    for session in sessions.only("name", "lifecycle", "health"):
        in_or_out[is_logged_in(session)].append(session.name)
    return Facts(
        logged_in=tuple(in_or_out[True]),
        logged_out=tuple(in_or_out[False]),
        senders=SenderBot.objects.filter(state=SenderState.ACTIVE).count(),
        pairs=Pair.living().count(),
        node=node_alive(config),
    )


def paired_channels() -> list[PairedChannel]:
    """Every Discord channel of a living pair, once."""
    found: dict[int, PairedChannel] = {}
    living = Pair.living().order_by("pk")
    for channel, title, webhook in living.values_list("discord_channel", "discord_title", "webhook_id"):
        by_bot = webhook is None or (channel in found and found[channel].by_bot)
        found[channel] = PairedChannel(channel, title or str(channel), by_bot)
    return list(found.values())


def check_overview(facts: Facts) -> Iterator[Check]:
    """Nodes, sessions, senders, pairs. Raises OperationalError."""
    yield from _nodes(facts)
    yield from _sessions(facts)
    for bot in SenderBot.objects.filter(state=SenderState.DEAD):
        yield warning("senders", f"{bot} is dead: {bot.reason}", "`python manage.py sender add` takes its token again.")
    yield from _pairs(facts)
    yield from _waiting()
    yield from _stuck()


def _nodes(facts: Facts) -> Iterator[Check]:
    if facts.node:
        yield ok("nodes", "A node is running.")
        yield from _orphans()
    elif facts.logged_in:
        yield warning("nodes", "No node is running: nothing is relayed.", UP)
    for place in Placement.objects.filter(last_exit__startswith=CRASH_LOOP).order_by("account"):
        yield warning(
            "workers", f"The worker of {place.account} keeps ending: {place.last_exit}", "See the node's log."
        )


def _orphans() -> Iterator[Check]:
    orphans = find_orphans()
    for what, names in (
        ("pairs that nobody reads", orphans.pairs),
        ("accounts that nobody runs", orphans.placements),
        ("groups that fell silent", orphans.groups),
    ):
        if names:
            yield warning(
                "workers", f"{len(names)} {what}: {few(names, _SHOWN)}.", "Look again in a minute, then at the log."
            )


def _sessions(facts: Facts) -> Iterator[Check]:
    if facts.logged_in:
        yield ok("sessions", f"{len(facts.logged_in)} logged in.")
    if facts.logged_out:
        todo = f"`python manage.py session login {facts.logged_out[0]}`"
        yield warning("sessions", f"{len(facts.logged_out)} not logged in: {few(facts.logged_out, _SHOWN)}.", todo)


def _pairs(facts: Facts) -> Iterator[Check]:
    living = Pair.living()
    counts = Counter(living.values_list("status", flat=True))
    if facts.pairs:
        yield ok("pairs", ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) + ".")
    for pair in living.filter(status=PairStatus.ERROR).order_by("pk")[:_SHOWN]:
        yield warning(
            "pairs", f"Pair {pair.pk} stopped: {pair.status_reason}", f"`python manage.py pair test {pair.pk}`"
        )


def _waiting() -> Iterator[Check]:
    for lag in sorted(lags().values(), key=lambda lag: -lag.seconds)[:_SHOWN]:
        todo = f"`python manage.py pair test {lag.pair}`; it is tried again by itself."
        yield warning("queue", f"Pair {lag.pair} is {lag}", todo)


def _stuck() -> Iterator[Check]:
    """Whatever the cause is (no room, no connection, a platform that is down): messages that should have gone out."""
    due = Q(not_before=None) | Q(not_before__lt=Now())
    late = Delivery.objects.filter(
        due,
        state__in=(HopState.WAITING, HopState.SENDING),
        pair__status__in=(PairStatus.ACTIVE, PairStatus.DEGRADED),
        event__created_at__lt=Now() - _LATE,
    )
    counts = dict(late.values_list("pair").annotate(Count("pk")).order_by("pair"))
    if counts:
        names = tuple(f"pair {pair}" for pair in counts)
        overdue = f"{sum(counts.values())} parts should have gone out {_LATE.seconds // 60} minutes ago"
        yield warning(
            "queue",
            f"{overdue}: {few(names, _SHOWN)}.",
            "See the node's log: it says what the platforms or the database answer.",
        )
