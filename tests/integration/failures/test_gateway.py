"""Discord refuses the bot for good: the service says so and rests, whoever would start it again."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncpg
import pytest

from project.sandbox.faults import FaultRule, Phase
from tests.integration.sandbox.conftest_discord import run_discord
from tests.integration.workers.test_listener import BASE, LEASE

IDENTIFY = "gateway.IDENTIFY"
PATIENCE = 60.0  # seconds, on a busy machine


@pytest.mark.parametrize("code", [4004, 4014])
async def test_a_refused_bot_is_told_and_rests(code: int, pg: asyncpg.Connection) -> None:
    """A process that ended would be started again at once, for an IDENTIFY each time."""
    async with run_discord() as discord:
        discord.world.fault(FaultRule(IDENTIFY, Phase.BEFORE, code, count=99))
        env = (
            os.environ
            | LEASE
            | {
                "DJANGO_SETTINGS_MODULE": "project.settings",
                "DISCORD_API_URL": discord.api,
                "DISCORD_GATEWAY_URL": discord.gateway,
                "DISCORD_BOT_TOKEN": discord.token,
            }
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "rundiscord", cwd=BASE, env=env, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(PATIENCE):
                assert process.stderr is not None
                while b"the bot is refused" not in (line := await process.stderr.readline()):
                    assert line, "it ended"
            assert str(code) in line.decode()
            assert process.returncode is None
            assert await pg.fetchval("SELECT count(*) FROM core_lease WHERE expires_at > now()") == 0
            assert sum(calls.get(IDENTIFY, 0) for calls in discord.world.counters().calls.values()) == 1
            process.terminate()
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
