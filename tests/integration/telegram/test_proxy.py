"""Reaching Telegram through a SOCKS5 proxy, with and without a password."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from project.core.errors import InvalidInput, Unreachable

from .conftest import Telegram


class SocksServer:
    """A minimal SOCKS5 proxy (RFC 1928, 1929)."""

    def __init__(self, login: tuple[bytes, bytes] | None) -> None:
        self.login, self.carried, self._tasks = login, 0, set[asyncio.Task[None]]()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(2))[1])
        if self.login is None:
            writer.write(b"\x05\x00" if 0 in methods else b"\x05\xff")
        else:
            writer.write(b"\x05\x02" if 2 in methods else b"\x05\xff")
            if 2 not in methods:
                return
            user = await reader.readexactly((await reader.readexactly(2))[1])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\x01\x00" if (user, password) == self.login else b"\x01\x01")
            if (user, password) != self.login:
                writer.close()
                return
        assert await reader.readexactly(4) == b"\x05\x01\x00\x01"
        host = ".".join(str(n) for n in await reader.readexactly(4))
        port = int.from_bytes(await reader.readexactly(2), "big")
        there = await asyncio.open_connection(host, port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        self.carried += 1
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
    target.transport.abort()


@contextlib.asynccontextmanager
async def proxy(login: tuple[bytes, bytes] | None) -> AsyncIterator[tuple[SocksServer, int]]:
    socks = SocksServer(login)
    listening = await asyncio.start_server(socks.handle, "127.0.0.1", 0)
    try:
        yield socks, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


@pytest.mark.parametrize(("login", "given"), [(None, ""), ((b"me", b"p@ss:1"), "me:p%40ss%3A1@")])
async def test_everything_goes_through_the_proxy(
    telegram: Telegram, login: tuple[bytes, bytes] | None, given: str
) -> None:
    first = await telegram.user()
    state = first.account.snapshot()
    await first.account.disconnect()
    async with proxy(login) as (socks, port):
        probe = telegram.probe(state, proxy=f"socks5://{given}127.0.0.1:{port}")
        await probe.account.connect()
        assert (await probe.account.me()).name == "Anna Reader"
        assert socks.carried == 1
        await probe.close()


async def test_a_proxy_that_refuses_is_no_connection(telegram: Telegram) -> None:
    async with proxy((b"me", b"right")) as (_, port):
        probe = telegram.probe(proxy=f"socks5://me:wrong@127.0.0.1:{port}")
        assert probe.account.proxied
        assert not await probe.account.datacenter_answers()
        with pytest.raises(Unreachable):
            await probe.account.connect()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "socks5://127.0.0.1", "socks5://host:notaport", "x"])
async def test_other_proxies_are_refused_in_words(telegram: Telegram, address: str) -> None:
    with pytest.raises(InvalidInput):
        telegram.probe(proxy=address)
