"""Redis refuses writes, its memory or its disk being full: sessions go on, and commands get through again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from project.core.checks import Level
from project.core.config import current
from project.doors.doctor.servers import check_redis
from project.embedded.layout import layout
from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer
from tests.integration.workers.test_broker import OwnRedis


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.signal(signal.SIGKILL)


def fill_memory(own_redis: OwnRedis, directory: Path) -> Callable[[], object]:
    """Out of memory; undone by what is returned."""
    client = own_redis.client()
    client.config_set("maxmemory", 1)
    return lambda: client.config_set("maxmemory", 0)


def fill_disk(own_redis: OwnRedis, directory: Path) -> Callable[[], object]:
    """MISCONF: a snapshot cannot be written."""
    client, target = own_redis.client(), layout(directory).redis_data / "dump.rdb"
    target.unlink(missing_ok=True)
    target.mkdir()
    client.config_set("save", "3600 1")
    client.bgsave()

    def undo() -> None:
        target.rmdir()
        client.bgsave()

    return undo


@pytest.mark.parametrize(("fill", "answer"), [(fill_memory, "maxmemory"), (fill_disk, "MISCONF")])
async def test_a_redis_without_room_stops_commands_only(
    fill: Callable[[OwnRedis, Path], Callable[[], object]],
    answer: str,
    start_node: StartNode,
    add_session: Callable,
    peer: Peer,
    own_redis: OwnRedis,
    tmp_path: Path,
) -> None:
    await own_redis.start()
    account = await add_session()
    start_node(REDIS_URL=own_redis.url)
    visit = (await until(lambda: peer.live(account)))[0]
    undo = fill(own_redis, tmp_path)
    await until(lambda: answer in told(own_redis))
    with pytest.raises(redis.ResponseError, match=answer):
        own_redis.client().lpush(account, "a command")
    seen = visit.ticks
    await until(lambda: visit.ticks > seen + 50)
    undo()
    await until(lambda: not told(own_redis))
    await until(lambda: answers(own_redis, account), limit=40)
    assert visit.open
    assert peer.visits == [visit]


def told(own_redis: OwnRedis) -> str:
    """What the doctor calls a failure."""
    checks = check_redis(replace(current(), redis_url=own_redis.url))
    return " ".join(check.text for check in checks if check.level is Level.FAILED)


def answers(own_redis: OwnRedis, account: str) -> bool:
    with own_redis.client() as client:
        if client.llen(account) == 0:
            own_redis.send("tests.where_async", account, "answer")
        return bool(client.get("answer"))
