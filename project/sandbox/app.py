"""The whole sandbox: a Telegram, a Discord, the control API and the chat page, on loopback."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from project.sandbox.discord.server import DiscordServer
from project.sandbox.discord.world import DiscordWorld


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where everything listens."""

    discord_api_url: str
    discord_gateway_url: str
    discord_cdn_url: str
    control_url: str
    chat_url: str

    def as_env(self) -> dict[str, str]:
        """The product's settings that point it here."""
        return {
            "DISCORD_API_URL": self.discord_api_url,
            "DISCORD_GATEWAY_URL": self.discord_gateway_url,
            "DISCORD_CDN_URL": self.discord_cdn_url,
        }


class Sandbox:
    """Both platforms in this process. A port of 0 is chosen freely."""

    def __init__(self, *, profile: str = "real", host: str = "127.0.0.1", http_port: int = 0) -> None:
        self.discord = DiscordWorld(profile)
        self._host = host
        self._http_port = http_port
        self._discord_server = DiscordServer(self.discord)
        self._runner: web.AppRunner | None = None

    async def start(self) -> Endpoints:
        """Binds the ports and tells where."""
        app = web.Application(client_max_size=0)
        self._discord_server.install(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._http_port)
        await site.start()
        port = self._runner.addresses[0][1]
        self._discord_server.serve_at(self._host, port)
        base = f"http://{self._host}:{port}"
        return Endpoints(
            discord_api_url=self.discord.api_url,
            discord_gateway_url=self._discord_server.gateway_url,
            discord_cdn_url=self.discord.state.cdn_url,
            control_url=base + "/control",
            chat_url=base + "/",
        )

    async def stop(self) -> None:
        """Closes every connection and frees the ports."""
        if self._runner is not None:
            await self._runner.cleanup()
