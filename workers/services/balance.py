"""Spreading accounts over nodes: what the rows say, the next move, and making it by the ordinary hand-over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import BigIntegerField, Count, F, Max, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Now

from project.core.audit import record
from project.core.clock import database_now
from project.core.config import current
from project.core.logs import get_logger
from sessions.domain.accounts import split_account
from sessions.models import TelegramSession
from sessions.services.login import wake
from workers.domain.balance import LEAST_GAP, AccountLoad, Move, NodeLoad, Why, next_move, plan_moves, seconds_until
from workers.domain.room import MIB, room_in_memory
from workers.models import Node, NodeState, Placement, ProcessState, WorkerGroup
from workers.services.lags import lags

ACTOR = "control"
SETTLING = timedelta(minutes=3)  # after which a move that never came up holds the next one up no longer

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MoveView:
    """A move by names: the session's or sender's, and the nodes'."""

    account: str
    source: str
    target: str
    why: Why


@dataclass(frozen=True, slots=True)
class Spread:
    """How accounts are spread now, by node name; the moves to come. `by_itself`: control makes them, among nodes of one
    EGRESS_NAME. `wait`: seconds until the next may be made, None while the account that moved last comes up."""

    accounts: Mapping[str, int]
    moves: tuple[MoveView, ...]
    wait: float | None
    by_itself: bool


def balance() -> None:
    """One move, when one is due: among nodes that share their public address."""
    if _even():
        return
    with transaction.atomic():
        _alone()
        scene = _look(by_itself=True)
        move = next_move(scene.nodes, scene.accounts) if scene.wait == 0 else None
        if move is not None:
            _make(move, scene, ACTOR)


def show_spread(*, by_itself: bool = True) -> Spread:
    """The spread as it is. Not `by_itself`: as `python manage.py node balance` would move, whatever the addresses."""
    scene = _look(by_itself=by_itself)
    counts = dict.fromkeys(scene.names.values(), 0)
    for account in scene.accounts:
        counts[scene.names[account.node]] += 1
    return Spread(counts, _named(plan_moves(scene.nodes, scene.accounts), scene), scene.wait, by_itself)


def likely_spread() -> Spread:
    """What people see: with the moves that control makes, else with those that a person may."""
    spread = show_spread()
    return spread if spread.moves else show_spread(by_itself=False)


def move_one(*, actor: str) -> MoveView | None:
    """The next move among all nodes, when one may be made now; None when there is none, or not yet."""
    with transaction.atomic():
        _alone()
        scene = _look(by_itself=False)
        move = next_move(scene.nodes, scene.accounts) if scene.wait == 0 else None
        if move is None or not _make(move, scene, actor):
            return None
    return _named([move], scene)[0]


@dataclass(frozen=True, slots=True)
class _Scene:
    nodes: Sequence[NodeLoad]
    accounts: Sequence[AccountLoad]
    names: Mapping[str, str]
    wait: float | None


def _look(*, by_itself: bool) -> _Scene:
    now = database_now()
    rows = {str(node.pk): node for node in _alive()}
    places = list(Placement.objects.filter(host=F("account"), node__in=list(rows)).order_by("account"))
    last = Placement.objects.aggregate(last=Max("moved_at"))["last"]
    named = {key: node for key, node in rows.items() if node.egress_name or not by_itself}
    nodes = [_node(key, node, now, by_itself=by_itself) for key, node in named.items()]
    accounts = [_account(place, now) for place in places]
    return _Scene(
        nodes,
        _weighed(accounts, places, now) if next_move(nodes, accounts) else accounts,
        {key: node.name for key, node in rows.items()},
        seconds_until(
            since_last=None if last is None else (now - last).total_seconds(),
            interval=current().balance_interval,
            settled=all(_settled(place, now) for place in places),
        ),
    )


def _alive() -> QuerySet[Node]:
    since = Now() - timedelta(seconds=current().lease_ttl)
    return Node.objects.exclude(state=NodeState.GONE).filter(heartbeat_at__gt=since)


