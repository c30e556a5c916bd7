"""Keeps one gateway connection of discord.py alive.

discord.py's own loop waits up to 1024 s between attempts (Discord keeps a session for minutes), sends a
RESUME without a session, and ends for good when one event cannot be parsed. This one waits at most 30 s,
resumes whenever there is a session, stays within the daily limit of IDENTIFYs and ends only when trying again
is senseless. Source: Discord's reference, "Gateway", and "Opcodes and Status Codes", Gateway Close Event
Codes.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import Any, NoReturn

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

from project.core.errors import AccountDead
from project.core.logs import get_logger
from project.discord.client import Socket
from project.discord.pacing import Backoff, IdentifyBudget

log = get_logger(__name__)

CONNECT_SECONDS = 20.0
CLOSE_SECONDS = 3.0
AFTER_INVALID = (1.0, 5.0)

FATAL = {
    4004: ("Discord does not accept the bot's token.", "Put a valid bot token into DISCORD_BOT_TOKEN."),
    4010: ("Discord refused the shard.", "This is a fault of the program: report it."),
    4011: ("The bot is in too many servers for one connection.", "Remove it from servers it does not serve."),
    4012: ("Discord does not speak this gateway version any more.", "Update the program."),
    4013: ("Discord does not know the intents asked for.", "Update the program."),
    4014: (
        "Discord does not allow the bot to read messages.",
        "Switch on the Message Content intent of the bot in Discord's developer portal.",
    ),
}


class GatewayLink:
    """The connection of one logged-in client.

    `on_session` is called before each IDENTIFY: what was missed until then is in the history only. `on_loss`
    is called when a frame within a session was lost.
    """

    def __init__(
        self,
        client: discord.Client,
        *,
        on_session: Callable[[], None],
        on_loss: Callable[[], None],
        backoff: Backoff,
        budget: IdentifyBudget,
        rng: random.Random,
    ) -> None:
        self._client = client
        self._on_session = on_session
        self._on_loss = on_loss
        self._backoff = backoff
        self._budget = budget
        self._rng = rng

    async def run(self) -> NoReturn:
        """Connect, read, connect again. Raises AccountDead when Discord will not let this bot in as it is."""
        params: dict[str, Any] = {"initial": True}
        while True:
            if not params.get("resume"):
                await asyncio.sleep(self._budget.take(now=time.monotonic()))
                self._on_session()
            resume = await self._session(params)
            await self._drop_socket()
            params = self._again(resume=resume)
            wait = self._backoff.next(now=time.monotonic())
            if not resume:
                # Discord asks for 1-5 s before a new IDENTIFY after an invalidated session.
                wait = max(wait, self._rng.uniform(*AFTER_INVALID))
            log.info("gateway connects again", resume=bool(params.get("resume")), seconds=round(wait, 1))
            await asyncio.sleep(wait)

    async def _session(self, params: dict[str, Any]) -> bool:
        """One connection until it ends; whether to resume its session."""
        try:
            socket = Socket.from_client(self._client, **params)
            self._client.ws = await asyncio.wait_for(socket, CONNECT_SECONDS)
            while True:
                await self._next_event()
        except ReconnectWebSocket as request:
            return request.resume
        except discord.ConnectionClosed as closed:
            self._raise_fatal(closed.code)
        except (OSError, aiohttp.ClientError, discord.DiscordException, TimeoutError) as error:
            log.warning("gateway connection failed", error=type(error).__name__)
        except Exception:
            # A greeting that discord.py does not take: there is nothing to do but to ask for another.
            log.exception("gateway connection failed")
        return True

    async def _next_event(self) -> None:
        try:
            await self._client.ws.poll_event()
        except (ReconnectWebSocket, OSError, aiohttp.ClientError, discord.DiscordException, TimeoutError):
            raise
        except Exception:
            # One frame that cannot be read must not end the connection; what it told is in the history.
            log.exception("a frame of the gateway could not be read")
            if not self._client.ws.open:
                raise ReconnectWebSocket(None) from None
            self._on_loss()

    def _again(self, *, resume: bool) -> dict[str, Any]:
        socket = getattr(self._client, "ws", None)
        if not resume or socket is None or not socket.session_id:
            return {}
        return {
            "resume": True,
            "session": socket.session_id,
            "sequence": socket.sequence,
            "gateway": socket.gateway,
        }

    async def _drop_socket(self) -> None:
        socket = getattr(self._client, "ws", None)
        if socket is not None and socket.open:
            # 4000 keeps the session for a RESUME; 1000 would end it.
            with contextlib.suppress(TimeoutError, OSError, aiohttp.ClientError):
                await asyncio.wait_for(socket.close(4000), CLOSE_SECONDS)

    def _raise_fatal(self, code: int) -> None:
        if code in FATAL:
            sentence, hint = FATAL[code]
            raise AccountDead(sentence, code=str(code), hint=hint)
