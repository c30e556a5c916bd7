"""Judging every session, and telling people of what changed: one notice per flip, one for all that share a cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from pairs.domain.specs import shorten
from pairs.models import Pair, PairStatus
from pairs.services.failover import FailOverReport, mark_told, untold_moves, way_back
from pairs.services.settling import Settled
from project.botkit.times import span
from project.core import notices
from project.core.models import Notice
from project.core.notices import NoticeButton, Severity
from project.core.words import counted
from sessions.domain.health import Health, Limits, Verdict, judge
from sessions.models import HealthFlip, TelegramSession
from sessions.services.health import explain, flip
from workers.models import Placement
from workers.services import room
from workers.services.sights import Sight, Watch

SHARED = ("host.", "telegram.", "proxy.")
"""What sessions of a host may share their trouble with: see `sessions.domain.health`."""
_BAD = {
    Health.UNHEALTHY: ("🟡", Severity.WARNING),
    Health.EXPIRED: ("🔴", Severity.CRITICAL),
    Health.UNAUTHORIZED: ("🔴", Severity.CRITICAL),
}
_TODO = {
    Health.EXPIRED: "Log it in again: /authenticate {}",
    Health.UNAUTHORIZED: "/sessionhealth {} says more.",
    Health.UNHEALTHY: "It is still tried; /sessionhealth {} says more.",
}
Reports = Mapping[int, FailOverReport]


def judge_all(watch: Watch, limits: Limits, now: datetime) -> None:
    """Looks at every active session and writes down whose health has changed."""
    for sight in watch.look(now):
        verdict = judge(sight.seen, now, limits)
        if verdict is not None:
            _apply(sight, verdict, now)


def _apply(sight: Sight, verdict: Verdict, now: datetime) -> None:
    before, after = sight.seen.before, verdict.state
    if before != after:
        with transaction.atomic():
            flip(sight.session_id, after, reason=verdict.reason, cause=verdict.cause, expected=before, at=now)
        return
    # Of its host's trouble it stays a part until the host is well for a while; then its trouble is its own.
    cause = sight.cause if sight.cause and verdict.cause else verdict.cause
    known = (verdict.reason, cause) == (sight.reason, sight.cause)
    if known or after not in (Health.HEALTHY, Health.UNHEALTHY):
        return
    with transaction.atomic():
        explain(sight.session_id, after, reason=verdict.reason, cause=cause)
        if sight.cause and not cause and after == Health.UNHEALTHY:
            _tell_of(sight.session_id, sight.name, after, verdict.reason, None)


def tell(reports: Reports) -> None:
    """Tells people of every flip that nobody told of yet, with what became of the session's pairs, and of each host
    that is silent or works again."""
    with transaction.atomic():
        flips = list(
            HealthFlip.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(processed=None)
            .select_related("session")
            .order_by("pk")
        )
        shared: dict[str, list[HealthFlip]] = defaultdict(list)
        moved = whole(untold_moves() if flips else {}, reports)
        for one in flips:
            if one.cause:
                shared[one.cause].append(one)
            else:
                _tell(one, moved.get(one.session_id))
        mark_told({one.session_id for one in flips if not one.cause and one.after in _BAD})
        for cause, group in shared.items():
            _tell_host(cause, [one for one in group if one.after == Health.UNHEALTHY])
        if flips:
            HealthFlip.objects.filter(pk__in=[one.pk for one in flips]).update(processed=Now())
    _end_hosts()


def whole(untold: Reports, reports: Reports) -> dict[int, FailOverReport]:
    """What became of pairs, by session: who took them is in the tables, also when a control before this one moved them;
    why others stayed is known to the one that tried."""
    stayed = {number: replace(report, moved=()) for number, report in reports.items()}
    went = {
        number: replace(one, left=stayed[number].left if number in stayed else ()) for number, one in untold.items()
    }
    return stayed | went


def _tell(one: HealthFlip, report: FailOverReport | None) -> None:
    if one.after in _BAD:
        _tell_of(one.session_id, one.session.name, Health(one.after), one.reason, report)
    elif one.after == Health.DELETED:
        notices.end(_key(one.session_id))
    elif one.after == Health.HEALTHY and one.before in _BAD:
        ended = notices.end(_key(one.session_id))
        if ended:
            back = NoticeButton(f"↩ Bring them back to {one.session.name}", "mreturn", (str(one.session_id),))
            taken = bool(way_back(one.session_id))
            notices.post(_key(one.session_id), _recovered(one), buttons=[back] if taken else [])


def _tell_of(session_id: int, name: str, health: Health, reason: str, report: FailOverReport | None) -> None:
    icon, severity = _BAD[health]
    lines = [f"{icon} Session {name} is {health}: {reason}", *pairs_lines(report), _TODO[health].format(name)]
    notices.end(_key(session_id))
    buttons = [NoticeButton(f"🔑 Log in {name}", "login.open", (str(session_id),))] if health == Health.EXPIRED else []
    notices.post(_key(session_id), "\n".join(lines), severity=severity, buttons=buttons)


def tell_settled(settled: Sequence[Settled]) -> None:
    """Pairs that stopped because their source is shut to their session, or go on because it is open again. The other
    changes come with their session's, which was told."""
    for one in settled:
        stopped = one.after == PairStatus.ERROR
        if not stopped and one.before != PairStatus.ERROR:
            continue
        name = TelegramSession.objects.values_list("name", flat=True).get(pk=one.session_id)
        key = f"access.{one.session_id}"
        if stopped:
            text = f"🔴 Session {name} cannot read the source any more: {_named(one.pairs)} stopped.\n"
            notices.post(key, f"{text}/sessionhealth {name} says more; /changesession gives them another session.")
        else:
            notices.post(key, f"🟢 Session {name} can read the source again: {_named(one.pairs)} active.")


