"""A limit that is set too low: what runs goes on, what waits is told of once, with what to raise."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from project.core import notices as outbox
from project.core.config import current
from project.core.models import Notice
from project.core.notices import Severity
from sessions.models import HealthFlip, TelegramSession
from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer
from workers.control import Rounds
from workers.models import Node, Placement
from workers.services.checks import check_workers
from workers.services.health import tell
from workers.services.room import KEY, tell_shortage

_LIMITS = "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"


async def test_nodes_stop_where_the_room_ends_and_one_notice_says_what_to_raise(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection, settings: Settings
) -> None:
    most, reserved = await pg.fetchrow(_LIMITS)
    services = most - reserved - 5  # two processes of two connections, and one that is of no use
    settings.RELAY = replace(current(), service_connections=services, lease_ttl=4.0)
    accounts = [await add_session() for _ in range(4)]
    for name in ("a", "b"):
        start_node(name, SERVICE_CONNECTIONS=str(services))
    await until(lambda: len(peer.live()) == 2)
    await until(lambda: _silent_for_three_looks(pg))
    assert len(peer.live()) == 2

    for _ in range(2):
        await told(Rounds(current()).look)
        await told(check_workers)
    (notice,) = await notices()
    assert (notice.key, notice.severity) == (KEY, "critical")
    assert f"Raise max_connections from {most} to {-(-(services + reserved + 8) // 10) * 10}" in notice.text
    assert notice.text.startswith("🔴 2 accounts wait for room")

    waiting = {account for account in accounts if not peer.of(account)}
    gone = [int(account.removeprefix("session.")) for account in set(accounts) - waiting]
    await pg.execute("UPDATE tg_sessions_telegramsession SET lifecycle = 'disabled' WHERE id = ANY($1)", gone)
    await until(lambda: {visit.account for visit in peer.live()} == waiting)
    await told(tell_shortage)
    assert [notice.text for notice in await notices()][1:] == ["🟢 There is room for all accounts again."]


async def test_a_node_without_memory_takes_nothing_and_it_is_said(
    start_node: StartNode, add_session, peer: Peer, pg: asyncpg.Connection, settings: Settings
) -> None:
    settings.RELAY = replace(current(), node_memory_reserve=1_000_000, lease_ttl=4.0)
    await add_session()
    start_node(NODE_MEMORY_RESERVE="1000000")
    await until(lambda: pg.fetchval("SELECT memory_free FROM workers_node"), limit=40)
    assert not peer.visits
    await told(tell_shortage)
    (notice,) = await notices()
    assert "NODE_MEMORY_RESERVE=1000000 MiB" in notice.text


async def told(step: Callable[[], object]) -> None:
    def run() -> None:
        try:
            step()
        finally:
            connections.close_all()  # this thread's own

    await sync_to_async(run)()


async def notices() -> list[Notice]:
    found: list[Notice] = []
    await told(lambda: found.extend(Notice.objects.order_by("pk")))
    return found


async def _silent_for_three_looks(pg: asyncpg.Connection) -> bool:
    """Both nodes have looked at the rows again and again since their accounts came up."""
    beats = "SELECT bool_and(heartbeat_at > started_at + interval '8 s') FROM workers_node WHERE state = 'up'"
    return bool(await pg.fetchval(beats))


pytestmark = pytest.mark.timeout(120)


@pytest.mark.django_db
def test_while_the_shortage_is_told_nothing_else_is_told_of_those_who_wait() -> None:
    """Neither their health nor the check of the workers: one notice says what to do. Afterwards both speak again."""
    long_ago = timezone.now() - timedelta(minutes=10)
    Node.objects.create(id=uuid.uuid4(), name="a", pid=1, started_at=long_ago, heartbeat_at=timezone.now())
    session = TelegramSession.objects.create(name="waits", phone_sealed=b"", device={}, lifecycle="active")
    Placement.objects.create(account=session.account, host=session.account)
    Placement.objects.update(updated_at=long_ago)

    def speak() -> list[str]:
        flipped = {"before": "unknown", "after": "unhealthy", "reason": "No worker runs it.", "cause": "host."}
        HealthFlip.objects.create(session=session, at=timezone.now(), **flipped)
        tell({})
        check_workers()
        return list(Notice.objects.exclude(key=KEY).exclude(severity="info").values_list("key", flat=True))

    outbox.post(KEY, "there is no room", severity=Severity.CRITICAL)
    assert speak() == []
    outbox.end(KEY)
    assert sorted(speak()) == ["host.", "workers"]
