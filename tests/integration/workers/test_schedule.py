"""Beat and the tasks it sends."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from datetime import timedelta

import asyncpg
import pytest
import redis
from django.apps import apps
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from pairs.models import Assignment, Pair
from project.celery import app
from project.core.config import current
from project.core.models import Lease
from sessions.models import TelegramSession
from tests.integration.workers.conftest import ROOT, StartNode, until
from tests.integration.workers.fakes import Peer
from workers import schedule, selectors, tasks
from workers.beat import LeaderScheduler, Leadership
from workers.models import Placement, Pulse, WorkerGroup


@pytest.mark.sentence("S-12", "S-57", "S-67", "S-71", "S-74")
@pytest.mark.django_db
def test_the_schedule_is_seeded_once_and_then_the_operators() -> None:
    PeriodicTask.objects.all().delete()
    schedule.seed(sender=apps.get_app_config("workers"))
    rows = {row.task: row for row in PeriodicTask.objects.all()}
    assert {task: row.interval.every for task, row in rows.items()} == {
        "workers.check_sessions": 300,
        "workers.check_workers": 180,
        "workers.remove_old_rows": 3600,
    }
    assert all(row.queue == "control" and row.expire_seconds is None for row in rows.values())
    slower, _ = IntervalSchedule.objects.get_or_create(every=600, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.filter(task="workers.check_sessions").update(interval=slower)
    schedule.seed(sender=apps.get_app_config("workers"))
    assert PeriodicTask.objects.get(task="workers.check_sessions").interval == slower
    assert PeriodicTask.objects.count() == 3


@pytest.mark.usefixtures("transactional_db")
def test_of_two_beats_one_ticks_and_the_other_takes_over(redis_url: str) -> None:
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.all().delete()
    PeriodicTask.objects.create(name="often", task="tests.nothing", interval=every, queue="beat-test")
    first, second = LeaderScheduler(app=app), LeaderScheduler(app=app)
    with redis.Redis.from_url(redis_url) as client:
        ticks(first, until_sent=1, client=client)
        ticks(second, times=5)
        assert client.llen("beat-test") == 1
        first.close()
        ticks(second, until_sent=2, client=client)
    second.close()


@pytest.mark.usefixtures("transactional_db")
def test_a_last_run_that_lies_ahead_keeps_no_task_from_running(redis_url: str) -> None:
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.all().delete()
    PeriodicTask.objects.create(
        name="often",
        task="tests.nothing",
        interval=every,
        queue="beat-test",
        last_run_at=timezone.now() + timedelta(days=1),  # written while the clock was a day ahead
    )
    scheduler = LeaderScheduler(app=app)
    with redis.Redis.from_url(redis_url) as client:
        ticks(scheduler, until_sent=1, client=client)
    assert Pulse.objects.filter(name="beat").exists()
    scheduler.close()


@pytest.mark.django_db
def test_no_worker_throws_a_check_away_because_its_clock_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery holds `expires` against the wall clock of whoever takes the task (B17)."""
    session = TelegramSession.objects.create(name="one", phone_sealed=b"", device={}, lifecycle="active")
    Lease.objects.create(name=session.account, owner="x", epoch=1, expires_at=timezone.now() + timedelta(minutes=1))
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.check_session, "apply_async", lambda **options: sent.append(options))
    tasks.check_sessions()
    assert [options["queue"] for options in sent] == [session.account]
    schedule.seed()
    sent += [ModelEntry(row, app=app).options for row in PeriodicTask.objects.filter(task__startswith="workers.")]
    assert not any(options.get("expires") for options in sent)


def ticks(
    scheduler: LeaderScheduler, *, times: int = 0, until_sent: int = 0, client: redis.Redis | None = None
) -> None:
    """Tick a number of times, or until that many tasks are in the queue (each tick waits as long as it asks)."""
    loop = asyncio.new_event_loop()
    for _ in range(times or 200):
        wait = scheduler.tick()
        if client is not None and client.llen("beat-test") >= until_sent:
            break
        loop.run_until_complete(asyncio.sleep(0 if times else min(wait, 0.1)))
    loop.close()
    assert client is None or client.llen("beat-test") == until_sent


