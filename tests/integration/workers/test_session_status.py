"""What /sessionstatus and /sessionhealth read and say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pairs.models import Access, SourceAccess
from project.botkit.longtext import visible
from project.core.errors import NotFound
from sessions.models import Health, HealthCheck, HealthFlip, TelegramSession
from tests.integration.workers.test_health import add_node, add_pair, add_session
from workers.bot import sessionhealth, sessionstatus
from workers.services.session_status import check_now, session_health, session_status, sessions_page

pytestmark = pytest.mark.django_db


def test_a_session_in_full() -> None:
    session = add_session("user1_main", add_node(), good=None)
    TelegramSession.objects.update(
        priority=3, max_pairs=25, phone_hint="+12*****90", user_id=123456, metadata={"owner": "<Ann>"}
    )
    add_pair(session, 1)
    add_pair(session, 2, "paused")
    now = datetime.now(UTC)
    HealthFlip.objects.create(session_id=session, at=now - timedelta(hours=2), before="unhealthy", after="healthy")
    HealthCheck.objects.create(session_id=session, at=now - timedelta(minutes=3), passed=True)
    html = sessionstatus.detail_text(session_status("USER1_main"), now)
    text = visible(html)
    assert "<Ann>" not in html
    for part in (
        "user1_main · +12*****90",
        "Status: 🟢 active",
        "Health: 🟢 healthy",
        "Priority: 3",
        "Pairs: 2/25 (8 %) · 1 ⏸ paused",
        "Groups: 1: 2/30",
        "on node node1",
        "Lag: 0 s",
        "Last check: passed, 3 min ago",
        "Last change: unhealthy → healthy, 2 h ago",
        "Account: id 12…56",
        "Fail-over: on",
        "meta.owner: <Ann>",
    ):
        assert part in text
    with pytest.raises(NotFound):
        session_status("nobody")


def test_health_of_all_has_those_in_trouble_first_and_the_age_of_what_is_stored() -> None:
    node, now = add_node(), datetime.now(UTC)
    add_session("a_well", node, good=now - timedelta(minutes=4))
    add_session("b_new", node, health="unknown", good=None)
    add_session("z_ill", node, health="expired", good=None)
    text = visible(sessionhealth.overview_text(sessions_page(worst_first=True), now))
    assert [line.split()[2] for line in text.splitlines()[2:]] == ["z_ill", "b_new", "a_well"]
    assert "🟢 healthy a_well · check passed 4 min ago" in text
    assert "⚪ unknown b_new · never checked" in text


def test_a_report_names_the_error_and_each_pairs_access() -> None:
    session = add_session("ill", add_node(), health="unhealthy", good=None)
    pairs = [add_pair(session, number) for number in (1, 2)]
    now = datetime.now(UTC)
    SourceAccess.objects.create(session_id=session, source_chat=2, access=Access.BANNED, checked_at=now)
    detail = {"error": "No connection to <Telegram>.", "sources": 2, "clock_skew_s": -31.0, "groups": []}
    HealthCheck.objects.create(session_id=session, at=now, passed=False, code="LOST", detail=detail)
    text = visible(sessionhealth.report_text(session_health("ill"), now))
    assert "Check failed (LOST) just now" in text
    assert "Error: No connection to <Telegram>." in text
    assert "Clock: -31 s ⚠️" in text
    assert "Access: 0 of 2 pairs" in text
    assert f"🔴 {pairs[1].pk} 2: banned" in text
    assert "/whatif ill" in text


@pytest.mark.parametrize("health", ["expired", "unauthorized"])
def test_a_dead_session_is_not_called_active_and_its_access_is_of_the_past(health: str) -> None:
    session = add_session("dead", add_node(), health=health, good=None)
    add_pair(session, 1)
    SourceAccess.objects.create(session_id=session, source_chat=1, access=Access.MEMBER, checked_at=datetime.now(UTC))
    now = datetime.now(UTC)
    assert "Status: 🔴 stopped" in visible(sessionstatus.detail_text(session_status("dead"), now))
    report = visible(sessionhealth.report_text(session_health("dead"), now))
    assert "Access: none now; before it stopped: 1 of 1 pair" in report


def test_after_a_recovery_the_failure_before_it_is_not_shown_as_the_state_of_things() -> None:
    session = add_session("back", add_node(), good=None)
    now = datetime.now(UTC)
    failed = {"passed": False, "code": "AUTH_KEY_UNREGISTERED", "detail": {"error": "Its login is gone."}}
    HealthCheck.objects.create(session_id=session, at=now - timedelta(minutes=3), **failed)
    HealthFlip.objects.create(session_id=session, at=now - timedelta(minutes=1), before="expired", after="healthy")
    shown = [
        sessionstatus.detail_text(session_status("back"), now),
        sessionhealth.report_text(session_health("back"), now),
        sessionhealth.overview_text(sessions_page(), now),
    ]
    assert not any("AUTH_KEY" in text or "Its login" in text for text in shown)
    assert all("since it recovered" in text for text in shown)
    HealthCheck.objects.create(session_id=session, at=now, passed=False, code="LOST")
    assert "failed (LOST)" in sessionstatus.detail_text(session_status("back"), now)


def test_a_check_that_nobody_can_make_says_why_and_shows_what_is_stored() -> None:
    session = add_session("s", None, good=None)
    connection.cursor().execute("UPDATE core_lease SET expires_at = clock_timestamp() - interval '1 hour'")
    report = check_now("s")
    assert (report.fresh, report.why_not) == (False, "no worker runs it now")
    TelegramSession.objects.filter(pk=session).update(lifecycle="disabled")
    text = visible(sessionhealth.report_text(check_now("s"), datetime.now(UTC)))
    assert "Not checked now: it is disabled, so nothing checks it" in text


def test_questions_do_not_grow_with_sessions_and_pairs() -> None:
    def asked(count: int) -> list[int]:
        node = add_node(f"node{count}")
        for number in range(count):
            session = add_session(f"s{count}_{number}", node, health=list(Health)[number % 5])
            add_pair(session, 1000 * count + number)
        found = []
        for question in (sessions_page, lambda: session_status(f"s{count}_0"), lambda: session_health(f"s{count}_0")):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                question()
            found.append(len(captured))
        return found

    assert asked(2) == asked(9)
    assert max(asked(3)) <= 14
