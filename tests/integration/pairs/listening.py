"""The real listener beside a rig: what the relay does on Discord comes back to it as it does from the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pairs.people import DiscordPeople
from project.core.secret import Secret
from project.discord.listener import Listener
from tests.integration.pairs.rig import Rig, until


@asynccontextmanager
async def listening(rig: Rig, people: DiscordPeople) -> AsyncIterator[Listener]:
    """Runs it until the end of the block."""
    await people.refresh()
    listener = Listener(
        token=Secret(rig.discord.token),
        api_url=rig.discord.api,
        gateway_url=rig.discord.gateway,
        channels=people.channels,
        sink=people,
        webhooks=people.webhooks,
    )
    task = asyncio.create_task(listener.run())
    await until(listener.is_ready, "the gateway's session")
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
