"""Drives a running sandbox from another process."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

import aiohttp

from project.sandbox.control.bots_client import BotsControl
from project.sandbox.control.discord_client import DiscordControl
from project.sandbox.control.groups_client import GroupsControl
from project.sandbox.control.telegram_client import TelegramControl
from project.sandbox.control.transport import ControlTransport
from project.sandbox.discord.views import DiscordCounters
from project.sandbox.faults import CountersView


@dataclass(frozen=True, slots=True)
class SandboxCounters:
    """What both worlds counted, and the limit profile they ran under."""

    profile: str
    telegram: CountersView
    discord: DiscordCounters

    @property
    def unknown_methods(self) -> int:
        """Calls of methods that the sandbox does not have, on both sides."""
        return sum(self.telegram.unknown_methods.values()) + sum(self.discord.unknown_methods.values())

    @property
    def concurrent_owners(self) -> int:
        """The highest number of simultaneous owners of any auth key."""
        return self.telegram.concurrent_owners


class ControlClient:
    """`async with ControlClient(control_url) as control: await control.telegram.post(...)`."""

    def __init__(self, control_url: str) -> None:
        self._url = control_url

    async def __aenter__(self) -> ControlClient:
        self._http = aiohttp.ClientSession()
        self._transport = ControlTransport(self._url, self._http)
        self.telegram = TelegramControl(self._transport)
        self.discord = DiscordControl(self._transport)
        self.bots = BotsControl(self._transport)
        self.groups = GroupsControl(self._transport)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def counters(self) -> SandboxCounters:
        """Everything counted so far."""
        return await self._transport.get("/counters", SandboxCounters)
