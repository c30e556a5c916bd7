"""Carries the script out, as people would: by writing into the sandbox's chats."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

from project.sandbox.client import ControlClient
from project.sandbox.telegram.messages import NewFile
from tests.chaos.script import FIRST_PROBE, Step, What, file, text
from tests.convergence.acts import File
from tests.harness.world import World


class People:
    """Ids of posts are kept, since later steps edit or delete them. `done` is everything written so far."""

    def __init__(self, control: ControlClient, world: World) -> None:
        self._control = control
        self._world = world
        self._ids: dict[int, asyncio.Task[int]] = {}
        self._turns: dict[int, asyncio.Lock] = {}
        self._probes = itertools.count(FIRST_PROBE)
        self.done: list[Step] = []

    async def play(self, steps: Sequence[Step]) -> None:
        """All steps, each at its second from now; a slow sandbox delays none but those of the same chat."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for step in steps:
                wait = began + step.at - loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
                self._begin(group, step)

    async def probe(self, routes: Sequence[int], what: What) -> None:
        """One more message on each of these routes, now."""
        async with asyncio.TaskGroup() as group:
            for route in routes:
                self._begin(group, Step(0.0, what, route, next(self._probes)))

    def _begin(self, group: asyncio.TaskGroup, step: Step) -> None:
        task = group.create_task(self._carry_out(step))
        if step.what is What.POST:
            self._ids[step.number] = task

    async def _carry_out(self, step: Step) -> int:
        async with self._turns.setdefault(step.route, asyncio.Lock()):
            message_id = await self._write(step)
        self.done.append(step)
        return message_id

    async def _write(self, step: Step) -> int:
        route, telegram, said = self._world.routes[step.route], self._control.telegram, text(step)
        if step.what is What.POST:
            return await telegram.post(route.source, said.text, entities=said.entities, files=_new(file(step)))
        if step.what is What.SAY:
            return await self._control.discord.post(route.channel, self._world.reader, said.text)
        message_id = self._ids[step.number].result()  # the same chat's turns come in order
        if step.what is What.EDIT:
            await telegram.edit(route.source, message_id, said.text, entities=said.entities)
        else:
            await telegram.delete(route.source, [message_id])
        return message_id


def _new(given: File | None) -> list[NewFile]:
    return [NewFile(given.name, "application/octet-stream", given.data)] if given else []
