"""Telegram: the application's id, and whether a datacenter can be reached."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import suppress

from project.core.checks import Check, failed, ok
from project.core.config import Config

DC = ("149.154.167.51", 443)  # DC 2, where a new Telethon session begins (telethon.client.telegrambaseclient)
WHERE = "Get both from https://my.telegram.org, API development tools."
_SECONDS = 5.0
_API_HASH = re.compile(r"[0-9a-f]{32}")


def check_app(config: Config) -> Iterator[Check]:
    """The id and hash that every login needs."""
    if not config.telegram_api_id:
        yield failed("Telegram app", "TELEGRAM_API_ID is not set.", WHERE)
    elif not _API_HASH.fullmatch(config.telegram_api_hash.reveal()):
        problem = "is not 32 hex digits" if config.telegram_api_hash.reveal() else "is not set"
        yield failed("Telegram app", f"TELEGRAM_API_HASH {problem}.", WHERE)
    else:
        yield ok("Telegram app", f"api_id {config.telegram_api_id}.")


async def check_reach(config: Config) -> Check:
    """A TCP connection to the first datacenter, from EGRESS_ADDRESS when it is set. Nothing is sent."""
    host, port = _address(config)
    source = (config.egress_address, 0) if config.egress_address else None
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port, local_addr=source)
    except (OSError, TimeoutError) as error:
        reason = _reason(error)
        what = f"from {config.egress_address} " if source else ""
        todo = "Check the network and firewall (outgoing TCP 443)" + (", and EGRESS_ADDRESS." if source else ".")
        return failed("Telegram", f"{host}:{port} cannot be reached {what}({reason}).", todo)
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    return ok("Telegram", f"{host}:{port} can be reached.")


def _reason(error: OSError) -> str:
    """asyncio's own text repeats the address; errors of name look-ups have negative numbers."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return str(error) or f"no answer within {_SECONDS:.0f} s"


def _address(config: Config) -> tuple[str, int]:
    if not config.telegram_dc:
        return DC
    host, _, port = config.telegram_dc.partition(":")[2].rpartition(":")
    return host, int(port)
