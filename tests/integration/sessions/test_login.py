"""A login step by step: what the person sees, what the worker does, and what is left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession
from telethon.tl.types import InputPeerChannel

from project.core.errors import Conflict, InvalidInput
from project.core.models import AuditEvent
from project.core.secret import Secret
from project.telegram.imports import read_session_file
from project.telegram.session import MemorySession, State
from sessions.accounts import save_state
from sessions.models import AccountSecret, HealthFlip, LoginAttempt, LoginKind, TelegramSession
from sessions.services import login
from sessions.services.enabling import disable_session, enable_session
from sessions.services.removal import Removed, remove_session_row

from .conftest import ACTOR, Rig, Worker, call

PHONE, OTHER = "+4915112345678", "+4915187654321"


async def _logged_in(rig: Rig, name: str) -> tuple[TelegramSession, Worker]:
    session, worker = await rig.session(name, PHONE)
    await call(login.request_login, actor=ACTOR, session=session)
    await worker.step()
    await call(login.give_code, account=session.account, code=Secret(rig.telegram.world.login_code(PHONE)))
    assert (await worker.step()).step == "done"
    return session, worker


def _remove(session_id: int) -> Removed:
    """In a thread with a database connection of its own, as it blocks."""
    try:
        return remove_session_row(actor=ACTOR, session_id=session_id)
    finally:
        connections.close_all()


def _write_session(path: Path, state: State) -> None:
    """As a Telethon program leaves it."""
    theirs = SQLiteSession(str(path))
    theirs.set_dc(state.dc_id, state.host, state.port)
    theirs.auth_key = AuthKey(state.auth_key)
    for channel_id, known in state.channels.items():
        theirs.process_entities([InputPeerChannel(channel_id, known.access_hash)])
    theirs.save()
    theirs.close()


async def test_a_code_is_resent_mistyped_and_pressed_on_a_keypad_and_survives_a_restart(rig: Rig) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann", password="correct horse")
    session, worker = await rig.session("ann", PHONE)
    await call(login.request_login, actor=ACTOR, session=session)
    sent = await worker.step()
    assert (sent.step, sent.delivery, sent.next_delivery, sent.code_length) == ("code_sent", "app", "sms", 5)
    with pytest.raises(Conflict, match="at the earliest"):
        await call(login.resend, account=session.account)
    await LoginAttempt.objects.filter(account=session.account).aupdate(resend_at=None)
    await call(login.resend, account=session.account)
    assert (await worker.step()).delivery == "sms"

    with pytest.raises(InvalidInput, match="5 characters"):
        await call(login.give_code, account=session.account, code=Secret("1234"))
    code = rig.telegram.world.login_code(PHONE)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    await call(login.give_code, account=session.account, code=Secret("a".join(wrong)))
    again = await worker.step()
    assert (again.step, again.error) == ("code_sent", "The code is wrong. Type it again.")

    await worker.leave()  # the worker and the bot start anew: everything is in the row
    for key in [*code[:2], "9", login.BACKSPACE, *code[2:]]:
        typed = await call(login.type_key, account=session.account, key=key)
    assert typed == 5
    row = await LoginAttempt.objects.aget(account=session.account)
    assert code.encode() not in bytes(row.sealed_answer or b"")
    await call(login.send_typed, account=session.account)
    assert (await worker.step()).step == "password_needed"

    await worker.leave()
    await call(login.give_password, account=session.account, password=Secret("wrong horse"))
    assert (await worker.step()).error == "The password is wrong. Type it again."
    await call(login.give_password, account=session.account, password=Secret("correct horse"))
    assert (await worker.step()).step == "done"
    await session.arefresh_from_db()
    assert (session.user_id, session.lifecycle, session.health) == (user, "active", "healthy")
    row = await LoginAttempt.objects.aget(account=session.account)
    assert (row.sealed_state, row.sealed_answer, row.sealed_link) == (None, None, None)
    assert await HealthFlip.objects.filter(session=session, after="healthy").acount() == 1


async def test_five_wrong_answers_and_an_expired_code_end_a_login(rig: Rig) -> None:
    rig.telegram.world.create_user(PHONE, "Ann")
    session, worker = await rig.session("ann", PHONE)
    await call(login.request_login, actor=ACTOR, session=session)
    await worker.step()
    code = rig.telegram.world.login_code(PHONE)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    rig.telegram.rules(code_tries=100)
    for _ in range(5):
        await call(login.give_code, account=session.account, code=Secret(wrong))
        state = await worker.step()
    assert (state.step, state.error) == ("failed", "Too many wrong answers. Start a new login.")
    with pytest.raises(Conflict):
        await call(login.give_code, account=session.account, code=Secret(code))

    await call(login.request_login, actor=ACTOR, session=session)
    await worker.step()
    fresh = rig.telegram.world.login_code(PHONE)
    assert rig.telegram.world.typed(rig.telegram.world.accounts()[0].id, f"/authenticate ann {fresh}")  # it burns
    await call(login.give_code, account=session.account, code=Secret(fresh))
    state = await worker.step()
    assert state.step == "failed"
    assert "burns at once" in state.error


async def test_another_account_is_logged_out_again_and_the_session_stays_as_it_was(rig: Rig) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann")
    session, worker = await rig.session("ann", PHONE)
    await TelegramSession.objects.filter(pk=session.pk).aupdate(user_id=user + 1000)
    await call(login.request_login, actor=ACTOR, session=session)
    await worker.step()
    await call(login.give_code, account=session.account, code=Secret(rig.telegram.world.login_code(PHONE)))
    state = await worker.step()
    assert state.step == "failed"
    assert state.error == "This is another Telegram account than before. It was logged out again."
    await session.arefresh_from_db()
    assert session.user_id == user + 1000
    calls = rig.telegram.world.counters().calls[str(user)]
    assert calls["auth.logOut"] == 1


async def test_a_key_that_works_is_kept_and_a_dead_one_replaced_in_place(rig: Rig) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann")
    session, worker = await _logged_in(rig, "ann")
    await call(login.request_login, actor=ACTOR, session=session)
    assert (await worker.step()).step == "done"
    assert rig.telegram.world.counters().calls[""]["auth.sendCode"] == 1
    await worker.leave()
    first = bytes((await AccountSecret.objects.aget(account=session.account)).sealed)
    rig.telegram.world.revoke(user)
    await call(login.request_login, actor=ACTOR, session=session)
    assert (await worker.step()).step == "code_sent"
    await call(login.give_code, account=session.account, code=Secret(rig.telegram.world.login_code(PHONE)))
    assert (await worker.step()).step == "done"
    assert bytes((await AccountSecret.objects.aget(account=session.account)).sealed) != first


async def test_a_key_that_works_survives_a_look_at_it_while_the_session_is_disabled(rig: Rig) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann")
    session, worker = await _logged_in(rig, "ann")
    await call(login.request_login, actor=ACTOR, session=session)
    await call(disable_session, actor=ACTOR, name="ann")
    state = await worker.step()
    assert (state.step, state.error) == ("failed", "The session is disabled.")
    assert "auth.logOut" not in rig.telegram.world.counters().calls[str(user)]
    await call(enable_session, actor=ACTOR, name="ann")
    await call(login.request_login, actor=ACTOR, session=session)
    assert (await worker.step()).step == "done"
    assert rig.telegram.world.counters().calls[""]["auth.sendCode"] == 1


async def test_a_removed_session_is_logged_out_its_key_destroyed_and_its_name_free(rig: Rig) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann")
    session, worker = await _logged_in(rig, "Ann")
    removing = asyncio.create_task(asyncio.to_thread(_remove, session.pk))
    async with asyncio.timeout(30):
        while not removing.done():
            await worker.step()
            await asyncio.sleep(0.05)
    assert removing.result() == Removed("Ann", logged_out=True, note="")
    assert rig.telegram.world.counters().calls[str(user)]["auth.logOut"] == 1
    await session.arefresh_from_db()
    assert (session.lifecycle, session.health) == ("deleted", "deleted")
    assert await AuditEvent.objects.filter(target=session.account, action="session.delete").acount() == 1
    await save_state(rig.pg, worker.holding, b"what its worker still had in hand")
    assert not await AccountSecret.objects.aexists()
    await rig.session("ann", PHONE)


async def test_a_session_without_a_worker_is_removed_all_the_same(rig: Rig) -> None:
    rig.telegram.world.create_user(PHONE, "Ann")
    session, _ = await _logged_in(rig, "ann")
    removed = await call(remove_session_row, actor=ACTOR, session_id=session.pk, limit=0.2)
    assert not removed.logged_out
    assert "on the phone" in removed.note
    assert not await AccountSecret.objects.aexists()


async def test_a_qr_code_is_renewed_scanned_and_asks_for_the_password(rig: Rig) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann", password="correct horse", dc=4)  # not where logins begin
    session, worker = await rig.session("ann", PHONE)
    await call(login.request_login, actor=ACTOR, session=session, kind=LoginKind.QR)
    first = await worker.step()
    assert first.step == "qr_shown"
    assert first.link is not None
    await LoginAttempt.objects.filter(account=session.account).aupdate(link_until=timezone.now())
    second = await worker.step()
    assert second.link is not None
    assert second.link != first.link
    assert (await worker.step()).link == second.link  # as long as it lasts
    await worker.leave()
    rig.telegram.world.scan_qr(user, second.link.reveal())  # while no worker listens
    assert (await worker.step()).step == "password_needed"
    await worker.leave()
    await call(login.give_password, account=session.account, password=Secret("correct horse"))
    assert (await worker.step()).step == "done"
    await session.arefresh_from_db()
    assert session.user_id == user


async def test_the_worker_hears_the_scan_and_refuses_another_persons_phone(rig: Rig) -> None:
    stranger = rig.telegram.world.create_user(OTHER, "Bob")
    session, worker = await rig.session("ann", PHONE)
    await call(login.request_login, actor=ACTOR, session=session, kind=LoginKind.QR)
    shown = await worker.step()
    assert shown.link is not None
    rig.telegram.world.scan_qr(stranger, shown.link.reveal())
    async with asyncio.timeout(15):
        while (state := await worker.step()).step == "qr_shown":
            await asyncio.sleep(0.05)
    assert state.step == "failed"
    assert "than the one of the registered phone number. It was logged out again." in state.error
    await session.arefresh_from_db()
    assert session.user_id is None


async def test_a_login_of_another_telethon_program_is_taken_over(rig: Rig, tmp_path: Path) -> None:
    user = rig.telegram.world.create_user(PHONE, "Ann")
    other = await rig.telegram._running(user, name="theirs", is_bot=False)
    channel = await rig.telegram.channel(other)
    state = MemorySession.restore(other.account.snapshot()).state
    await other.close()
    path = tmp_path / "theirs.session"
    _write_session(path, state)
    session, worker = await rig.session("ann", PHONE)
    read = read_session_file(path)
    assert MemorySession.restore(read.state).channel(channel) is not None
    await call(login.import_login, actor=ACTOR, session=session, imported=read)
    assert (await worker.step()).step == "done"
    await session.arefresh_from_db()
    assert session.user_id == user
    assert worker.account is not None
    assert (await worker.account.me()).user_id == user
    other, _ = await rig.session("bea", OTHER)
    with pytest.raises(Conflict, match="Another session uses this very login"):
        await call(login.import_login, actor=ACTOR, session=other, imported=read)
