"""An installation and a floor on one sandbox: the same loads for both, one after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import msgspec
import psutil
from django.conf import settings

from project.core.secret import Secret
from sessions.models import SenderBot
from tests.bench import cpu
from tests.bench.floor import Spec, Worker
from tests.bench.orders import Guild, Lane, Load, Shape, Side, Taken
from tests.bench.peer_client import PeerClient
from tests.harness.environment import BASE
from tests.harness.installation import Installation
from tests.harness.rows import add_pairs, log_in_all
from tests.harness.world import Person, Route, World

ABSENT = "absent_bot"  # a sender whose account nobody holds: hop 2 stays in the journal
FLOOR_START = 240.0
SETTLE = 0.3  # seconds after the last arrival in which the product commits it


class BenchInstallation(Installation):
    """Its sandbox takes the bench's orders."""

    def _start_sandbox(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="relay-orders-")  # a socket's path must be short
        orders = Path(self._folder) / "orders"
        self.peer = PeerClient(orders)
        config = self.config
        argv = [sys.executable, "-m", "tests.bench.peer", "--profile", self.profile]
        argv += ["--telegram-port", config.telegram_dc.rpartition(":")[2]]
        argv += ["--http-port", str(urlsplit(config.discord_api_url).port)]
        argv += ["--key-file", config.telegram_dc_key_file, "--orders", str(orders)]
        self._spawn("sandbox", argv, dict(os.environ))
        self.peer.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a load cost one side. CPU in milliseconds per copy; `database` is PostgreSQL's, `listener` the service that
    hears Discord, `node` the supervisor and its zygote: those three are not in `cpu`."""

    cpu: float
    database: float
    listener: float
    node: float
    taken: Taken


class Stage:
    """`with Stage(shape) as stage`: both sides are logged in, wired and idle. `floor=False` leaves that side out."""

    def __init__(
        self, shape: Shape, *, profile: str = "off", services: tuple[str, ...] = (), floor: bool = True
    ) -> None:
        self.shape = shape
        self._floor_wanted = floor
        self._services = services
        self._floor: subprocess.Popen[bytes] | None = None
        self.here = BenchInstallation(profile=profile, nodes=1, services=services)
        self.ours: Side
        self.bare: Side

    def __enter__(self) -> Stage:
        self.here.__enter__()
        try:
            self._guild = self.peer.guild()
            self._know_discord(self._guild)
            self.ours = self.peer.side(replace(self.shape, prefix="s"))
            self.here.start_services()
            log_in_all(self.world(()), self.here.control_url)
            if self._floor_wanted:
                self.bare = self.peer.side(replace(self.shape, prefix="f"))
                self._start_floor()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._floor is not None:
            for process in reversed(cpu.family(self._floor.pid)):
                process.kill()
            self._floor.wait(timeout=10)
        self.here.__exit__(kind, error, trace)

    @property
    def peer(self) -> PeerClient:
        """Takes orders."""
        return self.here.peer

    # --- making

    def _know_discord(self, guild: Guild) -> None:
        os.environ["DISCORD_BOT_TOKEN"] = guild.token
        self.here.config = replace(self.here.config, discord_bot_token=Secret(guild.token))
        settings.RELAY = self.here.config

    def world(self, lanes: Sequence[Lane]) -> World:
        """The product's people, and these of its lanes, as the harness knows them."""
        people = [Person(*person) for person in self.ours.people]
        sender = "" if self.shape.full else ABSENT
        routes = [
            Route(
                session=people[lane.person].name,
                source=lane.source,
                channel=lane.channel,
                webhook=lane.webhook,
                destination=lane.destination,
                sender=sender,
                readable=True,
                poster=people[lane.person].user_id,
            )
            for lane in lanes
        ]
        guild = self._guild
        return World(tuple(people), {}, tuple(routes), guild.guild, guild.bot, guild.token, reader=0)

    def pair(self, lanes: Sequence[Lane] | None = None) -> None:
        """Relays these lanes (all) from now on. Without `full`, their sender is a bot that nobody runs: hop 1 alone
        is worked, and hop 2 stays in the journal."""
        if not self.shape.full and not SenderBot.objects.exists():
            SenderBot.objects.create(bot_id=1, username=ABSENT, token_sealed=b"", device={})
        add_pairs(self.world(self.ours.lanes if lanes is None else lanes))

    def _start_floor(self) -> None:
        workers = [
            Worker(phone, tuple(lane for lane in self.bare.lanes if lane.person == number))
            for number, (_, phone, _) in enumerate(self.bare.people)
        ]
        config = self.here.config
        key = Path(config.telegram_dc_key_file).read_text()
        spec = Spec(config.telegram_dc, key, self.here.control_url, self.shape.full, tuple(workers))
        argv = [sys.executable, "-m", "tests.bench.floor"]
        self._floor = subprocess.Popen(argv, cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._floor.stdin is not None
        assert self._floor.stdout is not None
        self._floor.stdin.write(msgspec.json.encode(spec))
        self._floor.stdin.close()
        assert self._floor.stdout.readline() == b"ready\n", "the floor did not start"

    # --- processes

    def floor_processes(self) -> list[psutil.Process]:
        """The floor's relay loops."""
        assert self._floor is not None
        return cpu.family(self._floor.pid)[1:]

    def workers(self) -> list[psutil.Process]:
        """The product's account workers."""
        return self.here.workers()

    def node(self) -> list[psutil.Process]:
        """The supervisor and its zygote."""
        known = {process.pid for process in self.workers()}
        return [process for process in cpu.family(self.here.pid("node1")) if process.pid not in known]

    def _listener(self) -> list[psutil.Process]:
        return cpu.family(self.here.pid("discord")) if "discord" in self._services else []

    # --- loads

    def load(self, side: Side, *, count: int, rate: float = 0.0, lanes: Sequence[Lane] | None = None) -> Load:
        """`count` messages over the lanes' sources."""
        chosen = side.lanes if lanes is None else lanes
        into = tuple(lane.destination if self.shape.full else lane.channel for lane in chosen)
        sources = tuple(dict.fromkeys(lane.source for lane in chosen))
        return Load(sources, into, count, rate, full=self.shape.full, copies=len(into) // len(sources))

    def bare_run(self, load: Load) -> Sample:
        """The floor carries a load."""
        before = cpu.used(self.floor_processes())
        taken = self.peer.load(load)
        copies = max(len(taken.latencies), 1)
        spent = cpu.since(before, self.floor_processes())
        return Sample(spent * 1000 / copies, 0.0, 0.0, 0.0, _whole(taken))

    def our_run(self, load: Load, workers: cpu.Processes | None = None) -> Sample:
        """The product carries a load; `workers` are those whose CPU counts (all)."""
        groups = (workers or self.workers, self._database, self._listener, self.node)
        before = [cpu.used(group()) for group in groups]
        taken = self.peer.load(load)
        time.sleep(SETTLE)
        copies = max(len(taken.latencies), 1)
        spent = [cpu.since(was, group()) * 1000 / copies for was, group in zip(before, groups, strict=True)]
        ours, database, listener, node = spent
        return Sample(ours, database, listener, node, _whole(taken))

    def _database(self) -> list[psutil.Process]:
        return cpu.of_pids(self.here.servers.postgres())


def _whole(taken: Taken) -> Taken:
    assert taken.missing == 0, f"{taken.missing} of {taken.written} messages did not arrive"
    assert taken.doubled == 0, f"{taken.doubled} messages arrived twice"
    return taken
