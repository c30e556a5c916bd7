"""`manage.py runbot`: one per token by lease, over the sandbox's Bot API."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from project.sandbox.app import Sandbox

BASE = Path(__file__).resolve().parents[3]
BACK = 60.0  # seconds, on a busy machine
LEASE = {"LEASE_TTL": "3", "LEASE_RENEW": "1", "LEASE_FENCE": "2.5"}


@asynccontextmanager
async def runbot(folder: Path, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {**os.environ, **LEASE, "DJANGO_SETTINGS_MODULE": "project.settings", "VAR_DIR": str(folder), **env}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "runbot", cwd=BASE, env=settings, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_one_answers_and_the_next_takes_over(pg: asyncpg.Connection, tmp_path: Path) -> None:
    sandbox = Sandbox(key_file=tmp_path / "key.pem")
    async with sandbox as endpoints, asyncio.timeout(4 * BACK):
        owner, made = sandbox.telegram.create_user("+4915100000001", "Olga"), sandbox.telegram.create_bot("admin")
        env = {"BOT_API_URL": endpoints.bot_api_url, "ADMIN_USER_IDS": str(owner), "ADMIN_BOT_TOKEN": made.token}

        async def answered(times: int) -> None:
            sandbox.bots.type(owner, made.user_id, "/whoami")
            while sum("owner" in one.text for one in sandbox.bots.messages(owner, made.user_id)) < times:
                await asyncio.sleep(0.1)

        async with runbot(tmp_path, **{**env, "ADMIN_BOT_TOKEN": f"{made.user_id}:{'A' * 35}"}) as wrong:
            assert wrong.stderr is not None
            said = (await wrong.stderr.read()).decode()
            assert "ADMIN_BOT_TOKEN" in said
            assert "Traceback" not in said
            assert await wrong.wait() == 2
        async with runbot(tmp_path, **env) as first:
            await answered(1)
            holder = await _holder(pg)
            async with runbot(tmp_path, **env) as second:
                assert second.stderr is not None
                while b"knows the admin bot" not in await second.stderr.readline():
                    assert second.returncode is None
                await answered(2)
                assert await _holder(pg) == holder  # the second waits
                first.send_signal(signal.SIGTERM)
                assert await first.wait() == 0
                await answered(3)
                assert await _holder(pg) != holder


async def _holder(pg: asyncpg.Connection) -> object:
    return await pg.fetchval("SELECT owner FROM core_lease WHERE name LIKE 'bot.%'")
