"""A restored backup under a running node: nothing connects before `manage.py adopt`; then all does, without restart."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from project.core.binding.mark import mark_path, read_mark
from project.core.checks import Check
from project.core.config import Config, current
from project.core.crypto import KEY_BYTES, seal
from project.doors.doctor.binding import check_binding
from tests.integration.workers.conftest import ROOT, Node, StartNode, until
from tests.integration.workers.fakes import Peer

Adopt = Callable[..., Awaitable[str]]
RESTORED = "UPDATE core_installation SET database_stamp = '1/2/3'"  # what the row of a restored dump looks like here


@pytest.fixture
def config(tmp_path: Path, settings: Any) -> Config:
    """A folder of its own for the id file, for the commands of this process, too."""
    settings.RELAY = replace(current(), var_dir=tmp_path / "var", lease_ttl=4.0)
    return current()


@pytest.fixture
def start(start_node: StartNode, config: Config) -> StartNode:
    def begin(name: str = "a", **more: str) -> Node:
        return start_node(name, **{"VAR_DIR": str(config.var_dir)} | more)

    return begin


@pytest.fixture
async def installed(pg: asyncpg.Connection) -> asyncpg.Connection:
    """What `runnode` makes before it starts."""
    key = seal(os.urandom(KEY_BYTES), owner="installation", keys=current().master_keys)
    await pg.execute(
        'INSERT INTO core_installation ("only", uid, random_id_key) VALUES (true, $1, $2)', uuid.uuid4(), key
    )
    return pg


@pytest.fixture
def adopt(config: Config) -> Adopt:
    """Runs the command; what it said, having left with `code`."""

    async def run(*options: str, code: int = 0, var_dir: Path = config.var_dir) -> str:
        environ = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings", "VAR_DIR": str(var_dir)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "adopt", *options),
            cwd=ROOT,
            env=environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        assert process.returncode == code, said
        return said

    return run


async def doctor(config: Config) -> Check:
    """Its line about the binding."""
    (check,) = await asyncio.to_thread(list, check_binding(config))
    return check


async def test_a_restored_backup_connects_nothing_until_it_is_adopted(
    installed: asyncpg.Connection, start: StartNode, add_session: Any, peer: Peer, config: Config, adopt: Adopt
) -> None:
    account = await add_session()
    await installed.execute(RESTORED)
    node = start()
    await until(lambda: "Every account is held" in node.log.read_text())
    assert "`python manage.py adopt --old-is-stopped` with `--resume` or `--from-now`" in node.log.read_text()
    rounds = await until(lambda: installed.fetchval("SELECT heartbeat_at FROM workers_node"))
    await until(lambda: installed.fetchval("SELECT heartbeat_at > $1 FROM workers_node", rounds))
    assert await installed.fetchval("SELECT state FROM workers_node") == "held"
    assert not peer.visits
    assert not await installed.fetchval("SELECT count(*) FROM core_lease")
    check = await doctor(config)
    assert (check.level, "Every account is held" in check.text) == ("failed", True)

    await adopt("--old-is-stopped", "--resume")
    await until(lambda: peer.live(account))
    assert peer.overlaps == 0
    assert node.process.poll() is None
    check = await doctor(config)
    assert check.level in ("ok", "warning")
    event = await installed.fetchrow("SELECT action, reason FROM core_auditevent")
    assert event is not None
    assert event["action"] == "installation.adopt"


async def test_a_database_exchanged_under_a_running_node_ends_its_workers(
    installed: asyncpg.Connection, start: StartNode, add_session: Any, peer: Peer
) -> None:
    account = await add_session()
    node = start()
    await until(lambda: peer.live(account))
    await installed.execute(RESTORED)
    await until(lambda: not peer.live())
    await until(lambda: not node.workers())
    assert len(peer.of(account)) == 1
    assert node.process.poll() is None


async def test_adopted_accounts_wait_the_whole_handover(
    installed: asyncpg.Connection, start: StartNode, add_session: Any, peer: Peer, adopt: Adopt
) -> None:
    account = await add_session()
    await installed.execute(RESTORED)
    await adopt("--old-is-stopped", "--resume")
    start(HANDOVER_WAIT="60")
    wait = await until(
        lambda: installed.fetchval(
            "SELECT ready_at - clock_timestamp() FROM core_lease WHERE name = $1 AND epoch = 1", account
        )
    )
    assert wait > timedelta(seconds=30)  # of 60, less what this machine took to look
    assert not peer.visits


async def test_from_now_forgets_cursors_and_queues_and_says_which(
    installed: asyncpg.Connection, config: Config, adopt: Adopt
) -> None:
    pair = await _pair_with_queue(installed, cursor=41)
    await installed.execute("UPDATE core_installation SET held_because = 'the database was set back.'")
    await installed.execute("UPDATE core_installation SET database_stamp = '1/2/3'")
    said = await adopt("--old-is-stopped", "--from-now")
    assert [str(pair), "news", "41"] in [line.split() for line in said.splitlines()]
    assert "Not sent: 1 queued parts, 1 requests from Discord." in said
    assert await installed.fetchval("SELECT cursor FROM pairs_pair") is None
    assert await installed.fetchval("SELECT people_since > created_at FROM pairs_pair"), "people's messages, too"
    row = await installed.fetchrow("SELECT state, reason FROM pairs_delivery")
    assert row is not None
    assert (row["state"], row["reason"]) == ("skipped", "adopted from now: not sent by this installation")
    assert not await installed.fetchval("SELECT count(*) FROM pairs_inbox")
    audit = await installed.fetchval("SELECT before -> 'cursors' ->> $1 FROM core_auditevent", str(pair))
    assert audit == "41"
    mark = read_mark(config.var_dir)
    assert mark is not None
    assert mark.uid == await installed.fetchval("SELECT uid FROM core_installation")


async def test_resume_keeps_cursors_queues_and_the_key_of_repeats(installed: asyncpg.Connection, adopt: Adopt) -> None:
    await _pair_with_queue(installed, cursor=41)
    key = await installed.fetchval("SELECT random_id_key FROM core_installation")
    await installed.execute(RESTORED)
    await adopt("--old-is-stopped", "--resume")
    assert await installed.fetchval("SELECT cursor FROM pairs_pair") == 41
    assert await installed.fetchval("SELECT state FROM pairs_delivery") == "waiting"
    assert await installed.fetchval("SELECT resumed_at IS NOT NULL FROM core_installation")
    assert await installed.fetchval("SELECT random_id_key FROM core_installation") == key


async def test_nothing_is_adopted_half_said_or_for_nothing(installed: asyncpg.Connection, adopt: Adopt) -> None:
    assert "Nothing is held" in await adopt("--old-is-stopped", "--resume", code=2)
    await installed.execute(RESTORED)
    assert "add --old-is-stopped" in await adopt("--resume", code=2)
    assert "--from-now: with what is new" in await adopt("--old-is-stopped", code=2)
    assert await installed.fetchval("SELECT database_stamp FROM core_installation") == "1/2/3"


async def test_a_second_host_joins_beside_a_running_node_and_is_not_adopted(
    installed: asyncpg.Connection,
    start: StartNode,
    add_session: Any,
    peer: Peer,
    tmp_path: Path,
    adopt: Adopt,
) -> None:
    account = await add_session()
    start("a")
    await until(lambda: peer.live(account))
    said = await adopt("--old-is-stopped", "--resume", code=2, var_dir=tmp_path / "second")
    assert "it joins by itself" in said
    start("b", VAR_DIR=str(tmp_path / "second"))
    await until(lambda: installed.fetchval("SELECT count(*) = 2 FROM workers_node WHERE state = 'up'"))
    assert mark_path(tmp_path / "second").exists()


async def _pair_with_queue(pg: asyncpg.Connection, *, cursor: int) -> int:
    pair: int = await pg.fetchval(
        """
        INSERT INTO pairs_pair (source_chat, source_title, source_username, discord_channel, discord_title,
          destination_chat, destination_title, options, status, status_reason, cursor, last_seq, created_at)
        VALUES (1, 'news', '', 1, '', 1, '', '{}', 'active', '', $1, 1, now()) RETURNING id
        """,
        cursor,
    )
    await pg.execute(
        """
        WITH event AS (
          INSERT INTO pairs_event (pair_id, seq, scope, message_id, revision, kind, content_hash, edited, created_at)
          VALUES ($1, 1, 'tg:1', 41, 0, 'create', $2, 0, now()) RETURNING id)
        INSERT INTO pairs_delivery (event_id, pair_id, seq, hop, part, act, state, source_message, key, identity, tries,
          reason)
        SELECT id, $1, 1, 1, 0, 'plan', 'waiting', 41, '', '', 0, '' FROM event
        """,
        pair,
        uuid.uuid4().bytes,
    )
    await pg.execute(
        "INSERT INTO pairs_inbox (pair_id, scope, message_id, act, created_at) VALUES ($1, 'dc:1', 1, 'delete', now())",
        pair,
    )
    return pair