@pytest.mark.usefixtures("transactional_db")
def test_a_lost_connection_loses_the_lead() -> None:
    leader, other = Leadership(current().database_direct_url), Leadership(current().database_direct_url)
    assert leader.look()
    assert not other.look()
    assert other._connection is not None
    assert leader._connection is not None
    other._connection.execute("SELECT pg_terminate_backend(%s)", [leader._connection.info.backend_pid])
    assert not leader.look()
    assert other.look()
    other.close()


LEADER = """
import time, django
django.setup()
from project.core.config import current
from workers.beat import Leadership
leadership = Leadership(current().database_direct_url)
print(leadership.look(), flush=True)
time.sleep(600)
"""


@pytest.mark.usefixtures("transactional_db")
def test_kill_9_of_the_leader_lets_the_next_one_lead() -> None:
    other = Leadership(current().database_direct_url)
    leader = subprocess.Popen([sys.executable, "-c", LEADER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert leader.stdout is not None
        assert "True\n" in iter(leader.stdout.readline, "")
        assert not other.look()
        leader.kill()
        deadline = time.monotonic() + 30
        while not other.look():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert other.look()
    finally:
        leader.kill()
        leader.communicate()
        other.close()


@pytest.mark.sentence("S-12", "S-57")
async def test_a_check_is_made_by_the_sessions_own_process(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection
) -> None:
    account, idle = await add_session(), await add_session()
    await pg.execute(
        "UPDATE tg_sessions_telegramsession SET lifecycle = 'disabled' WHERE id = $1", int(idle.split(".")[1])
    )
    start_node()
    await until(lambda: peer.live(account))
    await asyncio.to_thread(tasks.check_sessions)
    check = await until(lambda: pg.fetchrow("SELECT * FROM tg_sessions_healthcheck"), limit=40)
    assert check["passed"]
    detail = json.loads(check["detail"])
    assert detail["answered_ms"] >= 0
    assert detail["groups"] == [{"number": 1, "pairs": 2, "sent": 3, "unsynced": 0}]
    assert await pg.fetchval("SELECT count(*) FROM tg_sessions_healthcheck") == 1
    with redis.Redis.from_url(current().redis_url) as client:
        assert client.llen(idle) == 0


async def test_a_lost_connection_is_checked_at_once_and_so_is_its_return(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection
) -> None:
    account = await add_session()
    start_node()
    await until(lambda: peer.live(account))
    connected = "SELECT connected_at > now() - interval '30 seconds' FROM workers_placement WHERE account = $1"
    await until(lambda: pg.fetchval(connected, account))
    newest = "SELECT passed, code, detail FROM tg_sessions_healthcheck ORDER BY at DESC LIMIT 1"
    await peer.stop()
    check = await until(lambda: pg.fetchrow(newest), limit=15)
    assert (check["passed"], check["code"]) == (False, "NOT_CONNECTED")
    assert json.loads(check["detail"])["datacenter"] is False
    await peer.start(peer.port)  # type: ignore[attr-defined]

    async def passed() -> bool:
        return bool((await pg.fetchrow(newest))["passed"])

    await until(passed, limit=35)


@pytest.mark.sentence("S-68")
@pytest.mark.usefixtures("transactional_db")
def test_orphans_are_listed() -> None:
    now = timezone.now()
    session = TelegramSession.objects.create(name="one", phone_sealed=b"", device={}, lifecycle="active")
    alone = Pair.objects.create(source_chat=1, discord_channel=1, destination_chat=1)
    read = Pair.objects.create(source_chat=2, discord_channel=1, destination_chat=1)
    Assignment.objects.create(pair=read, session=session)
    Placement.objects.create(account=session.account, host=session.account)
    Lease.objects.create(name="session.999", owner="x", epoch=1, expires_at=now + timedelta(minutes=1))
    WorkerGroup.objects.create(session=session, number=1, heartbeat_at=now - timedelta(minutes=5))
    orphans = selectors.find_orphans()
    assert orphans.pairs == (str(alone),)
    assert orphans.placements == (session.account,)
    assert orphans.leases == ("session.999",)
    assert len(orphans.groups) == 1
