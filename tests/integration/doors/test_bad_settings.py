"""Every program, started with something wrong: one sentence that names the setting, an exit code, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from project.core.crypto import new_key
from project.core.keyfile import new_secret_key
from project.env import BASE_DIR
from tests.integration.doors.conftest import Commands, Loopback

NOBODY = "127.0.0.1:1"  # nothing listens there
DATABASE = f"postgresql://u:hunter2@{NOBODY}/x"
KEYS = {"MASTER_KEYS": new_key(), "SECRET_KEY": new_secret_key()}
PROGRAMS = (("doctor",), ("up",), ("runnode",), ("rundiscord",), ("session", "list"))


def start(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", "PUBLIC_URL": "http://localhost:18437", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def one_sentence(ended: subprocess.CompletedProcess[str], setting: str) -> str:
    """The sentence that names the setting; anything else than one is a failure."""
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0, said
    assert "Traceback" not in said
    assert "hunter2" not in said
    lines = [line for line in said.splitlines() if f"{setting}: " in line and not line.startswith("Next: ")]
    assert len(lines) == 1, said
    return lines[0]


@pytest.mark.parametrize(
    ("program", "environ", "setting"),
    [
        *((program, {**KEYS, "LEASE_TTL": "soon"}, "LEASE_TTL") for program in PROGRAMS),
        (("runnode",), {"DATABASE_URL": DATABASE}, "MASTER_KEYS"),
        (("up",), {"DATABASE_URL": DATABASE, "MASTER_KEYS": "c2hvcnQ="}, "MASTER_KEYS"),
    ],
)
def test_a_bad_setting_stops_every_program(
    program: tuple[str, ...], environ: dict[str, str], setting: str, tmp_path: Path
) -> None:
    ended = start(*program, VAR_DIR=str(tmp_path), **environ)
    assert one_sentence(ended, setting).startswith(f"{setting}: ")
    assert ended.stdout == ""


@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
def test_an_unreachable_database_is_named(program: tuple[str, ...], loopback: Loopback, tmp_path: Path) -> None:
    bot = loopback.do(lambda c: c.discord.create_bot("relay"))
    environ = {**loopback.env, **KEYS, "DATABASE_URL": DATABASE, "REDIS_URL": f"redis://{NOBODY}/0"}
    ended = start(*program, VAR_DIR=str(tmp_path), DISCORD_BOT_TOKEN=bot.token, **environ)
    assert "PostgreSQL cannot be reached" in one_sentence(ended, "DATABASE_URL")


@pytest.mark.parametrize("program", [("doctor",), ("rundiscord",)], ids=" ".join)
def test_a_wrong_discord_token_is_named(program: tuple[str, ...], commands: Commands) -> None:
    ended = start(*program, **{**commands.env, "DISCORD_BOT_TOKEN": "hunter2.hunter2.hunter2"})
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert "Traceback" not in said
    assert "hunter2" not in said
    assert "DISCORD_BOT_TOKEN" in said


def test_a_login_needs_the_application(commands: Commands) -> None:
    commands.run("session", "add", "ann", "+491511234567")
    commands.env |= {"TELEGRAM_API_ID": "", "TELEGRAM_API_HASH": ""}
    said = commands.run("session", "login", "ann", code=2)
    assert said.startswith("TELEGRAM_API_ID: is not set.")
    assert "https://my.telegram.org" in said
