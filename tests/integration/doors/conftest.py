"""The commands as a person starts them, between a loopback Telegram and a loopback Discord."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest
from django.core.management import execute_from_command_line

from project.env import BASE_DIR, load
from project.failures import told_plainly
from project.sandbox.client import ControlClient
from workers.models import Node

T = TypeVar("T")
LIMIT = 60.0
FAST = {
    "LEASE_TTL": "4",
    "LEASE_RENEW": "0.5",
    "LEASE_FENCE": "3",
    "HANDOVER_WAIT": "0",
    "BOOT_LIMIT": "30",
    "TELEGRAM_API_ID": "12345",
    "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
}


def wait_for(true: Callable[[], T], what: str, limit: float = LIMIT) -> T:
    """Waits for something true; fails after `limit` seconds."""
    end = time.monotonic() + limit
    while not (found := true()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
    return found


@dataclass
class Loopback:
    """A running sandbox, and the settings that point at it."""

    env: dict[str, str]
    control_url: str

    def do(self, act: Callable[[ControlClient], Awaitable[T]]) -> T:
        """One verb of its control API."""

        async def run() -> T:
            async with ControlClient(self.control_url) as control:
                return await act(control)

        return asyncio.run(run())


@dataclass
class Running:
    """A command that runs; `said` grows as it speaks."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(self.said)

    def answer(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def heard(self, text: str, times: int = 1) -> None:
        """Waits until it has said `text`."""

        def said() -> bool:
            assert self.process.poll() is None or self.text().count(text) >= times, self.text()
            return self.text().count(text) >= times

        wait_for(said, repr(text))

    def ended(self) -> int:
        return self.process.wait(timeout=LIMIT)


class Commands:
    """`manage.py` with the settings of the test: within this process, or as one of its own to talk with."""

    def __init__(self, env: dict[str, str], settings: Any) -> None:
        self.env = env
        self.running: list[Running] = []
        self._settings = settings

    def run(self, *arguments: str, answers: str = "", code: int = 0) -> str:
        """Everything the command said. Fails on another exit code than `code`."""
        self._settings.RELAY = load(self.env)
        said, left = io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch:
            for name, stream in (("stdin", io.StringIO(answers)), ("stdout", said), ("stderr", said)):
                patch.setattr(sys, name, stream)
            try:
                with told_plainly():
                    execute_from_command_line(["manage.py", *arguments])
            except SystemExit as end:
                left = int(end.code or 0)
        assert left == code, f"exit code {left}\n{said.getvalue()}"
        return said.getvalue()

    def start(self, *arguments: str) -> Running:
        """A command to talk with."""
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        running = Running(process)
        threading.Thread(target=_collect, args=(process.stdout, running.said), daemon=True).start()
        self.running.append(running)
        return running

    def stop(self) -> None:
        for running in self.running:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGTERM)
                running.process.wait(timeout=20)
            if running.process.stdin is not None:
                running.process.stdin.close()


def _collect(stream: IO[str], said: list[str]) -> None:
    said.extend(stream)


@pytest.fixture(scope="session")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """One sandbox for all tests: each makes its own people and chats in it."""
    folder = tmp_path_factory.mktemp("sandbox")
    ready = folder / "ready"
    argv = ["-m", "project.sandbox", "--key-file", str(folder / "key.pem"), "--ready-file", str(ready)]
    process = subprocess.Popen([sys.executable, *argv], cwd=BASE_DIR, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: ready.exists() and process.poll() is None, "the sandbox")
        told: dict[str, Any] = json.loads(ready.read_text())
        names = (
            "telegram_dc",
            "telegram_dc_key_file",
            "discord_api_url",
            "discord_gateway_url",
            "bot_api_url",
        )
        yield Loopback({name.upper(): str(told[name]) for name in names}, told["control_url"])
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def node(commands: Commands) -> Running:
    """A node that runs already, so that a command starts none."""
    running = commands.start("runnode")
    wait_for(lambda: Node.objects.filter(state="up").exists(), "the node")
    return running


@pytest.fixture
def commands(
    transactional_db: None, redis_url: str, loopback: Loopback, tmp_path: Path, settings: Any
) -> Iterator[Commands]:
    """Commands on the run's PostgreSQL and Redis and the loopback platforms."""
    env = {**os.environ, **FAST, **loopback.env, "VAR_DIR": str(tmp_path), "NODE_NAME": "doors"}
    made = Commands(env, settings)
    yield made
    made.stop()
