"""Carries faults out."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from random import Random

import asyncpg
import psutil

from project.sandbox.client import ControlClient
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.state import Cut
from tests.chaos.people import People
from tests.chaos.recovery import FROM_DISCORD, Strike
from tests.chaos.schedule import FLOOD_WAIT, RETRY_AFTER, STORM, UNANSWERED, Fault, Kind
from tests.chaos.script import What
from tests.chaos.targets import Targets
from tests.harness.installation import Installation

MOST_PROBES = 12
GATEWAY_PATIENCE = 60.0  # seconds for a killed listener to be back
MOVE_PATIENCE = 20.0  # seconds for the database to answer and two nodes to be up
MOVE_LIMIT = 60.0  # seconds; a supervisor gives a worker 10
SEND = "messages.sendMessage"
_MOVE = """
UPDATE workers_placement SET node_id = there.id, pid = NULL, updated_at = clock_timestamp()
FROM workers_node here, workers_node there
WHERE account = $1 AND node_id = here.id AND there.id <> here.id AND there.state = 'up' AND here.state = 'up'
  AND least(here.heartbeat_at, there.heartbeat_at) > clock_timestamp() - interval '10 seconds'
RETURNING there.name
"""
Done = tuple[frozenset[int], str]  # the routes that were hit, and a note
NOTHING: Done = (frozenset(), "")


class Injector:
    """`strikes` are the faults that hit something; `away` the children that are down on purpose."""

    def __init__(self, here: Installation, control: ControlClient, targets: Targets, people: People, seed: int) -> None:
        self._here = here
        self._control = control
        self._targets = targets
        self._people = people
        self._rng = Random(seed)
        self.strikes: list[Strike] = []
        self.away: set[str] = set()

    async def play(self, faults: Iterable[Fault]) -> None:
        """All faults, each at its second from now, until the last one has ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, began + fault.at - loop.time()))
                group.create_task(self._strike(fault))

    async def _strike(self, fault: Fault) -> None:
        began = _now()
        routes, note = await self._act(fault)
        if not routes:
            return
        ended = _now()
        heard = fault.kind in FROM_DISCORD
        routes &= self._targets.heard if heard else self._targets.routes
        probed = tuple(self._rng.sample(sorted(routes), min(MOST_PROBES, len(routes))))
        self.strikes.append(Strike(fault, began, ended, routes, probed, note))
        await self._people.probe(probed, What.SAY if heard else What.POST)

    def _act(self, fault: Fault) -> Awaitable[Done]:
        acts: dict[Kind, Callable[[Fault], Awaitable[Done]]] = {
            Kind.WORKER_KILL: self._kill_worker,
            Kind.WORKER_STOP: self._stop_worker,
            Kind.MOVE: self._move,
            Kind.SUPERVISOR_KILL: self._kill_supervisor,
            Kind.NODE_LOSS: self._lose_node,
            Kind.NODE_DRAIN: self._drain_node,
            Kind.LISTENER_KILL: self._kill_listener,
            Kind.REDIS_KILL: self._redis,
            Kind.REDIS_STOP: self._redis,
            Kind.REDIS_DOWN: self._redis,
            Kind.POSTGRES_RESTART: self._postgres,
            Kind.POSTGRES_STOP: self._postgres,
            Kind.TELEGRAM_CUT: self._cut,
            Kind.TELEGRAM_CUT_ALL: self._cut,
            Kind.TELEGRAM_HALF_OPEN: self._cut,
            Kind.TELEGRAM_FLOOD: self._hurt_telegram,
            Kind.TELEGRAM_DROP: self._hurt_telegram,
        }
        if fault.kind.startswith("gateway_"):
            return self._gateway(fault)
        return acts.get(fault.kind, self._hurt_discord)(fault)

    # --- processes

    async def _kill_worker(self, fault: Fault) -> Done:
        return self._signal_worker(fault, signal.SIGKILL)

    async def _stop_worker(self, fault: Fault) -> Done:
        """It is killed meanwhile by its supervisor, or ends itself when it wakes."""
        hit, note = self._signal_worker(fault, signal.SIGSTOP)
        if hit:
            await asyncio.sleep(fault.lasts)
            with suppress(ProcessLookupError):
                os.kill(int(note.rpartition(" ")[2]), signal.SIGCONT)
        return hit, note

    def _signal_worker(self, fault: Fault, number: signal.Signals) -> Done:
        """To the host meant, or the next one in order that is there."""
        workers, hosts = self._here.workers_by_account(), self._targets.hosts
        for host in hosts[fault.target :] + hosts[: fault.target]:
            with suppress(KeyError, psutil.NoSuchProcess):
                process = workers[host.account]
                process.send_signal(number)
                return host.routes, f"{host.account} pid {process.pid}"
        return NOTHING

    async def _move(self, fault: Fault) -> Done:
        """As control does: another live node in the placement, and a wake-up. It ends with the old process."""
        host = self._targets.hosts[fault.target]
        old = self._here.workers_by_account().get(host.account)
        there = await self._write_move(host.account)
        if there and old:
            await self._gone(old)
        return (host.routes, f"{host.account} to {there}") if there else NOTHING

    async def _write_move(self, account: str) -> str | None:
        """The new node's name; None when there is no other. Tries again while the database does not answer."""
        deadline = time.monotonic() + MOVE_PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                conn = await asyncpg.connect(self._here.config.database_direct_url, timeout=3, command_timeout=3)
                try:
                    there = await conn.fetchval(_MOVE, account)
                    await conn.execute("SELECT pg_notify('relay_wake', 'placements')")
                    if there:
                        return str(there)
                finally:
                    conn.terminate()
            await asyncio.sleep(0.5)
        return None

    async def _gone(self, process: psutil.Process) -> None:
        async with asyncio.timeout(MOVE_LIMIT):
            while process.is_running():
                await asyncio.sleep(0.1)

    async def _kill_supervisor(self, fault: Fault) -> Done:
        name = f"node{fault.target}"
        if name in self.away:
            return NOTHING
        hit = self._targets.of_accounts(self._here.workers_by_account(name))
        self._here.kill(name)
        self._here.start(name)
        return hit, name

    async def _lose_node(self, fault: Fault) -> Done:
        """The fault ends at once for its accounts: the other node has to take them."""
        name = f"node{fault.target}"
        hit = self._targets.of_accounts(self._here.workers_by_account(name))
        self.away.add(name)
        self._here.kill_family(name)
        asyncio.get_running_loop().call_later(fault.lasts, self._bring_back, name)
        return hit, name

    async def _drain_node(self, fault: Fault) -> Done:
        """SIGTERM, as in a rolling restart; it is started again when it has ended."""
        name = f"node{fault.target}"
        if name in self.away:
            return NOTHING
        hit = self._targets.of_accounts(self._here.workers_by_account(name))
        self.away.add(name)
        began = time.monotonic()
        await asyncio.to_thread(self._here.end, name)
        took = time.monotonic() - began
        self._bring_back(name)
        return hit, f"{name} drained in {took:.1f} s"

    def _bring_back(self, name: str) -> None:
        self._here.start(name)
        self.away.discard(name)

    async def _kill_listener(self, fault: Fault) -> Done:
        self._here.kill("discord")
        self._here.start("discord")
        return self._targets.heard, "discord"

    # --- servers

    async def _redis(self, fault: Fault) -> Done:
        servers = self._here.servers
        if fault.kind is Kind.REDIS_STOP:
            await servers.freeze(servers.redis(), fault.lasts)
        elif fault.kind is Kind.REDIS_DOWN:
            await servers.hold_redis_down(fault.lasts)
        else:
            servers.kill_redis()
        return self._targets.routes, ""

    async def _postgres(self, fault: Fault) -> Done:
        servers = self._here.servers
        if fault.kind is Kind.POSTGRES_STOP:
            await servers.freeze(servers.postgres(), fault.lasts)
        else:
            servers.restart_postgres()
        return self._targets.routes, ""

    # --- platforms

    async def _cut(self, fault: Fault) -> Done:
        if fault.kind is Kind.TELEGRAM_CUT_ALL:
            await self._control.telegram.cut()
            return self._targets.routes, ""
        host = self._targets.hosts[fault.target]
        how = Cut.HALF_OPEN if fault.kind is Kind.TELEGRAM_HALF_OPEN else Cut.HARD
        await self._control.telegram.cut(host.user_id, how)
        return host.routes, host.account

    async def _hurt_telegram(self, fault: Fault) -> Done:
        """The next message of the account that posts on this route."""
        poster = self._here.world.routes[fault.target].poster
        hit = frozenset(n for n, route in enumerate(self._here.world.routes) if route.poster == poster)
        if fault.kind is Kind.TELEGRAM_FLOOD:
            rule = FaultRule(SEND, Phase.BEFORE, 420, f"FLOOD_WAIT_{FLOOD_WAIT:.0f}", account=str(poster))
        else:
            rule = FaultRule(SEND, Phase.DROP, account=str(poster))
        await self._control.telegram.fault(rule)
        return hit, f"account {poster}"

    async def _hurt_discord(self, fault: Fault) -> Done:
        """The next posts of the webhook, or of the bot, that serves this route."""
        webhook = self._here.world.routes[fault.target].webhook
        account = webhook.rsplit("/", 2)[1] if webhook else str(self._here.world.discord_bot)
        method = "POST /webhooks/{id}/{token}" if webhook else "POST /channels/{id}/messages"
        wait = f'{{"message": "You are being rate limited.", "retry_after": {RETRY_AFTER}, "global": false}}'
        rules = {
            Kind.DISCORD_5XX: FaultRule(method, Phase.AFTER, 502, "<html>Bad Gateway</html>", account=account),
            Kind.DISCORD_DROP: FaultRule(method, Phase.DROP, account=account),
            Kind.DISCORD_429: FaultRule(method, Phase.BEFORE, 429, wait, count=STORM, account=account),
            Kind.DISCORD_HALF_OPEN: FaultRule(method, Phase.LOST, delay=UNANSWERED, account=account),
        }
        await self._control.discord.fault(rules[fault.kind])
        return (frozenset({fault.target}) if webhook else self._targets.by_bot), f"account {account}"

    async def _gateway(self, fault: Fault) -> Done:
        """To the listener's connection; waits for one when the listener is away."""
        deadline = time.monotonic() + GATEWAY_PATIENCE
        while time.monotonic() < deadline:
            if hit := await self._control.discord.kill_gateway(fault.kind.removeprefix("gateway_")):
                return self._targets.heard, f"{hit} connections"
            await asyncio.sleep(0.5)
        return NOTHING


def _now() -> float:
    return time.monotonic() * 1000
