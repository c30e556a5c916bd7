"""`manage.py rundiscord`: one listener per token, back after kill -9."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from asgiref.sync import sync_to_async
from django.db import connections

from pairs.models import Pair
from tests.integration.sandbox.conftest_discord import LoopbackDiscord, run_discord, until

BASE = Path(__file__).resolve().parents[3]
LEASE = {"LEASE_TTL": "3", "LEASE_RENEW": "1", "LEASE_FENCE": "2.5"}
BACK = 60.0  # seconds, on a busy machine


@asynccontextmanager
async def listener(discord: LoopbackDiscord) -> AsyncIterator[asyncio.subprocess.Process]:
    env = {
        **os.environ,
        **LEASE,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DISCORD_API_URL": discord.api,
        "DISCORD_GATEWAY_URL": discord.gateway,
        "DISCORD_BOT_TOKEN": discord.token,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "manage.py", "rundiscord", cwd=BASE, env=env)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def connected(discord: LoopbackDiscord) -> int:
    return discord.world.counters().gateway_connections


async def test_a_killed_listener_is_back_when_its_lease_has_expired(pg: asyncpg.Connection) -> None:
    async with run_discord() as discord:
        async with listener(discord) as first:
            await until(lambda: connected(discord) == 1, seconds=BACK)
            first.kill()
            await first.wait()
        await until(lambda: connected(discord) == 0, seconds=BACK)
        async with listener(discord) as second:
            await until(lambda: connected(discord) == 1, seconds=BACK)
            renewals = [await _expiry(pg)]
            async with asyncio.timeout(BACK):
                while len(renewals) < 4:  # it lives on past the kernel's timer
                    await asyncio.sleep(0.2)
                    if (now := await _expiry(pg)) != renewals[-1]:
                        renewals.append(now)
            assert second.returncode is None


async def test_what_is_said_before_the_listener_notices_a_new_pair_is_caught_up(pg: asyncpg.Connection) -> None:
    async with run_discord() as discord, listener(discord):
        await until(lambda: connected(discord) == 1, seconds=BACK)
        await sync_to_async(_new_pair)(discord.channel)
        first = discord.world.post(discord.channel, discord.user, "first, at once")
        heard: list[int] = []
        async with asyncio.timeout(BACK):
            while first not in heard:
                heard = [row["message_id"] for row in await pg.fetch("SELECT message_id FROM pairs_inbox ORDER BY id")]
                await asyncio.sleep(0.1)
        assert heard == [first]


def _new_pair(channel: int) -> None:
    try:
        Pair.objects.create(source_chat=1, discord_channel=channel, destination_chat=2)
    finally:
        connections.close_all()  # this thread's own


async def _expiry(pg: asyncpg.Connection) -> object:
    return await pg.fetchval("SELECT expires_at FROM core_lease WHERE name LIKE 'discord.%'")
