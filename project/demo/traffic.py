"""Carries the script out, as people would: by writing into the sandbox's chats."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

from project.demo.script import Step, What
from project.demo.world import DemoWorld
from project.sandbox.client import ControlClient
from project.sandbox.telegram.messages import NewFile

_DOCUMENT_BYTES = 20_000


class Traffic:
    """Plays steps on time. Ids of posted messages are kept, since later steps answer, edit or delete them."""

    def __init__(self, control: ControlClient, world: DemoWorld) -> None:
        self._control = control
        self._world = world
        self._ids: dict[int, int] = {}

    async def play(self, steps: Sequence[Step]) -> None:
        """All steps, each at its second from now."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for step in steps:
            await asyncio.sleep(max(0.0, began + step.at - loop.time()))
            await self._carry_out(step)

    async def _carry_out(self, step: Step) -> None:
        route = self._world.routes[step.route]
        telegram = self._control.telegram
        match step.what:
            case What.POST | What.REPLY:
                self._ids[step.number] = await telegram.post(
                    route.source, step.text, reply_to=self._ids.get(step.target), files=_files(step)
                )
            case What.EDIT:
                await telegram.edit(route.source, self._ids[step.target], step.text)
            case What.DELETE:
                await telegram.delete(route.source, [self._ids[step.target]])
            case What.SAY:
                await self._control.discord.post(route.channel, self._world.reader, step.text)


def _files(step: Step) -> tuple[NewFile, ...]:
    if step.file == "photo":
        return (NewFile("view.png", "image/png", picture(step.number), photo=True),)
    if step.file == "document":
        return (NewFile("log.txt", "text/plain", b"A line of the log.\n" * (_DOCUMENT_BYTES // 19)),)
    return ()


def picture(seed: int, size: int = 64) -> bytes:
    """A small square PNG of one colour."""
    colour = bytes((seed * 37 % 256, seed * 91 % 256, seed * 53 % 256))
    rows = b"".join(b"\0" + colour * size for _ in range(size))
    header = size.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
