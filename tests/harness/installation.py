"""Runs an installation: servers, sandbox, control services and any number of nodes, each of which can be hurt."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import psutil
from django.conf import settings

from project.core.config import Config, current
from project.core.secret import Secret
from project.embedded.child import spawn
from project.embedded.layout import layout
from project.embedded.schema import migrate
from project.embedded.servers import Servers, ensure_servers
from project.run.services import services as programs
from project.sandbox.client import ControlClient
from tests.harness.environment import BASE
from tests.harness.servers import EmbeddedServers
from tests.harness.world import World, build

_READY = 60.0
TITLE = "relay "  # how the processes of account workers begin


class Installation:
    """`with Installation(profile="real", nodes=2) as here: ...`; call `enter` first. Nothing is left afterwards."""

    def __init__(self, *, profile: str, nodes: int, services: tuple[str, ...] = ()) -> None:
        self.profile = profile
        if profile == "off":
            os.environ["DISCORD_RATE"] = "0"  # this Discord takes any number of requests
        self._nodes = nodes
        self._services = services
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._servers: Servers
        self.config: Config = current()
        self.world: World

    @property
    def control_url(self) -> str:
        """Where the sandbox is commanded."""
        return f"http://127.0.0.1:{urlsplit(self.config.discord_api_url).port}/control"

    def __enter__(self) -> Installation:
        self._servers = ensure_servers(self.config, take_over=True, durable=False)
        self._servers.__enter__()
        migrate(self.config)
        self._start_sandbox()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(self._children):
            self.end(name)
        self._servers.stop()

    def populate(self, sessions: int, pairs: int, *, blind_every: int = 0) -> World:
        """Makes the world (see `build`) and learns the Discord bot's token, which all services get."""

        async def make() -> World:
            async with ControlClient(self.control_url) as control:
                return await build(control, sessions, pairs, blind_every=blind_every)

        self.world = asyncio.run(make())
        os.environ["DISCORD_BOT_TOKEN"] = self.world.discord_token
        self.config = replace(self.config, discord_bot_token=Secret(self.world.discord_token))
        settings.RELAY = self.config
        return self.world

    def start_services(self) -> None:
        """The services asked for, and all nodes."""
        for name in self._services:
            self.start(name)
        for number in range(1, self._nodes + 1):
            self.start(f"node{number}")

    # --- children

    def start(self, name: str) -> None:
        """Starts a service ("discord", "control", "beat", "bot", "web") or a node ("node1", ...)."""
        env = dict(os.environ)
        if name.startswith("node"):
            host = "1" if self.config.egress_name else name.removeprefix("node")  # one address for all that share it
            env |= {"NODE_NAME": name, "EGRESS_ADDRESS": f"127.0.1.{host}"}
        self._spawn(name, self._argv(name), env)

    def _argv(self, name: str) -> list[str]:
        celery = [sys.executable, "-m", "celery", "-A", "project.celery"]
        if name == "control":
            return [*celery, "worker", "-Q", "control", "-c", "1", "-n", "control@%h"]
        if name == "beat":
            return [*celery, "beat"]
        if name == "web":
            return list(programs(self.config)[0].argv)
        command = {"discord": "rundiscord", "bot": "runbot"}.get(name, "runnode")
        return [sys.executable, str(BASE / "manage.py"), command]

    def _spawn(self, name: str, argv: list[str], env: dict[str, str]) -> None:
        logs = layout(self.config.var_dir).logs
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{name}.log").open("ab") as output:
            self._children[name] = spawn(argv, directory=BASE, output=output, env=env)

    def _start_sandbox(self) -> None:
        config, ready = self.config, Path(self.config.telegram_dc_key_file).with_suffix(".json")
        argv = [sys.executable, "-m", "project.sandbox", "--profile", self.profile]
        argv += ["--telegram-port", config.telegram_dc.rpartition(":")[2]]
        argv += ["--http-port", str(urlsplit(config.discord_api_url).port)]
        argv += ["--key-file", config.telegram_dc_key_file, "--ready-file", str(ready)]
        self._spawn("sandbox", argv, dict(os.environ))
        deadline = time.monotonic() + _READY
        while not ready.exists():
            starting = time.monotonic() < deadline and not self.ended()
            assert starting, f"no sandbox: {self.log('sandbox')}"
            time.sleep(0.05)

    @property
    def servers(self) -> EmbeddedServers:
        """PostgreSQL and Redis, to be hurt."""
        return EmbeddedServers(layout(self.config.var_dir))

    def log(self, name: str) -> str:
        """What a child has printed, the last 2,000 characters."""
        return (layout(self.config.var_dir).logs / f"{name}.log").read_text()[-2000:]

    def pid(self, name: str) -> int:
        """The process of a child."""
        return self._children[name].pid

    def ended(self) -> list[str]:
        """Children that are not running."""
        return [name for name, process in self._children.items() if process.poll() is not None]

    def kill(self, name: str) -> None:
        """kill -9, and wait for its end."""
        self._children[name].send_signal(signal.SIGKILL)
        self._children[name].wait(timeout=10)

    def kill_family(self, name: str) -> None:
        """kill -9 to a child and all its descendants at once, as when its host is lost."""
        for process in [psutil.Process(self.pid(name)), *_family(self.pid(name))]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._children[name].wait(timeout=10)

    def end(self, name: str) -> None:
        """SIGTERM, then after 15 s kill -9."""
        process = self._children[name]
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill(name)

    def workers(self) -> list[psutil.Process]:
        """The account workers of all nodes."""
        return list(self.workers_by_account().values())

    def workers_by_account(self, node: str = "node") -> dict[str, psutil.Process]:
        """The account workers of one node, or of all."""
        nodes = [process.pid for name, process in self._children.items() if name.startswith(node)]
        titled = [(_title(process), process) for pid in nodes for process in _family(pid)]
        return {title.removeprefix(TITLE): process for title, process in titled if title.startswith(TITLE)}


def _family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _title(process: psutil.Process) -> str:
    try:
        return "".join(process.cmdline()[:1]).strip()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