def pairs_lines(report: FailOverReport | None) -> list[str]:
    """What became of the pairs of a session, for people."""
    if report is None:
        return []
    lines = []
    for name in sorted({one.after for one in report.moved}):
        pairs = [one.pair_id for one in report.moved if one.after == name]
        lines.append(f"→ {name} takes {_named(pairs)}.")
    reasons: dict[str, list[int]] = defaultdict(list)
    for left in report.left:
        reasons[left.reason].append(left.pair_id)
    lines += [f"⛔ {_named(pairs)} without a stand-in: {reason}" for reason, pairs in reasons.items()]
    return lines


def _named(pairs: Sequence[int]) -> str:
    shown = ", ".join(str(pair) for pair in pairs[:10])
    more = f" and {len(pairs) - 10} more" if len(pairs) > 10 else ""
    return f"{'pair' if len(pairs) == 1 else 'pairs'} {shown}{more}"


def _recovered(one: HealthFlip) -> str:
    well = HealthFlip.objects.filter(session_id=one.session_id, after=Health.HEALTHY, pk__lt=one.pk)
    trouble = HealthFlip.objects.filter(session_id=one.session_id, pk__lt=one.pk)
    last_well = well.order_by("-pk").values_list("pk", flat=True).first()
    first = trouble.filter(pk__gt=last_well or 0).order_by("pk").values_list("at", flat=True).first()
    after = f" after {span((one.at - first).total_seconds())}" if first else ""
    stopped = (PairStatus.DISABLED, PairStatus.DEGRADED)
    pairs = Pair.objects.filter(assignment__session_id=one.session_id, status__in=stopped).count()
    on = f" {pairs} pairs go on." if pairs > 1 else " Its pair goes on." if pairs else ""
    return f"🟢 Session {one.session.name} has recovered{after}.{on}{_way_back(one.session)}"


def _way_back(session: TelegramSession) -> str:
    """How the pairs come back that others took over."""
    pairs = way_back(session.pk)
    if not pairs:
        return ""
    return f"\nOthers took {_named(pairs)} over. To bring them back: /changesession {session.name} {shorten(pairs)}"


# --- hosts


def _tell_host(cause: str, flips: Sequence[HealthFlip]) -> None:
    """One notice however many sessions follow: those of a host do not all fall silent in the same second."""
    host = cause.partition(".")[2]
    if not flips or notices.is_open(cause) or (not host and notices.is_open(room.KEY)):
        return
    placed = Placement.objects.filter(account__startswith="session.")
    there = placed.filter(node__name=host) if host else placed.filter(node=None)
    sessions = counted(max(there.count(), len(flips)), "session")
    reason = flips[0].reason.rstrip(".")
    text = f"🔴 {_host(cause)} ({reason[:1].lower()}{reason[1:]}): {sessions} affected."
    notices.post(cause, f"{text}\n/workerstatus says more.", severity=Severity.CRITICAL)


def _end_hosts() -> None:
    """A host is well again when no session is unhealthy because of it any more."""
    shared = Q(*(Q(key__startswith=start) for start in SHARED), _connector=Q.OR)
    open_ = Notice.objects.filter(shared, ended_at=None).exclude(severity=Severity.INFO)
    for notice in open_:
        if TelegramSession.objects.filter(health=Health.UNHEALTHY, health_cause=notice.key).exists():
            continue
        with transaction.atomic():
            if notices.end(notice.key):
                notices.post(notice.key, _host_recovered(notice))


def _host_recovered(notice: Notice) -> str:
    flips = HealthFlip.objects.filter(cause=notice.key, at__gte=notice.created_at)
    recovered = flips.filter(after=Health.HEALTHY)
    last = recovered.order_by("-pk").values_list("at", flat=True).first()
    after = f", {span((last - notice.created_at).total_seconds())} after it was reported" if last else ""
    count = recovered.values("session_id").distinct().count()
    kind, _, host = notice.key.partition(".")
    works = f"Host {host} works again" if host else "The sessions are run again"
    if kind != "host":
        works = f"{'The proxy' if kind == 'proxy' else 'Telegram'} answers host {host} again"
    return f"🟢 {works}{after}; sessions that recovered: {count}."


def _host(cause: str) -> str:
    kind, _, name = cause.partition(".")
    if kind == "proxy":
        return f"Host {name} does not reach Telegram through the proxy"
    if kind == "telegram":
        return f"Telegram does not answer host {name}"
    return f"Nothing works on host {name}" if name else "No node runs the sessions"


def _key(session_id: int) -> str:
    return f"session.{session_id}"
