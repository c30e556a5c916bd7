"""The sandbox with a socket for the bench's orders: `python -m tests.bench.peer --orders SOCKET ...`.

Loads are written and seen in the sandbox's own process, so that writing 3,000 messages costs no 3,000 HTTP calls.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from project.sandbox.app import Sandbox
from project.sandbox.telegram.messages import NewFile
from tests.bench.orders import MARK, Guild, Lane, Load, Shape, Side, Taken
from tests.bench.watch import Collector, Watch

FILLER = "The quick brown fox jumps over the lazy dog while the band plays on and on and on in the park"
AT_ONCE = 20  # messages of a burst between two looks at the network


class Peer:
    """Carries out orders on the two worlds."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._telegram = sandbox.telegram
        self._discord = sandbox.discord
        self._watch = Watch(sandbox.telegram, sandbox.discord)
        self._marks = itertools.count(1)
        self._phones = itertools.count(1)
        self._guild = 0

    async def guild(self) -> Guild:
        """The Discord server and the product's bot; once."""
        self._guild = self._discord.create_guild("Bench")
        bot = self._discord.create_bot("relay")
        return Guild(self._guild, bot.id, bot.token)

    async def side(self, shape: Shape) -> Side:
        """People and chats."""
        people = tuple(self._person(f"{shape.prefix}{number}") for number in range(1, shape.sessions + 1))
        ids = [user_id for _, _, user_id in people]
        shared = self._telegram.create_channel("source", members=ids) if shape.shared_source else 0
        lanes = []
        for person, (_, _, user_id) in enumerate(people):
            for turn in range(shape.pairs):
                name = f"{shape.prefix} {person} {turn}"
                lanes.append(self._lane(person, user_id, name, shared, full=shape.full))
                await asyncio.sleep(0)
        return Side(people, tuple(lanes))

    def _person(self, name: str) -> tuple[str, str, int]:
        phone = f"+49151{next(self._phones):07d}"
        return name, phone, self._telegram.create_user(phone, name)

    def _lane(self, person: int, user_id: int, name: str, shared: int, *, full: bool) -> Lane:
        channel = self._discord.create_channel(self._guild, name.replace(" ", "-"))
        admins = [user_id] if full else []
        return Lane(
            person=person,
            source=shared or self._telegram.create_channel(f"source {name}", members=[user_id]),
            channel=channel,
            webhook=self._discord.create_webhook(channel, "relay"),
            destination=self._telegram.create_channel(f"destination {name}", admins=admins),
        )

    async def load(self, load: Load) -> Taken:
        """Writes, and waits for the arrivals."""
        collector = Collector(load, asyncio.get_running_loop().time)
        self._watch.begin(collector, load.into)
        try:
            await self._write(load, collector)
            return await collector.settle()
        finally:
            self._watch.end(collector, load.into)

    async def _write(self, load: Load, collector: Collector) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        files = [NewFile("film.mp4", "video/mp4", b"\x07" * load.file_bytes)] if load.file_bytes else []
        for number, source in zip(range(load.count), itertools.cycle(load.sources), strict=False):
            if load.rate:
                await asyncio.sleep(began + number / load.rate - loop.time())
            elif number % AT_ONCE == 0:
                await asyncio.sleep(0)
            mark = next(self._marks)
            collector.write(mark)
            self._telegram.post(source, f"{MARK.format(mark)} {FILLER}", files=files)

    async def count(self, method: str) -> int:
        """How many calls of a Discord method were answered 429, or with any error."""
        errors = self._discord.counters().errors
        return sum(count for by_name in errors.values() for name, count in by_name.items() if method in name)

    async def unknown(self) -> int:
        """Calls of methods that the sandbox does not have."""
        counted = (self._telegram.counters().unknown_methods, self._discord.counters().unknown_methods)
        return sum(sum(methods.values()) for methods in counted)


class Orders:
    """One JSON line each: {"order": name, "of": argument}, answered by {"result": ...} or {"error": ...}."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one order after the other."""
        while line := await reader.readline():
            writer.write(await self._answer(line) + b"\n")
            await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> bytes:
        try:
            asked = json.loads(line)
            result = await self._act(asked["order"], asked["of"])
            return msgspec.json.encode({"result": result})
        except Exception as error:  # whatever it is, whoever asked has to know
            return msgspec.json.encode({"error": f"{type(error).__name__}: {error}"})

    async def _act(self, name: str, of: object) -> object:
        plain: dict[str, Callable[[], Awaitable[object]]] = {"guild": self._peer.guild, "unknown": self._peer.unknown}
        if name in plain:
            return await plain[name]()
        if name == "side":
            return await self._peer.side(msgspec.convert(of, Shape))
        if name == "load":
            return await self._peer.load(msgspec.convert(of, Load))
        if name == "count":
            return await self._peer.count(str(of))
        raise ValueError(f"no order {name}")


async def _run(options: argparse.Namespace) -> None:
    options.key_file.parent.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(
        key_file=options.key_file.resolve(),
        profile=options.profile,
        telegram_port=options.telegram_port,
        http_port=options.http_port,
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with sandbox:
        server = await asyncio.start_unix_server(Orders(Peer(sandbox)).serve, options.orders, limit=2**26)
        await stop.wait()
        server.close()


def main() -> None:
    """Runs until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peer", description=__doc__)
    parser.add_argument("--profile", choices=("real", "off"), required=True)
    parser.add_argument("--telegram-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--orders", required=True, help="Unix socket to listen on")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
