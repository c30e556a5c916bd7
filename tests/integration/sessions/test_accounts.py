"""What a worker reads and writes of an account, on real PostgreSQL."""

from __future__ import annotations

import asyncpg
import pytest
from asgiref.sync import sync_to_async

from project.core.errors import AccountDead, FenceLost, NotFound
from project.core.leases import Holding, acquire
from sessions.accounts import load_account, mark_alive, save_state
from sessions.models import HealthFlip, TelegramSession
from workers.worker.verdict import record_death

DEVICE = {"device_model": "Relay test", "system_version": "Linux", "app_version": "1.0"}


@pytest.fixture
async def held(pg: asyncpg.Connection) -> Holding:
    """An active session's lease."""
    create = sync_to_async(TelegramSession.objects.create)
    session = await create(name="main", phone_sealed=b"", phone_hint="", device=DEVICE, lifecycle="active")
    taken = await acquire(pg, account=session.account, owner="n:1", ttl=60, egress="", handover_wait=0)
    assert taken is not None
    return taken.holding


async def test_a_state_comes_back_as_it_was_saved_and_never_lies_open(pg: asyncpg.Connection, held: Holding) -> None:
    await save_state(pg, held, b"auth key")
    assert (await load_account(pg, held.account)).state == b"auth key"
    sealed = await pg.fetchval("SELECT sealed FROM tg_sessions_accountsecret")
    assert b"auth key" not in sealed


async def test_a_dead_key_is_not_tried_again_by_any_process_until_a_new_login(
    pg: asyncpg.Connection, held: Holding
) -> None:
    await save_state(pg, held, b"auth key")
    assert (await load_account(pg, held.account)).runnable
    await record_death(pg, held, AccountDead("The key is used twice.", code="AUTH_KEY_DUPLICATED"))
    assert not (await load_account(pg, held.account)).runnable
    await save_state(pg, held, b"auth key")
    assert not (await load_account(pg, held.account)).runnable
    await mark_alive(pg, held)
    assert (await load_account(pg, held.account)).runnable
    assert await sync_to_async(HealthFlip.objects.count)() == 1


async def test_a_former_owner_saves_nothing(pg: asyncpg.Connection, held: Holding) -> None:
    with pytest.raises(FenceLost):
        await save_state(pg, Holding(held.account, "n:2", held.epoch), b"stale")
    assert await pg.fetchval("SELECT count(*) FROM tg_sessions_accountsecret") == 0


async def test_an_unknown_account_is_said_to_be_unknown(pg: asyncpg.Connection) -> None:
    with pytest.raises(NotFound):
        await load_account(pg, "session.999")
