"""The binding to the database: who may acquire, and what the id file is worth. On the run's PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from project.core.binding.mark import Mark, mark_path, read_mark, write_mark
from project.core.config import Config, current
from project.core.errors import SettingError
from project.core.leases import Acquired, acquire, renew
from tests.conftest import Connect
from workers.node.guard import Guard

TTL, HANDOVER = 15.0, 30.0


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return replace(current(), var_dir=tmp_path / "var", lease_ttl=TTL, handover_wait=HANDOVER)


@pytest.fixture
async def installed(pg: asyncpg.Connection) -> asyncpg.Connection:
    """A database with an installation that no node has bound yet."""
    await pg.execute(
        'INSERT INTO core_installation ("only", uid, random_id_key) VALUES (true, $1, $2)', uuid.uuid4(), b""
    )
    return pg


async def start(conn: asyncpg.Connection, config: Config) -> bool:
    """What a node that starts now finds."""
    return await Guard(config, node=uuid.uuid4()).allows(conn)


async def take(conn: asyncpg.Connection, account: str = "session.1") -> Acquired | None:
    return await acquire(conn, account=account, owner=f"{uuid.uuid4()}:1", ttl=TTL, egress="", handover_wait=HANDOVER)


async def test_the_first_start_binds_and_the_next_finds_itself_at_home(
    installed: asyncpg.Connection, config: Config
) -> None:
    assert await start(installed, config)
    mark = read_mark(config.var_dir)
    assert mark is not None
    assert mark.uid == await installed.fetchval("SELECT uid FROM core_installation")
    assert mark_path(config.var_dir).stat().st_mode & 0o077 == 0
    assert await start(installed, config)
    acquired = await take(installed)
    assert acquired is not None
    assert acquired.wait == 0.0


async def test_two_first_starts_at_once_on_one_host_bind_once(
    installed: asyncpg.Connection, config: Config, connect_pg: Connect
) -> None:
    other = await connect_pg()
    assert all(await asyncio.gather(start(installed, config), start(other, config)))
    mark = read_mark(config.var_dir)
    assert mark is not None
    assert mark.uid == await installed.fetchval("SELECT uid FROM core_installation")


async def test_a_node_without_an_id_file_beside_a_bound_database_is_held(
    installed: asyncpg.Connection, config: Config
) -> None:
    assert await start(installed, config)
    mark_path(config.var_dir).unlink()
    assert not await start(installed, config)


async def test_a_running_node_outlives_the_loss_of_its_id_file(installed: asyncpg.Connection, config: Config) -> None:
    guard = Guard(config, node=uuid.uuid4())
    assert await guard.allows(installed)
    mark_path(config.var_dir).unlink()
    assert await guard.allows(installed)


async def test_a_copied_id_file_proves_nothing(installed: asyncpg.Connection, config: Config, tmp_path: Path) -> None:
    assert await start(installed, config)
    shutil.copytree(config.var_dir, tmp_path / "copy")
    assert not await start(installed, replace(config, var_dir=tmp_path / "copy"))
    assert await start(installed, config)


async def test_a_moved_folder_is_no_copy(installed: asyncpg.Connection, config: Config, tmp_path: Path) -> None:
    assert await start(installed, config)
    config.var_dir.rename(tmp_path / "moved")
    assert await start(installed, replace(config, var_dir=tmp_path / "moved"))


@pytest.mark.parametrize("text", ["", "id=1\n", "\x00\xff" * 50])
async def test_a_damaged_id_file_holds_and_is_named(installed: asyncpg.Connection, config: Config, text: str) -> None:
    assert await start(installed, config)
    mark_path(config.var_dir).write_text(text)
    assert not await start(installed, config)
    with pytest.raises(SettingError, match="installation-id is damaged"):
        read_mark(config.var_dir)


async def test_an_unwritable_folder_holds_and_binds_nothing(installed: asyncpg.Connection, config: Config) -> None:
    config.var_dir.write_text("a file where the folder should be")
    assert not await start(installed, config)
    assert await installed.fetchval("SELECT database_stamp FROM core_installation") == ""
    config.var_dir.unlink()
    assert await start(installed, config)


async def test_another_database_lets_nobody_acquire_or_renew(installed: asyncpg.Connection, config: Config) -> None:
    assert await start(installed, config)
    running = await take(installed)
    assert running is not None
    assert await renew(installed, [running.holding], ttl=TTL)
    await installed.execute("UPDATE core_installation SET database_stamp = '1/2/3'")  # as in a restored dump
    assert await take(installed, "session.2") is None
    assert not await renew(installed, [running.holding], ttl=TTL)
    assert not await start(installed, config)


async def test_a_table_made_anew_in_the_same_database_is_a_restore(
    installed: asyncpg.Connection, config: Config
) -> None:
    """As pg_restore --clean does. All in a transaction, which is rolled back: the table is everybody's."""
    assert await start(installed, config)
    change = installed.transaction()
    await change.start()
    try:
        await installed.execute("ALTER TABLE core_installation RENAME TO former")
        await installed.execute("CREATE TABLE core_installation (LIKE former INCLUDING DEFAULTS)")
        await installed.execute("INSERT INTO core_installation SELECT * FROM former")
        assert not await start(installed, config)
    finally:
        await change.rollback()
    assert await start(installed, config)


