"""Whether a data centre answers at all: the first step of MTProto's key exchange, which needs no key and makes none.

An account's own key is not used, so this connection beside its own one costs it nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict

from telethon.network import MTProtoPlainSender
from telethon.tl.functions import ReqPqMultiRequest

from project.telegram.connection import HardConnection
from project.telegram.proxy import Proxy

LIMIT = 10.0  # seconds for connection and answer together

_log = logging.getLogger("project.telegram.wire")


async def datacenter_answers(host: str, port: int, dc_id: int, *, proxy: Proxy | None, egress: str) -> bool:
    """Ask for the numbers that a key exchange begins with (req_pq_multi), the way the account connects."""
    loggers: defaultdict[str, logging.Logger] = defaultdict(lambda: _log)
    connection = HardConnection(host, port, dc_id, loggers=loggers, proxy=proxy, local_addr=egress or None)
    nonce = int.from_bytes(os.urandom(16), "big", signed=True)
    try:
        async with asyncio.timeout(LIMIT):
            await connection.connect(timeout=LIMIT)
            answer = await MTProtoPlainSender(connection, loggers=loggers).send(ReqPqMultiRequest(nonce))
        return bool(answer.nonce == nonce)
    except (
        OSError,
        EOFError,
        ValueError,
        BufferError,
        AssertionError,
        AttributeError,
    ):  # Telethon's words for no answer
        return False
    finally:
        if connection._writer is not None:
            await connection.disconnect()
