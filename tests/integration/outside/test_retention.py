"""What is removed when it is old, and what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from pairs.models import Delivery, Event, Inbox, Pair
from pairs.services.retention import journal_removals
from project.core import audit, retention
from project.core.config import current
from project.core.models import AuditEvent
from project.core.retention import audit_removals, remove
from sessions.models import HealthCheck, LoginAttempt, Lookup, TelegramSession
from sessions.services.retention import session_removals
from workers import tasks

pytestmark = pytest.mark.django_db

DAYS = replace(current(), payload_days=7, link_days=30, check_days=30, audit_days=365)
PAYLOAD = {"scope": "tg:1", "message_id": 1, "date": 1}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that several are needed."""
    monkeypatch.setattr(retention, "BATCH", 7)
    monkeypatch.setattr(retention, "PAUSE", 0)


@pytest.fixture
def pair() -> Pair:
    return Pair.objects.create(source_chat=1, discord_channel=1, destination_chat=1, last_seq=1000, cursor=900)


def removed(seconds: float = 60.0) -> dict[str, int]:
    done = remove([*journal_removals(DAYS), *session_removals(DAYS), *audit_removals(DAYS)], seconds=seconds)
    return {what: count for what, count in done.items() if count}


def event(pair: Pair, seq: int, *, days: float, state: str = "sent", **changes: Any) -> Event:
    """An event so many days old, delivered on hop 1."""
    values: dict[str, Any] = {
        "seq": seq,
        "scope": "tg:1",
        "message_id": seq,
        "kind": "create",
        "content_hash": b"x",
        "payload": PAYLOAD,
        "created_at": timezone.now() - timedelta(days=days),
    }
    made = Event.objects.create(pair=pair, **(values | changes))
    Delivery.objects.create(
        event=made, pair=pair, seq=seq, hop=1, act="post", state=state, source_message=seq, remote_id=seq + 5000
    )
    return made


def kept() -> set[int]:
    return set(Event.objects.values_list("seq", flat=True))


def test_contents_go_first_links_later_and_the_rest_stays(pair: Pair) -> None:
    for seq in range(1, 31):
        event(pair, seq, days=31)
    for seq in range(31, 61):
        event(pair, seq, days=8)
    event(pair, 61, days=1)
    assert removed() == {"contents": 60, "events": 30}
    assert kept() == set(range(31, 62))
    assert list(Event.objects.filter(payload__isnull=False).values_list("seq", flat=True)) == [61]
    assert Delivery.objects.count() == 31
    pair.refresh_from_db()
    assert (pair.cursor, pair.last_seq) == (900, 1000)
    assert removed() == {}


@pytest.mark.parametrize("state", ["waiting", "sending", "held"])
def test_what_is_not_finished_stays_with_its_content(pair: Pair, state: str) -> None:
    event(pair, 1, days=4000, state=state)
    event(pair, 2, days=0)
    assert removed() == {}
    assert Event.objects.get(seq=1).payload == PAYLOAD


def test_a_dead_letter_keeps_its_content_as_long_as_links(pair: Pair) -> None:
    event(pair, 1, days=29, state="dead")
    event(pair, 2, days=31, state="dead")
    event(pair, 3, days=0)
    assert removed() == {"events": 1}
    assert Event.objects.get(seq=1).payload == PAYLOAD


def test_the_newest_of_each_chat_and_lane_and_a_hundred_of_each_pair_stay(pair: Pair) -> None:
    for seq in range(1, 4):
        event(pair, seq, days=40)  # 3: newest message and newest link
    event(pair, 4, days=40, scope="dc:1", message_id=9)  # newest of its chat
    event(pair, 950, days=40, message_id=1, kind="edit", revision=1)  # among the last hundred; so 1 is old all the same
    removed()
    assert kept() == {3, 4, 950}