async def test_a_database_that_was_further_once_is_held_for_every_node(
    installed: asyncpg.Connection, config: Config, tmp_path: Path
) -> None:
    assert await start(installed, config)
    mark = read_mark(config.var_dir)
    assert mark is not None
    write_mark(config.var_dir, replace(mark, log=mark.log + 10**12))
    assert not await start(installed, config)
    assert "set back" in await installed.fetchval("SELECT held_because FROM core_installation")
    assert await take(installed) is None
    write_mark(config.var_dir, mark)  # what the file says now no longer counts: the row remembers
    assert not await start(installed, config)


async def test_a_fail_over_makes_every_acquire_wait_until_a_node_has_waited_it_out(
    installed: asyncpg.Connection, config: Config
) -> None:
    guard = Guard(config, node=uuid.uuid4())
    assert await guard.allows(installed)
    await installed.execute("UPDATE core_installation SET timeline = timeline - 1")
    first = await take(installed)
    assert first is not None
    assert first.wait == HANDOVER
    assert await guard.allows(installed)
    second = await take(installed, "session.2")
    assert second is not None
    assert second.wait == HANDOVER
    await installed.execute("UPDATE core_installation SET switching_since = switching_since - interval '31 seconds'")
    assert await guard.allows(installed)
    third = await take(installed, "session.3")
    assert third is not None
    assert third.wait == 0.0


@pytest.mark.parametrize(("lost", "free"), [(1000, True), (10**12, False)])
async def test_a_fail_over_may_lose_a_little_log_but_not_more_than_a_minute_of_it(
    installed: asyncpg.Connection, config: Config, lost: int, free: bool
) -> None:
    assert await start(installed, config)
    mark = read_mark(config.var_dir)
    assert mark is not None
    earlier = mark.earlier if free else mark.earlier + lost
    write_mark(config.var_dir, replace(mark, timeline=mark.timeline - 1, log=mark.log + lost, earlier=earlier))
    assert await start(installed, config) is free


async def test_a_server_that_returns_on_an_older_timeline_is_held(
    installed: asyncpg.Connection, config: Config
) -> None:
    assert await start(installed, config)
    mark = read_mark(config.var_dir)
    assert mark is not None
    write_mark(config.var_dir, replace(mark, timeline=mark.timeline + 1))
    assert not await start(installed, config)


async def test_a_new_host_joins_when_a_bound_node_is_seen_at_work(
    installed: asyncpg.Connection, config: Config, tmp_path: Path
) -> None:
    assert await start(installed, config)
    await installed.execute(
        "INSERT INTO workers_node (id, name, egress, state, pid, started_at, heartbeat_at)"
        " VALUES ($1, 'a', '', 'up', 1, now(), clock_timestamp())",
        uuid.uuid4(),
    )
    second = Guard(replace(config, var_dir=tmp_path / "second"), node=uuid.uuid4())
    assert not await second.allows(installed)
    assert not await second.allows(installed), "a heartbeat that stands still may be that of a copied database"
    await installed.execute("UPDATE workers_node SET heartbeat_at = clock_timestamp()")
    assert await second.allows(installed)
    assert read_mark(tmp_path / "second") is not None


async def test_an_adopted_installation_makes_older_id_files_worthless(
    installed: asyncpg.Connection, config: Config
) -> None:
    guard = Guard(config, node=uuid.uuid4())
    assert await guard.allows(installed)
    await installed.execute("UPDATE core_installation SET uid = $1", uuid.uuid4())
    assert not await guard.allows(installed)
    assert not await start(installed, config)


def test_a_mark_survives_the_file(tmp_path: Path) -> None:
    mark = Mark(uuid.uuid4(), 3, 1 << 40, 7)
    write_mark(tmp_path / "var", mark)
    assert read_mark(tmp_path / "var") == mark
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["installation-id"]
