"""The commands as a person starts them: what they say and how they leave."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from project.core.config import current
from project.core.crypto import new_key
from project.core.dotenv import parse_dotenv
from project.core.keyfile import new_secret_key
from project.env import BASE_DIR, load

CLOSED = "127.0.0.1:1"  # nothing listens there
KEYS = {"MASTER_KEYS": new_key(), "SECRET_KEY": new_secret_key()}


def manage(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "manage.py", *arguments, **environ)


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "ENV_FILE": "", **environ}
    return subprocess.run(arguments, cwd=BASE_DIR, env=clean, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"DATABASE_URL": f"postgresql://u:hunter2@{CLOSED}/x"}, "MASTER_KEYS"),
        ({"DATABASE_URL": f"postgresql://u:hunter2@{CLOSED}/x", "MASTER_KEYS": "c2hvcnQ="}, "MASTER_KEYS"),
        ({"DATABASE_URL": f"postgresql://u:hunter2@{CLOSED}/x", "MASTER_KEYS": new_key()}, "SECRET_KEY"),
        ({"DATABASE_URL": f"postgresql://u:hunter2@{CLOSED}/x", **KEYS, "DEBUG": "on"}, "DEBUG"),
        ({"DATABASE_URL": f"postgresql://u:hunter2@{CLOSED}/x", **KEYS}, "DATABASE_URL"),
        ({**KEYS, "ADMIN_BOT_TOKEN": "hunter2"}, "ADMIN_BOT_TOKEN"),
        ({**KEYS, "LEASE_TTL": "soon"}, "LEASE_TTL"),
    ],
)
def test_bad_settings_are_told_in_one_sentence(environ: dict[str, str], names: str) -> None:
    ended = manage("migrate", **environ)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{names}: ")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stdout + ended.stderr


def test_an_unreachable_redis_is_told_in_one_sentence() -> None:
    script = "from project.failures import told_plainly\nimport redis\nfrom project.core.config import current\n"
    script += "with told_plainly(): redis.Redis.from_url(current().redis_url).ping()"
    environ = {**KEYS, "REDIS_URL": f"redis://:hunter2@{CLOSED}/0", "DJANGO_SETTINGS_MODULE": "project.settings"}
    ended = run(sys.executable, "-c", script, **environ)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith("REDIS_URL: Redis cannot be reached")
    assert "hunter2" not in ended.stderr


def test_celery_tells_bad_settings_too() -> None:
    ended = run(sys.executable, "-m", "celery", "-A", "project.celery", "worker", **KEYS, LEASE_TTL="soon")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("LEASE_TTL: ")
    assert "Traceback" not in ended.stderr


def test_init_writes_settings_that_work_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    var = str(tmp_path / "var")
    broken = {"DATABASE_URL": "postgresql://u@db/x", "VAR_DIR": var}  # init must run before the settings are right
    ended = manage("init", "--path", str(path), **broken)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = load(parse_dotenv(path.read_text()) | {"DATABASE_URL": "postgresql://u@db/x"})
    assert config.master_keys.first.id.hex() in ended.stdout
    assert parse_dotenv(path.read_text())["MASTER_KEYS"] not in ended.stdout

    before = path.read_text()
    again = manage("init", "--path", str(path), VAR_DIR=var)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert path.read_text() == before


def test_init_keeps_the_keys_of_an_embedded_installation(tmp_path: Path) -> None:
    embedded = load({"VAR_DIR": str(tmp_path)})
    assert manage("init", "--path", str(tmp_path / ".env"), VAR_DIR=str(tmp_path)).returncode == 0
    written = load(parse_dotenv((tmp_path / ".env").read_text()) | {"VAR_DIR": str(tmp_path)})
    assert written.master_keys == embedded.master_keys


@pytest.mark.django_db
def test_a_program_started_by_a_test_uses_the_databases_of_the_run() -> None:
    script = "from project.core.config import current as c; print(c().database_url, c().redis_url, c().telegram_dc)"
    inherited = {**os.environ, "TELEGRAM_DC": "2:127.0.0.1:443", "TELEGRAM_DC_KEY_FILE": "key.pem"}
    ended = run(sys.executable, "-c", script, **inherited)
    assert ended.stdout.split() == [current().database_url, current().redis_url, "2:127.0.0.1:443"]
    assert f"/{connection.settings_dict['NAME']}?" in current().database_url
