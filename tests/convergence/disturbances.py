"""What goes wrong while people write: a pure function of the seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from project.sandbox.client import ControlClient
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.swallow import SwallowRule
from tests.harness.installation import Installation

SWALLOWED = 0.2  # of all pushes of Telegram
DEAF = 4.0  # seconds that nobody hears the gateway
_TELEGRAM = ("messages.sendMessage", "messages.sendMedia", "messages.editMessage", "channels.deleteMessages")
_DISCORD = (
    "POST /channels/{id}/messages",
    "PATCH /channels/{id}/messages/{message_id}",
    "DELETE /channels/{id}/messages/{message_id}",
    "POST /webhooks/{id}/{token}",
    "PATCH /webhooks/{id}/{token}/messages/{message_id}",
    "DELETE /webhooks/{id}/{token}/messages/{message_id}",
)


class Trouble(StrEnum):
    """One kind."""

    WORKER_KILL = "kill -9 of an account's process"
    LISTENER_KILL = "kill -9 of the listener"
    DEAF = "a stretch of gateway events is lost, and the session with it"
    CUT = "all connections to Telegram reset"
    TELEGRAM = "an answer of Telegram is lost"
    DISCORD = "an answer of Discord is lost"


_EVERY = {  # seconds between two of a kind, on average
    Trouble.WORKER_KILL: 6.0,
    Trouble.LISTENER_KILL: 25.0,
    Trouble.DEAF: 15.0,
    Trouble.CUT: 20.0,
    Trouble.TELEGRAM: 1.5,
    Trouble.DISCORD: 1.0,
}


def troubles(rng: Random, kind: Trouble) -> Iterator[float]:
    """Seconds until the next of a kind, again and again."""
    while True:
        yield rng.expovariate(1 / _EVERY[kind])


@dataclass(frozen=True, slots=True)
class Disturber:
    """Hurts an installation until it is cancelled."""

    here: Installation
    control: ControlClient
    seed: int

    async def swallow(self) -> None:
        """From now on single pushes vanish."""
        await self.control.telegram.swallow(SwallowRule(SWALLOWED, seed=self.seed))

    async def play(self) -> None:
        """All kinds at once."""
        async with asyncio.TaskGroup() as group:
            for kind in Trouble:
                group.create_task(self._kind(kind))

    async def _kind(self, kind: Trouble) -> None:
        rng = Random(f"{self.seed}:{kind}")
        for wait in troubles(rng, kind):
            await asyncio.sleep(wait)
            await self._strike(kind, rng)

    async def _strike(self, kind: Trouble, rng: Random) -> None:
        if kind is Trouble.WORKER_KILL:
            workers = sorted((await asyncio.to_thread(self.here.workers_by_account)).items())
            if workers:
                workers[rng.randrange(len(workers))][1].kill()
        elif kind is Trouble.LISTENER_KILL:
            await asyncio.to_thread(self.here.kill, "discord")
            self.here.start("discord")
        elif kind is Trouble.DEAF:
            await self._deafen()
        elif kind is Trouble.CUT:
            await self.control.telegram.cut()
        else:
            await self._lose(kind, rng)

    async def _deafen(self) -> None:
        await self.control.discord.kill_gateway("deaf")
        try:
            await asyncio.sleep(DEAF)
        finally:
            await self.control.discord.kill_gateway("forget")

    async def _lose(self, kind: Trouble, rng: Random) -> None:
        phase = rng.choice((Phase.AFTER, Phase.DROP, Phase.LOST))
        if kind is Trouble.TELEGRAM:
            code, error = (500, "INTERNAL") if phase is Phase.AFTER else (0, "")
            await self.control.telegram.fault(FaultRule(rng.choice(_TELEGRAM), phase, code, error))
        else:
            code = 502 if phase is Phase.AFTER else 0
            await self.control.discord.fault(FaultRule(rng.choice(_DISCORD), phase, code=code))
