"""The whole sandbox: a Telegram with its Bot API, a Discord, the control API and the chat page, on loopback."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from project.sandbox.botapi.server import PREFIX, BotApiServer
from project.sandbox.botapi.world import BotWorld
from project.sandbox.control.server import ControlServer
from project.sandbox.control.tables import bots_verbs, discord_verbs, groups_verbs, telegram_verbs
from project.sandbox.discord.limits import Limits
from project.sandbox.discord.limits import profile as discord_limits
from project.sandbox.discord.server import DiscordServer
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.page.server import ChatPage
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.settings import Profile, Settings
from project.sandbox.telegram.world import TelegramWorld


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where everything listens."""

    telegram_dc: str
    telegram_dc_key_file: str
    discord_api_url: str
    discord_gateway_url: str
    bot_api_url: str
    control_url: str
    chat_url: str

    def as_env(self) -> dict[str, str]:
        """The product's settings that point it here."""
        return {
            "TELEGRAM_DC": self.telegram_dc,
            "TELEGRAM_DC_KEY_FILE": self.telegram_dc_key_file,
            "DISCORD_API_URL": self.discord_api_url,
            "DISCORD_GATEWAY_URL": self.discord_gateway_url,
            "BOT_API_URL": self.bot_api_url,
        }


class Sandbox:
    """Both platforms in this process, on one loop. `telegram`, `discord` and `bots` are the worlds with their verbs.

    `key_file` receives the loopback Telegram's public key. A port of 0 is chosen freely. `discord` takes limits
    other than the profile's.
    """

    def __init__(
        self,
        *,
        key_file: Path,
        profile: str = "real",
        host: str = "127.0.0.1",
        telegram_port: int = 0,
        http_port: int = 0,
        discord: Limits | None = None,
    ) -> None:
        self.profile = profile
        self.discord = DiscordWorld(discord or discord_limits(profile))
        self.telegram = TelegramWorld(Settings(limits=Profile(profile).limits))
        self.bots = BotWorld(self.telegram)
        self._key_file = key_file
        self._host = host
        self._http_port = http_port
        self._discord_server = DiscordServer(self.discord)
        self._telegram_server = TelegramServer(self.telegram, host, telegram_port, key_file)
        self._stack = contextlib.AsyncExitStack()

    async def start(self) -> Endpoints:
        """Binds the ports and tells where. Raises OSError when one is taken."""
        async with contextlib.AsyncExitStack() as stack:
            await self._telegram_server.start()
            stack.push_async_callback(self._telegram_server.stop)
            port = await self._start_http(stack)
            self._stack = stack.pop_all()
        return self._endpoints(port)

    async def _start_http(self, stack: contextlib.AsyncExitStack) -> int:
        app = web.Application(client_max_size=0)
        page = ChatPage(self.telegram, self.discord, self.bots)
        bot_api = BotApiServer(self.bots)
        tables = {
            "telegram": telegram_verbs(self.telegram),
            "discord": discord_verbs(self.discord),
            "bots": bots_verbs(self.bots),
            "groups": groups_verbs(self.telegram.groups),
        }
        info = {"profile": self.profile, "telegram_dc": self._telegram_server.address}
        for part in (self._discord_server, ControlServer(tables, info), bot_api, page):
            part.install(app)
        app.on_shutdown.append(page.close)
        app.on_shutdown.append(bot_api.close)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self._host, self._http_port).start()
        port = int(runner.addresses[0][1])
        self._discord_server.serve_at(self._host, port)
        return port

    def _endpoints(self, port: int) -> Endpoints:
        base = f"http://{self._host}:{port}"
        return Endpoints(
            telegram_dc=self._telegram_server.address,
            telegram_dc_key_file=str(self._key_file),
            discord_api_url=self.discord.api_url,
            discord_gateway_url=self._discord_server.gateway_url,
            bot_api_url=base + PREFIX,
            control_url=base + "/control",
            chat_url=base + "/",
        )

    async def stop(self) -> None:
        """Closes every connection and frees the ports."""
        await self._stack.aclose()

    async def __aenter__(self) -> Endpoints:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
