"""The embedded servers as a person meets them: start, stop, attach, crash, restart."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from project.core.errors import SettingError
from project.embedded import identity
from project.embedded.layout import layout
from project.embedded.remains import processes_in
from project.embedded.servers import ensure_servers
from tests.integration.embedded.conftest import Holder, config_of, query, redis_of, serving, wait_until

Hold = Callable[[Path], Holder]


def test_first_start_creates_everything_and_stop_leaves_no_process(tmp_path: Path) -> None:
    with ensure_servers(config_of(tmp_path)) as servers:
        assert servers.started == ("PostgreSQL", "Redis")
        assert query(tmp_path, "SHOW fsync") == [("on",)]
        assert query(tmp_path, "SHOW synchronous_commit") == [("on",)]
        assert query(tmp_path, "SHOW listen_addresses") == [("",)]
        assert redis_of(tmp_path).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert serving(tmp_path)
    assert not serving(tmp_path)


def test_what_was_written_is_there_after_a_restart(var: Path) -> None:
    with ensure_servers(config_of(var)):
        query(var, "CREATE TABLE kept AS SELECT 7 AS number")
        redis_of(var).set("kept", "seven")
    with ensure_servers(config_of(var)):
        assert query(var, "SELECT number FROM kept") == [(7,)]
        assert redis_of(var).get("kept") == "seven"


def test_a_second_program_attaches_and_leaves_the_servers_alone(var: Path) -> None:
    with ensure_servers(config_of(var)):
        before = leaders(var)
        with ensure_servers(config_of(var)) as second:
            assert second.started == ()
            assert second.attached == ("PostgreSQL", "Redis")
        assert query(var, "SELECT 1") == [(1,)]
        assert leaders(var) == before


def leaders(var: Path) -> list[int]:
    """The main process of each server: the oldest in its data directory."""
    place = layout(var)
    return [min(processes_in(place.postgres_data)), min(processes_in(place.redis_data))]


def test_kill_9_of_the_program_ends_the_servers_and_loses_nothing_committed(var: Path, hold: Hold) -> None:
    holder = hold(var)
    assert holder.started() == ["PostgreSQL", "Redis"]
    query(var, "CREATE TABLE kept AS SELECT 7 AS number")
    holder.process.kill()
    wait_until(lambda: not serving(var), "the servers ended with their program")
    with ensure_servers(config_of(var)) as servers:
        assert servers.started == ("PostgreSQL", "Redis")
        assert query(var, "SELECT number FROM kept") == [(7,)]


def test_a_start_right_after_kill_9_waits_for_the_old_servers_to_go(var: Path, hold: Hold) -> None:
    holder = hold(var)
    holder.started()
    query(var, "CREATE TABLE kept AS SELECT 7 AS number")
    holder.process.kill()
    with ensure_servers(config_of(var), take_over=True):
        wait_until(lambda: _is(var, "SELECT number FROM kept", [(7,)]), "the database is back")


def _is(var: Path, statement: str, rows: list[tuple[object, ...]]) -> bool:
    try:
        return query(var, statement) == rows
    except psycopg.OperationalError:
        return False


def test_a_stale_pid_file_that_names_a_living_process_is_no_obstacle(var: Path) -> None:
    place = layout(var)
    place.sockets.mkdir(mode=0o700, exist_ok=True)
    lines = f"{os.getppid()}\n{place.postgres_data}\n1700000000\n5432\n{place.sockets}\n\n0 0\nready\n"
    (place.postgres_data / "postmaster.pid").write_text(lines)
    (place.sockets / ".s.PGSQL.5432.lock").write_text(lines)
    with ensure_servers(config_of(var), durable=False):
        assert query(var, "SELECT 1") == [(1,)]


def test_a_damaged_append_only_file_is_put_aside(var: Path) -> None:
    with ensure_servers(config_of(var)):
        redis_of(var).set("lost", "yes")
    for path in (var / "redis" / "appendonlydir").glob("*.incr.aof"):
        path.write_bytes(b"*3\r\n$3\r\nnonsense" + path.read_bytes())
    with ensure_servers(config_of(var)):
        assert redis_of(var).get("lost") is None
        redis_of(var).set("kept", "yes")
    assert list((var / "redis").glob("damaged-*"))


@pytest.mark.parametrize("folder", ["postgres", "redis"])
def test_a_killed_server_comes_back_while_the_program_runs(var: Path, folder: str) -> None:
    with ensure_servers(config_of(var), durable=False):
        query(var, "SELECT 1")
        victim = min(processes_in(var / folder))
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in processes_in(var / folder), "the server is dead")
        wait_until(lambda: _is(var, "SELECT 1", [(1,)]) and _pings(var), "both servers answer again")


def _pings(var: Path) -> bool:
    from redis.exceptions import ConnectionError as RedisDown

    try:
        return bool(redis_of(var).ping())
    except RedisDown:
        return False


def test_a_program_that_stays_takes_over_when_the_owner_leaves(var: Path, hold: Hold) -> None:
    owner = hold(var)
    owner.started()
    with ensure_servers(config_of(var), take_over=True) as servers:
        assert servers.started == ()
        owner.leave()
        wait_until(lambda: servers.started == ("PostgreSQL", "Redis"), "the servers were taken over")
        wait_until(lambda: _is(var, "SELECT 1", [(1,)]), "PostgreSQL answers again")


def test_programs_that_start_at_once_share_one_pair_of_servers(tmp_path: Path, hold: Hold) -> None:
    holders = [hold(tmp_path) for _ in range(3)]
    started = [name for holder in holders for name in holder.started()]
    assert sorted(started) == ["PostgreSQL", "Redis"]
    for holder in holders:
        holder.process.kill()
    wait_until(lambda: not serving(tmp_path), "the servers ended with their program")


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    var = tmp_path / ("long" * 30) / "var"
    with ensure_servers(config_of(var), durable=False):
        assert query(var, "SELECT 1") == [(1,)]
        assert redis_of(var).ping()
        assert layout(var).sockets.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(layout(var).sockets)


@pytest.mark.parametrize("candidate", identity.candidates(), ids=lambda item: item.spec.partition(":")[0])
def test_every_identity_serves_below_a_closed_directory(
    tmp_path: Path, candidate: identity.Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with ensure_servers(config_of(closed), durable=False):
        query(closed, "CREATE TABLE kept AS SELECT 7 AS number")
    monkeypatch.setattr(identity, "candidates", lambda: [candidate])
    with ensure_servers(config_of(closed), durable=False):
        assert query(closed, "SELECT number FROM kept") == [(7,)]
        assert set(_owners(processes_in(closed / "postgres"))) == {candidate.owner_uid}


def _owners(pids: Iterable[int]) -> Iterator[int]:
    """Of those that still live: the process of a query may just be ending."""
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            yield os.stat(f"/proc/{pid}").st_uid


def test_what_a_killed_initdb_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "half").write_text("x")
    with ensure_servers(config_of(tmp_path), durable=False):
        assert query(tmp_path, "SELECT 1") == [(1,)]
    assert not (tmp_path / "postgres.new").exists()


def test_data_of_another_version_is_refused_in_one_sentence(var: Path) -> None:
    (var / "postgres" / "PG_VERSION").write_text("15\n")
    with (
        pytest.raises(SettingError, match=r"VAR_DIR: .*written by PostgreSQL 15"),
        ensure_servers(config_of(var)),
    ):
        pass


def test_a_server_that_cannot_start_says_why(var: Path) -> None:
    with (var / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(SettingError, match="no_such_setting"), ensure_servers(config_of(var)):
        pass
    assert not serving(var)


def test_root_serves_below_the_closed_home_of_somebody_else(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(home, 1, 1)
    with ensure_servers(config_of(home / "var"), durable=False):
        assert query(home / "var", "SELECT 1") == [(1,)]
