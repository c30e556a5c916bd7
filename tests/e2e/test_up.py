"""`manage.py up`, as a person runs it: what it says is ready works, and Ctrl-C ends it at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.processes import remaining, wait_gone
from tests.e2e.test_demo import BASE, wait_for_line

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(200)]

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


@contextmanager
def up(var: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = {**kept, "VAR_DIR": str(var), "ENV_FILE": "", "PUBLIC_URL": f"http://localhost:{port}", **more}
    process = subprocess.Popen(
        [sys.executable, str(BASE / "manage.py"), "up"],
        cwd=BASE,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_hear_ctrl_c,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _hear_ctrl_c() -> None:
    """As in a terminal: a shell starts what runs in the background with SIGINT ignored, and so its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stopped(process: subprocess.Popen[str], *signals: signal.Signals) -> str:
    """What it says from here to its end."""
    for number in signals:
        process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output, output
    return output


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.6, 1.2])
def test_ctrl_c_while_it_starts_is_no_traceback(tmp_path: Path, unused_tcp_port: int, seconds: float) -> None:
    with up(tmp_path, unused_tcp_port) as process:
        time.sleep(seconds)  # the moment is the input of this test
        stopped(process, signal.SIGINT)
        assert process.returncode in (0, -signal.SIGINT)
    assert wait_gone(str(tmp_path)) == []


def test_ctrl_c_between_two_servers_ends_both(tmp_path: Path, unused_tcp_port: int) -> None:
    with up(tmp_path, unused_tcp_port) as process:
        wait_for_line(process, "Embedded PostgreSQL: started")
        assert stopped(process, signal.SIGINT).endswith("Stopped.\n")
        assert process.returncode == 0
    assert wait_gone(str(tmp_path)) == []


def test_refused_services_are_not_ready_and_a_second_signal_hurries(tmp_path: Path, unused_tcp_port: int) -> None:
    discord = {"DISCORD_BOT_TOKEN": "MTIz.abc.def", "DISCORD_API_URL": f"{NOBODY}/api"}
    with up(tmp_path, unused_tcp_port, **discord) as process:
        line = wait_for_line(process, "NOT READY")
        assert "discord" in line
        assert not any(word in line for word in ("control", "beat", "node", "web"))
        assert remaining(str(tmp_path))
        stopped(process, signal.SIGTERM, signal.SIGINT)
    assert wait_gone(str(tmp_path)) == []