def _even() -> bool:
    """Whether a glance shows that nothing is to be moved: control asks every few seconds."""
    own = Count("placements", filter=Q(placements__host=F("placements__account")))
    sizes: dict[str, list[int]] = {}
    for node in _alive().exclude(egress_name="").annotate(accounts=own):
        if node.loaded_since is not None:
            return False
        sizes.setdefault(node.egress_name, []).append(node.accounts)
    return all(max(group) - min(group) < LEAST_GAP for group in sizes.values())


def _node(key: str, node: Node, now: datetime, *, by_itself: bool) -> NodeLoad:
    config = current()
    loaded = node.loaded_since is not None and now - node.loaded_since >= timedelta(seconds=config.node_load_time)
    relieved = node.relieved_at is not None and now - node.relieved_at < timedelta(seconds=config.balance_rest)
    room = node.memory_free is None or room_in_memory(free=node.memory_free, reserve=config.node_memory_reserve * MIB)
    takes = node.state == NodeState.UP and not node.drain_asked and not relieved and bool(room)
    return NodeLoad(key, node.egress_name if by_itself else "", loaded=loaded, takes=takes)


def _account(place: Placement, now: datetime) -> AccountLoad:
    moved = place.moved_at is not None and now - place.moved_at < timedelta(seconds=current().balance_rest)
    return AccountLoad(place.account, str(place.node_id), rested=not moved and place.state == ProcessState.UP)


def _weighed(accounts: Sequence[AccountLoad], places: Sequence[Placement], now: datetime) -> list[AccountLoad]:
    """With what each of them has to do: read only when one of them has to go, since that decides which."""
    numbers = {place.account: number for place in places if (number := _session(place.account)) is not None}
    backlog, sent = lags(numbers.values()), _sent(numbers.values())
    ages = {place.account: (now - place.started_at).total_seconds() for place in places if place.started_at}
    return [
        replace(
            account,
            backlog=backlog.get(numbers.get(account.name, 0), 0.0),
            rate=sent.get(numbers.get(account.name, 0), 0) / max(1.0, ages.get(account.name, 1.0)),
        )
        for account in accounts
    ]


def _session(account: str) -> int | None:
    kind, number = split_account(account)
    return number if kind == "session" else None


def _sent(sessions: Collection[int]) -> dict[int, int]:
    """Parts that their processes have sent since they started, as the groups report it."""
    sent = Cast(KeyTextTransform("sent", "counters"), BigIntegerField())
    groups = WorkerGroup.objects.filter(session__in=sessions).values_list("session")
    return {session: total or 0 for session, total in groups.annotate(total=Sum(sent))}


def _settled(place: Placement, now: datetime) -> bool:
    moving = place.moved_at is not None and now - place.moved_at < SETTLING
    return not moving or place.state == ProcessState.UP


def _make(move: Move, scene: _Scene, actor: str) -> bool:
    """From then on the row is the target's: the source drains the worker and frees the lease, the target takes it."""
    moved = Placement.objects.filter(account=move.account, node_id=move.source).update(
        node_id=move.target, pid=None, state=ProcessState.NONE, moved_at=Now(), updated_at=Now()
    )
    if not moved:
        return False
    if move.why is Why.LOAD:
        Node.objects.filter(pk=move.source).update(relieved_at=Now())
    before, after = scene.names[move.source], scene.names[move.target]
    record(
        actor=actor,
        action="node.balance",
        target=move.account,
        before={"node": before},
        after={"node": after},
        reason=move.why.value,
    )
    wake("placements")
    log.info("account moves", account=move.account, source=before, target=after, why=move.why.value)
    return True


def _alone() -> None:
    """Control and a command may want to move at the same moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7461, 4)")


def _named(moves: Sequence[Move], scene: _Scene) -> tuple[MoveView, ...]:
    numbers = [number for move in moves if (number := _session(move.account)) is not None]
    sessions = {row.account: row.name for row in TelegramSession.objects.filter(pk__in=numbers).only("name")}
    names = scene.names
    return tuple(
        MoveView(sessions.get(move.account, move.account), names[move.source], names[move.target], move.why)
        for move in moves
    )
