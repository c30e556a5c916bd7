"""`manage.py runbot`: one per token by lease, over the sandbox's Bot API."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from project.botkit.bot import AdminBot, make_bot
from project.botkit.catalogue import Catalogue
from project.core.config import Config, current
from project.core.errors import AccountDead, SettingError
from project.core.secret import Secret
from project.management.commands import runbot as runbot_command
from project.management.commands import rundiscord
from project.sandbox.app import Sandbox

BASE = Path(__file__).resolve().parents[3]
BACK = 60.0  # seconds, on a busy machine
LEASE = {"LEASE_TTL": "3", "LEASE_RENEW": "1", "LEASE_FENCE": "2.5"}


@asynccontextmanager
async def runbot(folder: Path, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {**os.environ, **LEASE, "DJANGO_SETTINGS_MODULE": "project.settings", "VAR_DIR": str(folder), **env}
    process = await asyncio.create_subprocess_exec(sys.executable, "manage.py", "runbot", cwd=BASE, env=settings)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.timeout(240)
async def test_it_works_under_its_lease_and_gives_it_back(pg: asyncpg.Connection, tmp_path: Path) -> None:
    """That a second one waits is shown with the Discord listener, which holds its lease by the same code."""
    sandbox = Sandbox(key_file=tmp_path / "key.pem")
    async with sandbox as endpoints, asyncio.timeout(3 * BACK):
        owner, made = sandbox.telegram.create_user("+4915100000001", "Olga"), sandbox.telegram.create_bot("admin")
        env = {"BOT_API_URL": endpoints.bot_api_url, "ADMIN_USER_IDS": str(owner), "ADMIN_BOT_TOKEN": made.token}
        lease = "SELECT released_at IS NULL AND expires_at > now() FROM core_lease WHERE name = $1"
        async with runbot(tmp_path, **env) as process:
            sandbox.bots.type(owner, made.user_id, "/whoami")
            while not any("owner" in one.text for one in sandbox.bots.messages(owner, made.user_id)):
                assert process.returncode is None
                await asyncio.sleep(0.1)
            assert await pg.fetchval(lease, f"bot.{made.user_id}")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            assert not await pg.fetchval(lease, f"bot.{made.user_id}")


async def test_a_wrong_token_ends_it_before_anything_is_held(tmp_path: Path) -> None:
    sandbox = Sandbox(key_file=tmp_path / "key.pem")
    async with sandbox as endpoints:
        made = sandbox.telegram.create_bot("admin")
        bot = make_bot(Secret(f"{made.user_id}:{'A' * 35}"), endpoints.bot_api_url)
        async with AdminBot(bot, Catalogue()) as admin:
            with pytest.raises(AccountDead, match="ADMIN_BOT_TOKEN"):
                await admin.identify()
        with pytest.raises(SettingError, match="ADMIN_BOT_TOKEN"):
            make_bot(Secret("no token"), endpoints.bot_api_url)


@pytest.mark.parametrize(
    ("run", "setting"), [(runbot_command._run, "ADMIN_BOT_TOKEN"), (rundiscord._listen, "DISCORD_BOT_TOKEN")]
)
async def test_a_service_without_its_token_says_so_once_and_waits_to_be_stopped(
    run: Callable[[Config], Coroutine[Any, Any, None]], setting: str
) -> None:
    config = replace(current(), discord_bot_token=None, admin_bot_token=None)
    with capture_logs() as logs:
        waiting = asyncio.create_task(run(config))
        async with asyncio.timeout(10):
            while not logs:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not waiting.done(), "it would be started again and again"
            os.kill(os.getpid(), signal.SIGTERM)
            await waiting
    assert [line.get("missing") for line in logs if line["log_level"] == "warning"] == [setting]