def test_links_of_a_message_that_changed_lately_stay(pair: Pair) -> None:
    event(pair, 1, days=40)
    event(pair, 2, days=2, message_id=1, kind="edit", revision=1)
    event(pair, 3, days=1)
    assert removed() == {"contents": 1}
    assert kept() == {1, 2, 3}


def test_nothing_of_a_removed_pair_is_kept_for_its_sake(pair: Pair) -> None:
    event(pair, 999, days=31)
    Inbox.objects.create(pair=pair, scope="dc:1", message_id=1, act="delete", created_at=timezone.now() - timedelta(2))
    assert removed() == {"contents": 1}
    Pair.objects.update(status="removed")
    assert removed() == {"events": 1, "inbox rows": 1}


def test_a_run_ends_when_its_time_is_up_and_the_next_one_goes_on(pair: Pair) -> None:
    for seq in range(1, 31):
        event(pair, seq, days=31)
    event(pair, 31, days=0)
    ticks = iter([0.0, 0.0, 0.5, 2.0])
    done = remove(journal_removals(DAYS), seconds=1.0, clock=lambda: next(ticks))
    assert done == {"contents": 7, "events": 7, "inbox rows": 0}
    assert removed() == {"contents": 23, "events": 23}


def test_old_checks_logins_and_questions_go(pair: Pair) -> None:
    session = TelegramSession.objects.create(name="a", phone_sealed=b"", phone_hint="", device={})
    long_ago = timezone.now() - timedelta(days=31)
    for days in (33, 32, 31):
        HealthCheck.objects.create(session=session, at=timezone.now() - timedelta(days=days), passed=True)
    LoginAttempt.objects.create(account=session.account, step="done", expires_at=long_ago)
    LoginAttempt.objects.create(account=session.account, step="code_sent", expires_at=long_ago)
    LoginAttempt.objects.update(updated_at=long_ago)
    Lookup.objects.create(account=session.account)
    Lookup.objects.update(created_at=long_ago)
    assert removed() == {"checks": 2, "logins": 1, "questions": 1}
    assert HealthCheck.objects.count() == 1
    assert LoginAttempt.objects.get().step == "code_sent"


def test_audit_events_go_after_their_time_by_that_way_only() -> None:
    for number in range(3):
        audit.record(actor="test", action=f"act {number}", target="x")
    _age_audit(days=366, most=2)
    assert removed() == {"audit events": 2}
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == ["act 2", "audit.retention"]
    told = AuditEvent.objects.get(action="audit.retention")
    assert told.after["removed"] == 2
    for statement in (
        "DELETE FROM core_auditevent",
        "UPDATE core_auditevent SET reason = 'forged'",
        "TRUNCATE core_auditevent",
        "SELECT set_config('relay.audit_removal', 'on', true); DELETE FROM core_auditevent",  # not old enough
    ):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            _execute(statement)
    assert AuditEvent.objects.count() == 2


def test_the_hourly_task_goes_by_the_settings(pair: Pair) -> None:
    event(pair, 1, days=current().link_days + 1)
    event(pair, 2, days=current().payload_days + 1)
    event(pair, 3, days=0)
    tasks.remove_old_rows()
    assert kept() == {2, 3}
    assert Event.objects.get(seq=2).payload is None


def test_what_is_locked_is_left_to_the_next_run(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = retention.Removal("sleepers", "SELECT pg_sleep(5)::text::bigint, 0", 1)
    monkeypatch.setattr(retention, "_LIMITS", "SET LOCAL statement_timeout = '50ms'")
    assert remove([broken], seconds=5) == {"sleepers": 0}


def _age_audit(*, days: int, most: int) -> None:
    """The oldest rows were written so long ago."""
    with transaction.atomic():
        _execute("SET LOCAL session_replication_role = replica")
        _execute(
            "UPDATE core_auditevent SET at = at - make_interval(days => %s) "
            "WHERE id IN (SELECT id FROM core_auditevent ORDER BY id LIMIT %s)",
            days,
            most,
        )
        _execute("SET LOCAL session_replication_role = origin")


def _execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
