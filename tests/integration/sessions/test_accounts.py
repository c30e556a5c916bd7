"""What a worker reads and writes of an account, on real PostgreSQL."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from asgiref.sync import sync_to_async

from pairs.models import Assignment, Pair
from project.core.config import current
from project.core.errors import AccountDead, Conflict, FenceLost, ManyProblems, NotFound
from project.core.leases import Holding, acquire
from project.core.models import AuditEvent
from project.core.secret import Secret
from sessions.accounts import load_account, mark_alive, save_state
from sessions.domain.changes import SessionChanges
from sessions.models import HealthFlip, TelegramSession
from sessions.services.editing import edit_session
from sessions.services.enabling import disable_session, enable_session
from sessions.services.finding import find_session
from sessions.services.login import request_login
from sessions.services.removal import remove_session_row
from tests.integration.telegram.test_proxy import proxy
from workers.worker.doors import RealDoors
from workers.worker.verdict import record_death

from .conftest import ACTOR, Rig, call

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


async def test_proxy_and_application_of_a_session_are_those_of_its_connection(
    rig: Rig, settings: Any, tmp_path: Path
) -> None:
    """What /editsession seals is what the worker connects with; the change itself makes it connect anew."""
    rig.telegram.world.create_user("+4915112345678", "Ann")
    session, worker = await rig.session("ann", "+4915112345678")
    at, key = rig.telegram.endpoint, tmp_path / "dc.pem"
    key.write_text(at.public_key_pem)
    settings.RELAY = dataclasses.replace(
        current(), telegram_dc=f"2:{at.host}:{at.port}", telegram_dc_key_file=str(key), telegram_api_id=1
    )
    before = await load_account(rig.pg, session.account)
    async with proxy((b"me", b"secret")) as (socks, port):
        changes = SessionChanges(
            proxy=Secret(f"socks5://me:secret@127.0.0.1:{port}"), api_id=77, api_hash=Secret("ab" * 16)
        )
        view = await call(edit_session, actor=ACTOR, name="ann", changes=changes)
        record = await load_account(rig.pg, session.account)
        assert record.way != before.way
        assert (record.app.api_id, record.app.api_hash.reveal()) == (77, "ab" * 16)
        account = RealDoors(session.account, current()).account(session.account, record, None, _ignore, _nothing)
        await account.connect()
        sent = await account.send_code("+4915112345678")
        await account.disconnect()
    assert sent.kind == "app"
    assert socks.carried == 1
    await session.arefresh_from_db()
    stored = bytes(session.proxy_sealed or b"") + bytes(session.api_hash_sealed or b"")
    assert b"secret" not in stored
    assert worker.holding.account == view.account
    await call(edit_session, actor=ACTOR, name="ANN", changes=SessionChanges(proxy=Secret(""), api_id=0))
    record = await load_account(rig.pg, session.account)
    assert (record.proxy, record.app.api_id) == (None, 1)
    audit = [event async for event in AuditEvent.objects.filter(action="session.change").order_by("pk")]
    assert [event.after.get("way_out") for event in audit] == ["through a proxy", "direct"]
    assert "secret" not in str([(event.before, event.after) for event in audit])


async def test_limits_below_use_are_allowed_and_warned_about(rig: Rig) -> None:
    session, _ = await rig.session("ann", "+4915112345678")
    for number in range(3):
        pair = await Pair.objects.acreate(source_chat=number + 1, discord_channel=number + 1, destination_chat=9)
        await Assignment.objects.acreate(pair=pair, session=session)
    view = await call(edit_session, actor=ACTOR, name="ann", changes=SessionChanges(max_pairs=2))
    assert (view.max_pairs, len(view.warnings)) == (2, 1)
    assert "carries 3 pairs, more than 2" in view.warnings[0]
    with pytest.raises(Conflict, match="still carries 3 pairs"):
        await call(remove_session_row, actor=ACTOR, session_id=session.pk)
    disabled = await call(disable_session, actor=ACTOR, name="Ann", reason="holidays")
    assert disabled.lifecycle == "disabled"
    with pytest.raises(Conflict, match="disabled already"):
        await call(disable_session, actor=ACTOR, name="ann")
    with pytest.raises(Conflict, match="is disabled"):
        await call(request_login, actor=ACTOR, session=await call(find_session, "ann"))
    assert (await call(enable_session, actor=ACTOR, name="ann")).lifecycle == "registered"
    with pytest.raises(ManyProblems) as refused:
        await call(edit_session, actor=ACTOR, name="ann", changes=SessionChanges(priority=11, max_pairs=0, name="a b"))
    assert len(refused.value.problems) == 3


def _ignore(_update: object) -> None:
    """Nothing is read."""


def _nothing() -> None:
    """Nothing is kept."""


async def test_an_unknown_account_is_said_to_be_unknown(pg: asyncpg.Connection) -> None:
    with pytest.raises(NotFound):
        await load_account(pg, "session.999")
