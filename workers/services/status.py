"""What /workerstatus shows, in a number of queries that does not grow with sessions and pairs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from pairs.models import Assignment
from project.core.clock import database_now
from project.core.config import current
from sessions.domain.health import DEAD
from sessions.models import TelegramSession
from workers.domain import restarts
from workers.domain.status import WorkerFacts, WorkerState, judge_worker
from workers.models import GroupState, Placement, WorkerGroup
from workers.selectors import GROUP_SILENT_AFTER
from workers.services.balance import Spread, likely_spread
from workers.services.lags import lags
from workers.services.nodes import NodeView, list_nodes
from workers.services.standstill import seen_standstill

PER_PAGE = 10


@dataclass(frozen=True, slots=True)
class GroupView:
    """A worker group; `pairs` of at most `most`. `silent`: its worker does not report it."""

    number: int
    pairs: int
    most: int
    state: str
    restarts: int
    silent: bool


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A session's worker. Memory in bytes (`memory` is what it shares with nobody), `lag` and `uptime` in seconds; None
    where there is nothing to tell. `cpu_percent` is of one processor."""

    session: str
    state: WorkerState
    pairs: int
    max_pairs: int
    groups: tuple[GroupView, ...]
    node: str
    pid: int | None
    uptime: float | None
    restarts: int
    last_exit: str
    lag: float
    memory: int | None
    resident: int | None
    cpu_percent: float | None


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One page of the sessions by name, all live nodes, and how accounts are spread over them, when there are two.
    `standing`: checks that are not made, as sentences."""

    workers: tuple[WorkerView, ...]
    nodes: tuple[NodeView, ...]
    page: int
    pages: int
    total: int
    spread: Spread | None = None
    standing: tuple[str, ...] = ()


def worker_status(page: int = 1, *, per_page: int = PER_PAGE) -> WorkerStatus:
    """A page of all sessions that were not deleted; one that does not exist becomes the nearest that does."""
    living = TelegramSession.living().order_by("name")
    total = living.count()
    page, pages = nearest_page(page, total, per_page)
    start = (page - 1) * per_page
    sessions = living.only("name", "lifecycle", "health", "max_pairs")[start : start + per_page]
    workers, nodes = tuple(workers_of(list(sessions))), tuple(list_nodes())
    spread = likely_spread() if len(nodes) > 1 else None
    return WorkerStatus(workers, nodes, page, pages, total, spread, tuple(seen_standstill()))


def nearest_page(page: int, total: int, per_page: int) -> tuple[int, int]:
    """The page that exists nearest to this one, and how many there are."""
    pages = max(1, -(-total // per_page))
    return min(max(page, 1), pages), pages


def workers_of(sessions: Sequence[TelegramSession]) -> list[WorkerView]:
    """The worker of each, in their order; five queries."""
    ids, now = [session.pk for session in sessions], database_now()
    places = Placement.objects.select_related("node").in_bulk([session.account for session in sessions])
    groups = _groups(ids, now)
    behind = lags(ids)
    return [
        _worker(session, places.get(session.account), groups.get(session.pk, ()), behind.get(session.pk, 0.0), now)
        for session in sessions
    ]


def _groups(ids: Collection[int], now: datetime) -> Mapping[int, tuple[GroupView, ...]]:
    """By the pairs' assignments; what the workers report is added."""
    reported = {(row.session_id, row.number): row for row in WorkerGroup.objects.filter(session_id__in=ids)}
    living = Assignment.living().filter(session_id__in=ids)
    sized = living.values_list("session_id", "group").annotate(Count("pair")).order_by("session_id", "group")
    found: dict[int, tuple[GroupView, ...]] = {}
    for session, number, pairs in sized:
        view = _group(number, pairs, reported.get((session, number)), now)
        found[session] = (*found.get(session, ()), view)
    return found


def _group(number: int, pairs: int, row: WorkerGroup | None, now: datetime) -> GroupView:
    most = current().max_pairs_per_worker
    if row is None:
        return GroupView(number, pairs, most, GroupState.PLANNED, 0, silent=False)
    silent = now - row.heartbeat_at > GROUP_SILENT_AFTER
    return GroupView(number, pairs, most, row.state, row.restarts, silent)


def _worker(
    session: TelegramSession, place: Placement | None, groups: tuple[GroupView, ...], lag: float, now: datetime
) -> WorkerView:
    running = place is not None and place.pid is not None
    uptime = (now - place.started_at) / timedelta(seconds=1) if running and place and place.started_at else None
    return WorkerView(
        session=session.name,
        state=judge_worker(_facts(session, place, groups, now)),
        pairs=sum(group.pairs for group in groups),
        max_pairs=session.max_pairs,
        groups=groups,
        node=place.node.name if place and place.node else "",
        pid=place.pid if place else None,
        uptime=uptime,
        restarts=place.restarts if place else 0,
        last_exit=place.last_exit if place else "",
        lag=lag,
        memory=place.memory if place else None,
        resident=place.resident if place else None,
        cpu_percent=place.cpu_percent if place else None,
    )


def _facts(
    session: TelegramSession, place: Placement | None, groups: tuple[GroupView, ...], now: datetime
) -> WorkerFacts:
    node = place.node if place else None
    return WorkerFacts(
        lifecycle=session.lifecycle,
        dead=session.health in DEAD,
        placed=place is not None,
        on_node=node is not None,
        node_alive=node is not None and (now - node.heartbeat_at) / timedelta(seconds=1) <= current().lease_ttl,
        process=place.state if place and place.pid else "",
        crash_loop=place is not None and place.last_exit.startswith(restarts.CRASH_LOOP),
        group_restarts=any(group.state == GroupState.RESTARTING for group in groups),
        group_silent=any(group.silent for group in groups),
    )
