"""The loopback Discord on an aiohttp application: REST under /api/v10, the gateway, the CDN."""

from __future__ import annotations

from aiohttp import web

from project.sandbox.discord import cdn
from project.sandbox.discord.gateway import Gateway
from project.sandbox.discord.rest import PREFIX, DiscordRest
from project.sandbox.discord.routes import CDN_METHOD
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.faults import Phase

GATEWAY_PATH = "/gateway"
CDN_PATH = "/cdn"


class DiscordServer:
    """Speaks for a world. Install it into an application, then tell it its address."""

    def __init__(self, world: DiscordWorld) -> None:
        self.world = world
        self._gateway_url = ""
        self.gateway = Gateway(world.state, world.faults, world.count, lambda: self._gateway_url)
        self.rest = DiscordRest(world.state, world.faults, world.count, lambda: self._gateway_url)
        world.server = self

    def install(self, app: web.Application) -> None:
        """Adds the routes. The application must not limit bodies below the profile's `request_bytes`."""
        self.rest.install(app)
        app.router.add_get(GATEWAY_PATH, self.gateway.serve)
        app.router.add_get(GATEWAY_PATH + "/", self.gateway.serve)
        app.on_shutdown.append(self.gateway.close)
        app.router.add_get(CDN_PATH + cdn.PATH, self._serve_file)

    def serve_at(self, host: str, port: int) -> None:
        """The address that the URLs in answers name."""
        self.world.api_url = f"http://{host}:{port}{PREFIX}"
        self.world.state.cdn_url = f"http://{host}:{port}{CDN_PATH}"
        self._gateway_url = f"ws://{host}:{port}{GATEWAY_PATH}"

    @property
    def gateway_url(self) -> str:
        """Where the gateway is."""
        return self._gateway_url

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        self.world.count.called(CDN_METHOD, "")
        rule = self.world.faults.take(CDN_METHOD)
        if rule is not None and rule.phase is Phase.BEFORE and rule.code:
            return web.Response(status=rule.code, text=rule.error)
        return cdn.serve(self.world.state, request)
