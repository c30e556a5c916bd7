"""From what the tables say of sessions to health, notices and statuses of pairs. The times are handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from pairs.models import Access, Assignment, Pair, PairStatus, SourceAccess
from pairs.services.settling import settle
from pairs.services.statuses import park, pause, resume, resume_expired
from project.core.models import AuditEvent, Lease, Notice
from sessions.domain.health import Limits
from sessions.models import AccountSecret, Health, HealthCheck, HealthFlip, TelegramSession
from workers.models import Node, Placement
from workers.services.health import judge_all, tell, tell_settled
from workers.services.sights import Watch

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
LIMITS = Limits()


def add_node(name: str = "node1") -> Node:
    return Node.objects.create(
        id=f"00000000-0000-0000-0000-{abs(hash(name)) % 10**12:012d}",
        name=name,
        pid=1,
        started_at=NOW,
        heartbeat_at=NOW,
    )


def add_session(name: str, node: Node | None, *, health: str = "healthy", good: datetime | None = NOW) -> int:
    session = TelegramSession.objects.create(
        name=name,
        phone_sealed=b"",
        phone_hint="",
        device={},
        lifecycle="active",
        health=health,
        user_id=abs(hash(name)) % 10**9,
    )
    Placement.objects.create(account=session.account, host=session.account, node=node)
    Lease.objects.create(name=session.account, owner="a:1", epoch=1, expires_at=NOW + timedelta(days=1))
    if good is not None:
        HealthCheck.objects.create(session=session, at=good, passed=True)
    return session.pk


def leave(at: datetime) -> None:
    """Every worker is gone."""
    Lease.objects.update(expires_at=at)


def come_back(*session_ids: int, at: datetime) -> None:
    Lease.objects.filter(name__in=[f"session.{pk}" for pk in session_ids]).update(expires_at=NOW + timedelta(days=1))
    HealthCheck.objects.bulk_create(HealthCheck(session_id=pk, at=at, passed=True) for pk in session_ids)


def add_pair(session_id: int, source: int, status: str = "active") -> Pair:
    pair = Pair.objects.create(source_chat=source, discord_channel=source, destination_chat=1, status=status)
    Assignment.objects.create(pair=pair, session_id=session_id)
    return pair


def look(watch: Watch, at: datetime) -> None:
    judge_all(watch, LIMITS, at)
    tell({})
    tell_settled(settle())


def health(session_id: int) -> str:
    return TelegramSession.objects.get(pk=session_id).health


def texts() -> list[str]:
    return [notice.text for notice in Notice.objects.order_by("pk")]


def watching() -> Watch:
    watch = Watch(LIMITS)
    watch.look(NOW - timedelta(hours=2))
    return watch


def test_the_only_node_with_60_sessions_gone_for_5_minutes_is_one_notice_and_one_recovery() -> None:
    node, watch = add_node(), watching()
    sessions = [add_session(f"s{number}", node) for number in range(60)]
    pairs = [add_pair(sessions[0], 10), add_pair(sessions[1], 11)]
    for seconds in range(0, 300, 15):
        if seconds == 0:  # their leases end within some seconds
            for pk in sessions:
                Lease.objects.filter(name=f"session.{pk}").update(expires_at=NOW - timedelta(seconds=pk % 12))
        look(watch, NOW + timedelta(seconds=seconds))
    assert {health(pk) for pk in sessions} == {Health.UNHEALTHY}
    assert len(texts()) == 1
    assert "node1" in texts()[0]
    assert "60 sessions" in texts()[0]
    assert {Pair.objects.get(pk=pair.pk).status for pair in pairs} == {PairStatus.DEGRADED}
    for second in range(0, 60, 6):  # they come back one after the other
        at = NOW + timedelta(seconds=300 + second)
        come_back(*sessions[second : second + 6], at=at)
        look(watch, at)
    assert {health(pk) for pk in sessions} == {Health.HEALTHY}
    assert len(texts()) == 2
    assert "works again" in texts()[1]
    assert "recovered: 60" in texts()[1]
    assert {Pair.objects.get(pk=pair.pk).status for pair in pairs} == {PairStatus.ACTIVE}
    assert not Notice.objects.filter(ended_at=None).exclude(severity="info").exists()


@pytest.mark.sentence("S-58", "S-60")
def test_a_session_alone_in_trouble_is_told_by_name_and_told_again_when_it_recovered() -> None:
    node, watch = add_node(), watching()
    ill, well = add_session("ill", node, good=NOW - 16 * MINUTE), add_session("well", node)
    for minutes in (11, 6, 1):
        HealthCheck.objects.create(session_id=ill, at=NOW - minutes * MINUTE, passed=False, code="NOT_CONNECTED")
    look(watch, NOW)
    assert (health(ill), health(well)) == (Health.UNHEALTHY, Health.HEALTHY)
    assert "ill is unhealthy: 3 checks failed in a row (NOT_CONNECTED)." in texts()[0]
    HealthFlip.objects.update(at=NOW - 14 * MINUTE)
    come_back(ill, at=NOW)
    look(watch, NOW + timedelta(seconds=5))
    look(watch, NOW + timedelta(seconds=10))
    assert [text for text in texts()[1:] if "ill has recovered after 14 min" in text] == texts()[1:]
    assert len(texts()) == 2


def test_what_stays_down_when_its_host_works_again_is_told_by_name() -> None:
    node, watch = add_node(), watching()
    down, *others = [add_session(f"s{number}", node) for number in range(3)]
    leave(NOW - 3 * MINUTE)
    look(watch, NOW)
    come_back(*others, at=NOW + MINUTE)
    look(watch, NOW + MINUTE)
    look(watch, NOW + 2 * MINUTE)
    assert len(texts()) == 1  # nobody knows yet whether it is only late
    look(watch, NOW + 7 * MINUTE)
    assert [("works again" in text, "s0 is unhealthy" in text) for text in texts()[1:]] == [
        (False, True),
        (True, False),
    ]
    come_back(down, at=NOW + 8 * MINUTE)
    look(watch, NOW + 8 * MINUTE)
    assert "s0 has recovered" in texts()[-1]
    assert len(texts()) == 4


def test_a_host_that_was_away_for_less_than_two_minutes_gets_its_time_to_start_everybody() -> None:
    node, watch = add_node(), watching()
    early, *others, down = [add_session(f"s{number}", node) for number in range(10)]
    leave(NOW)
    look(watch, NOW + MINUTE)
    come_back(early, at=NOW + timedelta(seconds=110))
    for second in (110, 125, 135):  # the others are gone for two minutes, the host works for less
        look(watch, NOW + timedelta(seconds=second))
    come_back(*others, at=NOW + timedelta(seconds=140))
    look(watch, NOW + timedelta(seconds=225))
    assert texts() == []
    look(watch, NOW + timedelta(seconds=235))
    assert (health(down), len(texts())) == (Health.UNHEALTHY, 1)
    assert "s9 is unhealthy: Its worker is gone." in texts()[0]


def test_time_in_which_nobody_watched_counts_for_nothing() -> None:
    node, watch = add_node(), Watch(LIMITS)
    session = add_session("s", node, good=NOW - timedelta(hours=9))
    leave(NOW - timedelta(hours=9))
    look(watch, NOW)
    assert health(session) == Health.HEALTHY
    look(watch, NOW + 3 * MINUTE)
    assert health(session) == Health.UNHEALTHY


def test_no_good_check_for_an_hour_ends_a_session_only_while_its_host_works() -> None:
    one, two, watch = add_node("one"), add_node("two"), watching()
    quiet, _, alone = (
        add_session("quiet", one, good=None),
        add_session("busy", one),
        add_session("alone", two, good=None),
    )
    for pk in (quiet, alone):
        for minutes in (64, 40, 20, 1):
            HealthCheck.objects.create(session_id=pk, at=NOW - minutes * MINUTE, passed=False, code="NOT_CONNECTED")
    look(watch, NOW)
    assert health(quiet) == Health.EXPIRED
    assert (health(alone), TelegramSession.objects.get(pk=alone).health_cause) == (Health.UNHEALTHY, "host.two")
    come_back(quiet, alone, at=NOW + timedelta(seconds=5))
    look(watch, NOW + timedelta(seconds=5))
    assert (health(quiet), health(alone)) == (Health.HEALTHY, Health.HEALTHY)


@pytest.mark.parametrize(
    ("answers", "proxied", "wanted", "cause"),
    [
        (True, False, "expired", ""),
        (False, False, "unhealthy", "telegram.node1"),
        (False, True, "unhealthy", "proxy.node1"),
    ],
)
def test_a_lone_session_that_fails_for_an_hour_expires_only_when_its_data_centre_answers(
    answers: bool, proxied: bool, wanted: str, cause: str
) -> None:
    watch, session = watching(), add_session("alone", add_node(), good=None)
    detail = {"datacenter": answers, "proxied": proxied}
    for minutes in (64, 40, 20, 1):
        HealthCheck.objects.create(
            session_id=session, at=NOW - minutes * MINUTE, passed=False, code="NOT_CONNECTED", detail=detail
        )
    look(watch, NOW)
    row = TelegramSession.objects.get()
    assert (row.health, row.health_cause) == (wanted, cause)
    assert ("data centre answers" in texts()[0]) == answers
    assert ("proxy" in texts()[0]) == proxied
    come_back(session, at=NOW + timedelta(seconds=5))
    look(watch, NOW + timedelta(seconds=5))
    assert health(session) == Health.HEALTHY
    assert not Notice.objects.filter(ended_at=None).exclude(severity="info").exists()


def test_hours_without_a_check_change_no_session_and_blame_no_host() -> None:
    watch, node = watching(), add_node()
    calm, gone = add_session("calm", node), add_session("gone", node)
    pair = add_pair(calm, 1)
    for minutes in range(0, 180, 10):
        at = NOW + minutes * MINUTE
        Placement.objects.update(connected_at=datetime.now(UTC))
        if minutes == 120:
            Lease.objects.filter(name=f"session.{gone}").update(expires_at=NOW)
        look(watch, at)
    pair.refresh_from_db()
    assert (health(calm), pair.status) == (Health.HEALTHY, "active")
    assert (health(gone), TelegramSession.objects.get(pk=gone).health_cause) == (Health.UNHEALTHY, "")
    assert [text for text in texts() if "gone is unhealthy" not in text] == []


def test_a_failed_check_is_shown_at_once_and_is_no_news() -> None:
    watch, session = watching(), add_session("s", add_node(), good=NOW - MINUTE)
    HealthCheck.objects.create(session_id=session, at=NOW, passed=False, code="LOST")
    look(watch, NOW)
    row = TelegramSession.objects.get()
    assert (row.health, row.health_reason) == ("healthy", "check failed 1 of 3 (LOST)")
    assert texts() == []
    come_back(session, at=NOW + MINUTE)
    look(watch, NOW + MINUTE)
    assert TelegramSession.objects.get().health_reason == ""


@pytest.mark.parametrize(
    ("code", "wanted"),
    [("SESSION_REVOKED", "expired"), ("AUTH_KEY_DUPLICATED", "expired"), ("USER_DEACTIVATED_BAN", "unauthorized")],
)
def test_a_dead_key_ends_it_at_once_and_a_new_login_brings_its_pairs_back(code: str, wanted: str) -> None:
    watch, session = watching(), add_session("s", add_node())
    pairs = {status: add_pair(session, number, status) for number, status in enumerate(("active", "paused", "error"))}
    secret = AccountSecret.objects.create(account=f"session.{session}", sealed=b"", dead_code=code, updated_at=NOW)
    look(watch, NOW)
    look(watch, NOW + timedelta(seconds=5))
    assert health(session) == wanted
    assert len(texts()) == 1
    assert "/" in texts()[0]
    buttons = [["🔑 Log in s", "login.open", str(session)]] if wanted == "expired" else []
    assert list(Notice.objects.values_list("buttons", flat=True)) == [buttons]
    now = {status: Pair.objects.get(pk=pair.pk).status for status, pair in pairs.items()}
    assert now == {"active": "disabled", "paused": "paused", "error": "error"}
    secret.dead_code = ""
    secret.save()
    TelegramSession.objects.update(health="healthy", health_reason="")  # what a login does
    HealthFlip.objects.create(session_id=session, at=NOW, before=wanted, after="healthy", reason="logged in")
    look(watch, NOW + MINUTE)
    assert [Pair.objects.get(pk=pair.pk).status for pair in pairs.values()] == ["active", "paused", "error"]
    assert "has recovered" in texts()[1]
    assert len(texts()) == 2


def test_access_lost_to_some_sources_stops_those_pairs_and_to_all_of_them_the_session() -> None:
    watch, session = watching(), add_session("s", add_node())
    one, two = add_pair(session, 1), add_pair(session, 2)
    SourceAccess.objects.create(session_id=session, source_chat=1, access=Access.BANNED, checked_at=NOW)
    look(watch, NOW)
    assert (health(session), TelegramSession.objects.get().health_reason) == (Health.HEALTHY, "partial access 1/2")
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, one.status_code, two.status) == ("error", "SOURCE_ACCESS", "active")
    assert [f"pair {one.pk} stopped" in text for text in texts()] == [True]
    SourceAccess.objects.create(session_id=session, source_chat=2, access=Access.BANNED, checked_at=NOW)
    look(watch, NOW + MINUTE)
    assert health(session) == Health.UNAUTHORIZED
    SourceAccess.objects.update(access=Access.MEMBER)
    come_back(session, at=NOW + 2 * MINUTE)
    look(watch, NOW + 2 * MINUTE)
    assert health(session) == Health.HEALTHY
    assert set(Pair.objects.values_list("status", flat=True)) == {"active"}


def test_one_look_asks_the_same_number_of_questions_however_many_sessions() -> None:
    node = add_node()
    for number in range(20):
        add_pair(add_session(f"s{number}", node), number)
    watch = watching()
    before = len(connection.queries_log)
    connection.force_debug_cursor = True
    look(watch, NOW)
    asked = len(connection.queries_log) - before
    connection.force_debug_cursor = False
    assert asked <= 12


def test_what_people_do_to_pairs_is_never_undone_by_the_system() -> None:
    session = add_session("s", add_node(), health="expired")
    pair = add_pair(session, 1)
    assert pause([pair.pk, 999], actor="bot:1", reason="holiday", until=NOW).unchanged[0][0] == 999
    settle()
    pair.refresh_from_db()
    assert (pair.status, pair.status_reason) == ("paused", "holiday")
    park([pair.pk], actor="bot:1", reason="no room")
    Assignment.objects.all().delete()
    settle()
    pair.refresh_from_db()
    assert (pair.status, pair.status_reason) == ("parked", "no room")
    Assignment.objects.create(pair=pair, session_id=session)
    settle()
    pair.refresh_from_db()
    assert (pair.status, pair.status_reason) == ("paused", "holiday")
    assert resume_expired(NOW) == (pair.pk,)
    settle()
    pair.refresh_from_db()
    assert pair.status == "disabled"
    assert resume([pair.pk], actor="bot:1").changed == ()
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["pair.pause", "pair.park", "pair.status", "pair.resume", "pair.status"]
