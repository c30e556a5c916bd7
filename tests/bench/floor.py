"""The floor: a stock Telethon client and one HTTP POST per message, and with `full` one send to the destination.

No database, no formatting, no retry, nothing kept. Order is kept per pair by one queue each. As many processes as there
are people, forked from one parent: `python -m tests.bench.floor < SPEC`, which prints "ready" once all listen.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import msgspec
import uvloop
from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.sessions import MemorySession
from telethon.tl.functions.messages import SendMessageRequest
from telethon.tl.types import Document, InputPeerChannel, Message, PeerChannel

from tests.bench.orders import Lane

CONNECTIONS = 50
PART = 512 * 1024
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Worker:
    """One process."""

    phone: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """What the floor has to do. `telegram` is "dc:host:port"."""

    telegram: str
    key: str
    control: str
    full: bool
    workers: tuple[Worker, ...]


class Floor:
    """One process's relay loop."""

    def __init__(self, spec: Spec, worker: Worker, http: aiohttp.ClientSession) -> None:
        self._spec = spec
        self._worker = worker
        self._http = http
        dc, host, port = spec.telegram.split(":")
        session = MemorySession()
        session.set_dc(int(dc), host, int(port))
        self._client = TelegramClient(session, 1, "bench")
        self._queues: dict[int, list[asyncio.Queue[Message]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Logs in, learns its chats, listens."""
        await self._client.connect()
        sent = await self._client.send_code_request(self._worker.phone)
        await self._client.sign_in(self._worker.phone, await self._code(), phone_code_hash=sent.phone_code_hash)
        await self._client.get_dialogs()
        for lane in self._worker.lanes:
            queue: asyncio.Queue[Message] = asyncio.Queue()
            self._queues.setdefault(lane.source, []).append(queue)
            peer = await self._client.get_input_entity(PeerChannel(lane.destination)) if self._spec.full else None
            self._tasks.append(asyncio.create_task(self._relay(queue, lane.webhook, peer)))
        self._client.add_event_handler(self._heard, events.NewMessage())

    async def _code(self) -> str:
        url, body = f"{self._spec.control}/telegram/login_code", {"phone": self._worker.phone}
        async with self._http.post(url, json=body) as response:
            code: str = (await response.json())["result"]
            return code

    async def _heard(self, event: events.NewMessage.Event) -> None:
        for queue in self._queues.get(event.message.peer_id.channel_id, ()):
            queue.put_nowait(event.message)

    async def _relay(self, queue: asyncio.Queue[Message], webhook: str, peer: InputPeerChannel | None) -> None:
        url = f"{webhook}?wait=true"
        while True:
            message = await queue.get()
            text = message.message
            body = {"content": text, "allowed_mentions": {"parse": []}}
            data = {"data": self._form(message.media.document, body)} if message.media else {"json": body}
            async with self._http.post(url, **data) as response:
                answer = await response.read()
                assert response.status == 200, (response.status, answer)
            if peer is not None:
                key = int.from_bytes(os.urandom(8), "little", signed=True)
                await self._client(SendMessageRequest(peer, text, random_id=key))

    def _form(self, document: Document, body: dict[str, object]) -> aiohttp.MultipartWriter:
        """A file is streamed through, part by part."""

        async def chunks() -> AsyncIterator[bytes]:
            stream = self._client.iter_download(document, request_size=PART, file_size=document.size)
            async for chunk in stream:
                yield bytes(chunk)

        form = aiohttp.MultipartWriter("form-data")
        form.append_json(body).set_content_disposition("form-data", name="payload_json")
        part = form.append(chunks(), {"Content-Type": "video/mp4"})
        part.set_content_disposition("form-data", name="files[0]", filename="film.mp4")
        return form


async def _work(spec: Spec, worker: Worker, ready: int) -> None:
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as http:
        floor = Floor(spec, worker, http)
        await floor.start()
        os.write(ready, b".")
        await asyncio.Event().wait()


def _child(spec: Spec, worker: Worker, ready: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    uvloop.run(_work(spec, worker, ready))


def main() -> None:
    """Forks, says "ready", and waits to be ended."""
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=Spec)
    rsa.add_key(spec.key, old=False)
    heard, ready = os.pipe()
    for started, worker in enumerate(spec.workers, start=1):
        if os.fork() == 0:
            _child(spec, worker, ready)
            os._exit(1)
        if started % 4 == 0:  # not all logins at once
            _read(heard, 4)
    _read(heard, len(spec.workers) % 4)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.pause()


def _read(pipe: int, count: int) -> None:
    while count:
        count -= len(os.read(pipe, count))


if __name__ == "__main__":
    main()
