"""Groups in the tables: planned, evened, merged, cleaned up; what /workerstatus reads; the three-minute check."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pairs.models import Assignment, Delivery, Event, Pair
from project.core.models import AuditEvent, Notice
from sessions.models import TelegramSession
from workers.domain.status import WorkerState
from workers.models import Node, Placement, WorkerGroup
from workers.services.checks import check_workers
from workers.services.groups import replan, replan_changed
from workers.services.lags import lags
from workers.services.status import worker_status

pytestmark = pytest.mark.django_db


def session(name: str, **fields: object) -> TelegramSession:
    return TelegramSession.objects.create(name=name, phone_sealed=b"", device={}, lifecycle="active", **fields)


def add_pairs(owner: TelegramSession, count: int, group: int = 1) -> list[Pair]:
    start = Pair.objects.count()
    pairs = Pair.objects.bulk_create(
        [Pair(source_chat=start + n, discord_channel=1, destination_chat=1) for n in range(count)]
    )
    Assignment.objects.bulk_create([Assignment(pair=pair, session=owner, group=group) for pair in pairs])
    return pairs


def sizes(owner: TelegramSession) -> dict[int, int]:
    living = Assignment.objects.filter(session=owner).exclude(pair__status="removed")
    return dict(sorted(Counter(living.values_list("group", flat=True)).items()))


def rows(owner: TelegramSession) -> list[int]:
    return list(WorkerGroup.objects.filter(session=owner).order_by("number").values_list("number", flat=True))


def node(name: str = "node1", **fields: object) -> Node:
    now = timezone.now()
    known = {"pid": 1, "started_at": now - timedelta(hours=1), "heartbeat_at": now} | fields
    return Node.objects.create(id=uuid.uuid4(), name=name, **known)


@pytest.mark.sentence("S-06", "S-08", "S-61", "S-62", "S-64", "S-65", "S-66", "S-69", "S-73")
def test_groups_come_grow_even_out_merge_and_go() -> None:
    one, other = session("one"), session("other")
    first = add_pairs(one, 30)
    add_pairs(other, 3)
    assert replan_changed().moved == 0
    assert (sizes(one), rows(one), rows(other)) == ({1: 30}, [1], [1])

    add_pairs(one, 1)
    assert replan_changed().moved == 15
    assert (sizes(one), rows(one)) == ({1: 16, 2: 15}, [1, 2])
    event = AuditEvent.objects.get(action="groups.replan")
    assert (event.actor, event.target, event.before, event.after) == (
        "system",
        one.account,
        {"1": 31},
        {"1": 16, "2": 15},
    )

    Pair.objects.filter(pk__in=[pair.pk for pair in first[:6]]).update(status="removed")
    replan([one.pk], actor="bot:1")
    assert sizes(one) == {2: 25}
    assert rows(one) == [2], "the merged group's row is gone"

    Pair.objects.all().update(status="removed")
    replan_changed()
    assert (rows(one), rows(other)) == ([], [])


def test_a_look_at_groups_that_are_right_is_one_query_and_says_nothing() -> None:
    for number in range(20):
        add_pairs(session(f"s{number}"), 5)
    replan_changed()
    said = AuditEvent.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert replan_changed().sessions == ()
    assert len(queries) == 1
    assert AuditEvent.objects.count() == said


@pytest.mark.sentence("S-75")
def test_the_threshold_decides(settings: object) -> None:
    one = session("one")
    add_pairs(one, 20, group=1)
    add_pairs(one, 15, group=2)
    assert replan_changed().moved == 0
    add_pairs(one, 1, group=1)
    assert replan_changed().moved == 3
    assert sizes(one) == {1: 18, 2: 18}


def test_a_pair_that_goes_elsewhere_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = session("one"), session("other")
    pairs = add_pairs(one, 31)
    from workers.services import groups

    plan = groups._plan

    def late(current: dict[int, int]) -> dict[int, int]:
        Assignment.objects.filter(pair=pairs[-1]).update(session=other, group=7)
        return plan(current)

    monkeypatch.setattr(groups, "_plan", late)
    assert replan([one.pk]).moved == 14
    assert sizes(other) == {7: 1}


@pytest.mark.sentence("S-49", "S-50")
def test_the_status_of_sixty_sessions_and_six_hundred_pairs_takes_a_handful_of_queries() -> None:
    here, now = node(memory_total=8, memory_free=3), timezone.now()
    for number in range(60):
        owner = session(f"s{number:02}")
        pair = add_pairs(owner, 10)[0]
        Placement.objects.create(
            account=owner.account, host=owner.account, node=here, pid=100 + number, state="up", started_at=now
        )
        WorkerGroup.objects.create(session=owner, number=1, heartbeat_at=now)
        event = Event.objects.create(
            pair=pair, seq=1, scope="tg:1", message_id=1, kind="create", content_hash=b"",
            created_at=now - timedelta(seconds=90),
        )  # fmt: skip
        for hop, state in ((1, "sent"), (2, "waiting")):
            Delivery.objects.create(event=event, pair=pair, seq=1, hop=hop, state=state, source_message=1)
    Pair.objects.filter(assignment__session__name="s01").update(status="paused")
    with CaptureQueriesContext(connection) as queries:
        status = worker_status(1)
    assert len(queries) == 12, [query["sql"] for query in queries]
    assert (status.total, status.pages, len(status.workers), status.nodes[0].accounts) == (60, 6, 10, 60)
    shown = status.workers[0]
    assert (shown.session, shown.state, shown.pairs, shown.node, shown.pid) == ("s00", WorkerState.UP, 10, "node1", 100)
    assert [(group.number, group.pairs, group.most) for group in shown.groups] == [(1, 10, 30)]
    assert 90 <= shown.lag < 120
    assert status.workers[1].lag == 0, "pairs that stand still have no lag"
    assert worker_status(99).page == 6
    assert lags([]) == {}


@pytest.mark.sentence("S-67", "S-69")
def test_the_check_tells_once_of_what_lasts_and_once_when_it_is_over() -> None:
    here, before = node(), timezone.now() - timedelta(minutes=10)
    gone = node("old", heartbeat_at=before)
    node("ancient", state="gone", heartbeat_at=before - timedelta(days=30))
    fine, silent, dead = session("fine"), session("silent"), session("dead", health="expired")
    for owner in (fine, silent, dead):
        add_pairs(owner, 1)
        Placement.objects.create(
            account=owner.account, host=owner.account, node=here, pid=1, state="up", started_at=before
        )
        WorkerGroup.objects.create(session=owner, number=1, heartbeat_at=timezone.now())
    assert check_workers().troubles == ()
    gone.refresh_from_db()
    assert gone.state == "gone"
    assert not Node.objects.filter(name="ancient").exists()

    WorkerGroup.objects.filter(session__in=[silent, dead]).update(heartbeat_at=before)
    assert check_workers().troubles == ("Worker groups that fell silent (1): silent/1.",)
    check_workers()
    assert [notice.severity for notice in Notice.objects.all()] == ["warning"]
    WorkerGroup.objects.update(heartbeat_at=timezone.now())
    check_workers()
    check_workers()
    assert [notice.severity for notice in Notice.objects.order_by("pk")] == ["warning", "info"]


def test_the_check_leaves_a_host_that_is_gone_to_the_judge_of_health() -> None:
    """One notice for all of its sessions is posted elsewhere."""
    before = timezone.now() - timedelta(minutes=10)
    here = node(heartbeat_at=before)
    owner = session("one")
    add_pairs(owner, 1)
    Placement.objects.create(account=owner.account, host=owner.account, node=here, pid=1, started_at=before)
    Placement.objects.update(updated_at=before)
    assert check_workers().troubles == ()
    node("other")
    assert check_workers().troubles == (f"Accounts that no node runs, or that keep crashing (1): {owner.account}.",)
    TelegramSession.objects.update(health="unhealthy")
    assert check_workers().troubles == ()


@pytest.mark.sentence("S-68")
def test_pairs_that_nobody_reads_are_told() -> None:
    before = timezone.now() - timedelta(minutes=10)
    off, active = session("off"), session("active")
    unread, _, alone = (
        *add_pairs(off, 1),
        *add_pairs(active, 1),
        Pair.objects.create(source_chat=77, discord_channel=1, destination_chat=1),
    )
    Pair.objects.update(created_at=before)
    assert check_workers().troubles == (f"Pairs that nobody reads (1): pair {alone.pk}.",)
    TelegramSession.objects.filter(name="off").update(lifecycle="disabled", updated_at=before)
    assert check_workers().troubles == (f"Pairs that nobody reads (2): pair {unread.pk}, pair {alone.pk}.",)
    Pair.objects.exclude(assignment__session=active).update(status="disabled")
    assert check_workers().troubles == ()


def test_a_full_disk_is_told() -> None:
    figures = {"memory_total": 100, "memory_free": 50, "disk_total": 100, "disk_free": 4, "cpu_percent": 1.0}
    node("n1", measured_at=timezone.now(), **figures)
    assert check_workers().troubles == ("Node n1 has 4 % of its disk space left.",)
