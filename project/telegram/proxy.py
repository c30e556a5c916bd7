"""SOCKS5 proxies (RFC 1928, RFC 1929): some accounts must leave through an address of their own."""

from __future__ import annotations

import ipaddress
import struct
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from project.core.errors import InvalidInput
from project.core.secret import Secret

_HINT = "Use the form socks5://user:password@host:port."


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where to connect through, and as whom ("" for nobody)."""

    host: str
    port: int
    user: str
    password: Secret


def parse_proxy(url: str) -> Proxy:
    """A proxy from its address, socks5://[user:password@]host:port. Raises InvalidInput."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("This proxy address cannot be read.", hint=_HINT) from None
    if parts.scheme != "socks5" or not host or not port:
        raise InvalidInput("Only SOCKS5 proxies can be used.", hint=_HINT)
    return Proxy(host, port, unquote(parts.username or ""), Secret(unquote(parts.password or "")))


async def pass_through(proxy: Proxy, reader: StreamReader, writer: StreamWriter, host: str, port: int) -> None:
    """Have the proxy connect to host:port; the streams lead there afterwards. Raises ConnectionError."""
    try:
        await _introduce(proxy, reader, writer)
        writer.write(b"\x05\x01\x00" + _address(host) + struct.pack(">H", port))
        _, refusal, _, kind = await reader.readexactly(4)
        if refusal:
            raise ConnectionError(f"the proxy could not connect (SOCKS5 code {refusal})")
        length = {1: 4, 4: 16}.get(kind)
        await reader.readexactly((length if length else (await reader.readexactly(1))[0]) + 2)
    except IncompleteReadError:
        raise ConnectionError("the proxy closed the connection") from None


async def _introduce(proxy: Proxy, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"\x05\x01\x02" if proxy.user else b"\x05\x01\x00")
    version, method = await reader.readexactly(2)
    if version != 5 or method not in (0, 2):
        raise ConnectionError("the proxy accepts no way to log in")
    if method == 2:
        user, password = proxy.user.encode(), proxy.password.reveal().encode()
        writer.write(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        if (await reader.readexactly(2))[1] != 0:
            raise ConnectionError("the proxy does not accept user and password")


def _address(host: str) -> bytes:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("idna")
        return b"\x03" + bytes([len(name)]) + name
    return (b"\x01" if ip.version == 4 else b"\x04") + ip.packed
