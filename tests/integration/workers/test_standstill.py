"""When nobody checks: one notice that names what stands still, whoever is left to tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from project.core.clock import database_now
from project.core.config import current
from project.core.models import Notice
from project.doors.doctor.checkups import check_checks
from sessions.models import HealthCheck
from tests.integration.workers.test_health import add_node, add_session
from workers import schedule
from workers.bot.sessionhealth import overview_text
from workers.bot.workerstatus import status_text
from workers.models import Node, Placement, Pulse
from workers.services import standstill
from workers.services.pulses import BEAT, CONTROL, begin_run, give_pulse
from workers.services.session_status import sessions_page
from workers.services.standstill import ChecksWatch, tell_of_control, watch_clocks
from workers.services.status import worker_status

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _planned() -> None:
    schedule.seed()
    for name in (CONTROL, BEAT, schedule.CHECK_SESSIONS, schedule.CHECK_WORKERS):
        give_pulse(name)


def age(name: str, by: timedelta) -> None:
    """Its last sign of life came so long ago."""
    Pulse.objects.filter(name=name).update(at=database_now() - by)


def stop_checks(by: timedelta = 9 * MINUTE) -> None:
    age(schedule.CHECK_SESSIONS, by)
    age(schedule.CHECK_WORKERS, by)


def looking() -> ChecksWatch:
    watch = ChecksWatch()
    watch.look(database_now() - timedelta(hours=1))
    Notice.objects.all().delete()
    return watch


def texts() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("text", flat=True))


def test_beat_off_is_one_notice_and_one_when_it_is_over() -> None:
    watch = looking()
    stop_checks()
    age(BEAT, 9 * MINUTE)
    for _ in range(3):
        watch.look(database_now())
    (text,) = texts()
    assert "No checks of sessions are made since " in text
    assert "Beat does not run" in text
    for name in (BEAT, schedule.CHECK_SESSIONS, schedule.CHECK_WORKERS):
        give_pulse(name)
    watch.look(database_now())
    watch.look(database_now())
    assert texts()[1:] == ["🟢 The checks are made again."]
    assert not Notice.objects.filter(ended_at=None).exclude(severity="info").exists()


def test_a_broker_that_takes_no_commands_is_named_though_beat_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = looking()
    stop_checks()
    age(BEAT, 9 * MINUTE)
    monkeypatch.setattr(standstill, "broker_trouble", lambda: "LOADING Redis is loading the dataset in memory")
    watch.look(database_now())
    assert "the broker (Redis) takes no commands: LOADING" in texts()[0]


def test_a_row_that_is_off_or_too_slow_is_named() -> None:
    watch = looking()
    row = PeriodicTask.objects.filter(task=schedule.CHECK_SESSIONS)
    row.update(interval=IntervalSchedule.objects.create(every=2, period=IntervalSchedule.HOURS))
    watch.look(database_now())
    assert 'its row "Check sessions" in the schedule runs every 2 h' in texts()[0]
    add_node()
    Node.objects.update(heartbeat_at=database_now(), started_at=database_now() - timedelta(hours=3))
    row.update(enabled=False)
    age(schedule.CHECK_SESSIONS, timedelta(hours=2))
    assert "switched off" in standstill.seen_standstill()[0]


def test_what_was_missed_while_everything_was_off_is_no_news() -> None:
    stop_checks(timedelta(hours=9))
    watch = ChecksWatch()
    watch.look(database_now())
    assert texts() == []


def test_a_session_whose_own_queue_nobody_reads_is_named() -> None:
    watch = looking()
    node = add_node()
    for name in ("read", "unread"):
        pk = add_session(name, node, good=None)
        then = database_now() - timedelta(hours=3)
        Placement.objects.filter(account=f"session.{pk}").update(connected_at=database_now(), started_at=then)
        if name == "read":
            HealthCheck.objects.create(session_id=pk, at=database_now(), passed=True)
    watch.look(database_now())
    assert "No checks of 1 session are made" in texts()[0]
    assert "the workers of unread take no tasks" in texts()[0]


def test_control_cannot_tell_that_it_is_dead_a_node_can() -> None:
    assert not tell_of_control()
    age(CONTROL, 3 * MINUTE)
    assert tell_of_control()
    assert tell_of_control()
    (text,) = texts()
    assert "control does not run" in text
    give_pulse(CONTROL)
    ChecksWatch().look(database_now())
    assert texts()[1:] == ["🟢 The checks are made again."]


def test_doctor_and_the_screens_show_it() -> None:
    add_session("s", add_node())
    Node.objects.update(heartbeat_at=database_now(), started_at=database_now() - timedelta(hours=1))
    assert [check.level.name for check in check_checks(current())] == ["OK"]
    assert "No checks" not in status_text(worker_status())
    age(BEAT, 9 * MINUTE)
    stop_checks()
    (first, second) = check_checks(current())
    assert first.level.name == second.level.name == "FAILED"
    assert "Beat does not run" in first.text
    assert "Beat does not run" in status_text(worker_status())
    assert "Beat does not run" in overview_text(sessions_page(), database_now())


def test_clocks_that_differ_are_one_notice() -> None:
    Pulse.objects.create(name="node.b", at=database_now(), ahead=150.0)
    for _ in range(3):
        watch_clocks(database_now())
    (text,) = texts()
    assert "node b: 150 s ahead of the database" in text
    Pulse.objects.update(ahead=0.1)
    watch_clocks(database_now())
    watch_clocks(database_now())
    assert texts()[1:] == ["🟢 The clocks agree again."]


def test_runs_that_piled_up_are_done_once_and_a_time_that_lies_ahead_blocks_nothing() -> None:
    assert begin_run("t")
    assert not begin_run("t")
    Pulse.objects.filter(name="t").update(at=database_now() + timedelta(days=1))
    assert begin_run("t")
