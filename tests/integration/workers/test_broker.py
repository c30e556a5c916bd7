"""Redis dies, hangs or is not there: sessions go on."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis
from celery import Celery
from kombu import Connection
from kombu.transport import redis as kombu_redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from project.core.dsn import celery_broker_url
from project.embedded import layout
from project.embedded.redis import EmbeddedRedis
from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer
from workers.worker import kombu_guard


class OwnRedis:
    """A Redis of the test's own, to be killed and frozen."""

    def __init__(self, directory: Path) -> None:
        self.url = layout.redis_url(directory)
        self._server = EmbeddedRedis(layout.layout(directory), durable=False)
        self._place = layout.layout(directory)
        self._process: subprocess.Popen[bytes] | None = None
        for folder in (self._place.logs, self._place.sockets):
            folder.mkdir(parents=True, exist_ok=True)
        self._server.prepare()

    async def start(self) -> None:
        with self._server.log.open("ab") as output:
            self._process = self._server.start(output)
        await until(self._server.answers)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait()

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))

    def send(self, name: str, queue: str, *args: object) -> None:
        with Celery(broker=celery_broker_url(self.url)) as app:
            app.send_task(name, args, queue=queue)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.signal(signal.SIGKILL)


async def test_a_closed_channel_with_unacknowledged_messages_is_no_error(
    own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Celery does to its channel after the broker died: kombu 5.7 raises AttributeError without the guard."""
    monkeypatch.setattr(kombu_redis.QoS, "restore_unacked", kombu_redis.QoS.restore_unacked)
    kombu_guard.apply()
    await own_redis.start()
    with Connection(celery_broker_url(own_redis.url)) as connection:
        queue = connection.SimpleQueue("waiting")
        queue.put({"a": 1})
        queue.get(timeout=5)
        own_redis.signal(signal.SIGKILL)
        channel = queue.channel
        channel.close()
        channel._disconnect_pools()  # what is left of it when a second look is taken: no pool and no connection
        assert channel.connection is None
        channel.qos._delivered["tag"] = "a message"
        channel.qos.restore_unacked()
        assert not channel.qos._delivered


async def test_workers_live_through_redis_deaths(
    start_node: StartNode, add_session: Callable, peer: Peer, pg: asyncpg.Connection, own_redis: OwnRedis
) -> None:
    """With messages unacknowledged at each death: kombu 5.7 then raises an AttributeError (kombu_guard.py)."""
    await own_redis.start()
    account = await add_session()
    start_node(REDIS_URL=own_redis.url)
    visit = (await until(lambda: peer.live(account)))[0]
    for death in range(4):
        own_redis.send("tests.linger", account, f"linger {death}", 0.5)
        await until(lambda: own_redis.client().get(f"linger {death}"))  # noqa: B023
        own_redis.signal(signal.SIGKILL)
        await own_redis.start()
        await until(lambda: _answers(own_redis, account, death), limit=40)  # noqa: B023
    assert visit.open
    assert peer.visits == [visit]
    assert await pg.fetchval("SELECT restarts FROM workers_placement") == 0


def _answers(own_redis: OwnRedis, account: str, death: int) -> bool:
    """A command that was lost in the death is simply sent again, as the schedule does."""
    key = f"answer {death}"
    with own_redis.client() as client:
        if client.llen(account) == 0:
            own_redis.send("tests.where_async", account, key)
        return bool(client.get(key))


async def test_without_redis_a_session_runs_all_the_same(
    start_node: StartNode, add_session: Callable, peer: Peer, own_redis: OwnRedis
) -> None:
    account = await add_session()
    node = start_node(REDIS_URL=own_redis.url)
    visit = (await until(lambda: peer.live(account)))[0]
    seen = visit.ticks
    await until(lambda: visit.ticks > seen + 50)
    await own_redis.start()
    await until(lambda: _answers(own_redis, account, 0), limit=40)
    assert peer.visits == [visit]
    node.terminate()
    assert await node.ended() == 0


async def test_a_hung_redis_does_not_hang_the_drain(
    start_node: StartNode, add_session: Callable, peer: Peer, pg: asyncpg.Connection, own_redis: OwnRedis
) -> None:
    await own_redis.start()
    account = await add_session()
    node = start_node(REDIS_URL=own_redis.url)
    await until(lambda: peer.live(account))
    await until(lambda: _answers(own_redis, account, 0))
    own_redis.signal(signal.SIGSTOP)
    node.terminate()
    assert await node.ended() == 0
    own_redis.signal(signal.SIGCONT)
    assert await pg.fetchval("SELECT last_exit FROM workers_placement") == "ended"
    assert await pg.fetchval("SELECT released_at IS NOT NULL FROM core_lease")
