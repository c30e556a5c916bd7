"""Adopting a database: a restored backup, or a copy whose original is stopped, becomes the installation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import Enum

from django.db import connection, transaction
from django.db.models.functions import Now

from pairs.models import Delivery, HopState, Inbox, Pair
from project.core import audit
from project.core.binding.inspect import inspect, look
from project.core.binding.judge import Seen, Standing, Verdict
from project.core.binding.mark import Mark, write_mark
from project.core.config import Config
from project.core.errors import Conflict
from project.core.models import Installation
from project.doors.running import node_alive

SKIPPED = "adopted from now: not sent by this installation"
_UNFINISHED = (HopState.WAITING, HopState.SENDING)


class Begin(Enum):
    """Where the pairs go on."""

    RESUME = "resume"  # from the cursors in the database
    FROM_NOW = "from now"  # after what stands in the sources when they are next connected


@dataclass(frozen=True, slots=True)
class Gap:
    """A pair that began anew: nothing after `cursor`, a message id of its source, is relayed until then."""

    pair: int
    source: str
    cursor: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done. `skipped` parts were queued, `dropped` requests came from Discord."""

    why: str
    gaps: tuple[Gap, ...] = ()
    skipped: int = 0
    dropped: int = 0


def adopt(config: Config, *, begin: Begin, actor: str) -> Adopted:
    """Bind this host and the database to each other anew. Only when the installation before is stopped for good.

    Nodes that wait go on by themselves; every account waits the hand-over first. Raises Conflict when nothing is held,
    SettingError when VAR_DIR cannot be written.
    """
    with transaction.atomic():
        Installation.objects.select_for_update().first()
        connection.ensure_connection()
        verdict, seen = inspect(connection.connection, config.var_dir), look(connection.connection)
        _check(config, verdict)
        assert seen is not None, "only a bound database is ever held"
        adopted = _begin(begin, verdict.why)
        uid = _bind(seen, begin)
        _record(adopted, before=seen.uid, after=uid, begin=begin, actor=actor)
        write_mark(config.var_dir, Mark(uid, seen.timeline, seen.log, seen.log))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('relay_wake', 'placements')")
    return adopted


def _check(config: Config, verdict: Verdict) -> None:
    if not verdict.held:
        raise Conflict("Nothing is held: this host and the database belong together.")
    if verdict.standing is Standing.STRANGER and node_alive(config):
        raise Conflict(
            "A node that belongs to this database is running.",
            hint="Start this host's node, it joins by itself; or, when no node runs, try again in half a minute.",
        )


def _begin(begin: Begin, why: str) -> Adopted:
    if begin is Begin.RESUME:
        return Adopted(why)
    pairs = Pair.living().filter(cursor__isnull=False).order_by("pk")
    gaps = tuple(Gap(pair.pk, pair.source_name, pair.cursor or 0) for pair in pairs)
    pairs.update(cursor=None)
    Pair.living().update(people_since=Now())
    skipped = Delivery.objects.filter(state__in=_UNFINISHED).update(state=HopState.SKIPPED, reason=SKIPPED)
    dropped, _ = Inbox.objects.all().delete()
    return Adopted(why, gaps, skipped, dropped)


def _bind(seen: Seen, begin: Begin) -> uuid.UUID:
    """The new id ends what other copies of the old id file are worth. No timeline is 0: so every acquire waits the
    hand-over, as after a fail-over, since nobody knows when the old one was last connected."""
    uid = uuid.uuid4()
    Installation.objects.update(
        uid=uid,
        database_stamp=seen.stamp,
        timeline=0,
        switching_to=seen.timeline,
        switching_since=Now(),
        held_because="",
        bound_at=Now(),
        resumed_at=Now() if begin is Begin.RESUME else None,
    )
    return uid


def _record(adopted: Adopted, *, before: uuid.UUID, after: uuid.UUID, begin: Begin, actor: str) -> None:
    audit.record(
        actor=actor,
        action="installation.adopt",
        target=f"installation:{after}",
        before={"id": str(before), "cursors": {str(gap.pair): gap.cursor for gap in adopted.gaps}},
        after={"id": str(after), "begin": begin.value, "skipped": adopted.skipped, "dropped": adopted.dropped},
        reason=adopted.why,
    )
