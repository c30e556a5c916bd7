"""Accounts and files in another data centre than the one that is asked first."""

from __future__ import annotations

import dataclasses

import pytest

from project.core.errors import AccountDead, Refused, Unreachable
from project.core.secret import Secret
from project.sandbox.faults import FaultRule
from project.sandbox.telegram.messages import NewFile
from project.sandbox.telegram.settings import OTHER_DC_ID
from project.telegram.login import SignUpRefused
from project.telegram.session import MemorySession

from .conftest import PHONE, Probe, Telegram, until, words

DATA = bytes(range(256)) * 4000


def home(probe: Probe) -> int:
    """The data centre of the kept state."""
    return MemorySession.restore(probe.account.snapshot()).dc_id


async def log_in(telegram: Telegram) -> Probe:
    probe = telegram.probe()
    await probe.account.connect()
    sent = await probe.account.send_code(PHONE)
    await probe.account.sign_in(PHONE, sent.phone_code_hash, Secret(telegram.world.login_code(PHONE)))
    probe.run()
    return probe


def calls(telegram: Telegram, name: str) -> int:
    return sum(counts.get(name, 0) for counts in telegram.world.counters().calls.values())


async def test_a_login_follows_its_phone_and_the_next_start_goes_there(telegram: Telegram) -> None:
    user = telegram.world.create_user(PHONE, "Far Anna", dc=OTHER_DC_ID)
    probe = await log_in(telegram)
    assert (await probe.account.me()).user_id == user
    assert home(probe) == OTHER_DC_ID
    state = probe.account.snapshot()
    await probe.close()
    before = calls(telegram, "auth.sendCode")

    again = telegram.probe(state)
    await again.account.connect()

    assert (await again.account.me()).user_id == user
    errors = telegram.world.counters().errors
    assert [name for counts in errors.values() for name in counts if "MIGRATE" in name] == ["PHONE_MIGRATE_4"]
    assert calls(telegram, "auth.sendCode") == before


async def test_an_unknown_number_is_followed_and_then_refused(telegram: Telegram) -> None:
    telegram.rules(nearest_dc=OTHER_DC_ID)
    probe = telegram.probe()
    await probe.account.connect()
    sent = await probe.account.send_code(PHONE)
    assert home(probe) == OTHER_DC_ID
    with pytest.raises(SignUpRefused):
        await probe.account.sign_in(PHONE, sent.phone_code_hash, Secret(telegram.world.login_code(PHONE)))


async def test_a_bot_is_imported_where_it_lives(telegram: Telegram) -> None:
    bot = telegram.world.create_bot("far", dc=OTHER_DC_ID)
    probe = telegram.probe(name="sender.1")
    await probe.account.connect()
    assert (await probe.account.import_bot(Secret(bot.token))).user_id == bot.user_id
    assert home(probe) == OTHER_DC_ID


@pytest.mark.parametrize("connected", [True, False], ids=["while connected", "while away"])
async def test_an_account_that_was_moved_is_followed_and_its_login_kept(telegram: Telegram, connected: bool) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    user = await telegram.id_of(probe)
    if not connected:
        await probe.account.disconnect()
    telegram.world.move_user(user, OTHER_DC_ID)
    if not connected:
        await probe.account.connect()
        probe.run()

    assert (await probe.account.me()).user_id == user

    assert home(probe) == OTHER_DC_ID
    posted = telegram.world.post(channel, "after the move")
    await until(lambda: posted in probe.posted)
    assert await probe.account.send_text(channel, words("hello"), random_id=1)


async def test_a_login_that_cannot_be_carried_is_no_death_and_is_tried_again(telegram: Telegram) -> None:
    probe = await telegram.user()
    user = await telegram.id_of(probe)
    telegram.world.move_user(user, OTHER_DC_ID)
    for code, error in ((303, "USER_MIGRATE_4"), (400, "DC_ID_INVALID")):
        telegram.world.faults.add(FaultRule("auth.exportAuthorization", code=code, error=error))
        with pytest.raises((Unreachable, Refused)):
            await probe.account.me()
        assert home(probe) != OTHER_DC_ID
    assert (await probe.account.me()).user_id == user
    assert home(probe) == OTHER_DC_ID


async def test_a_file_elsewhere_is_fetched_with_a_login_that_is_carried_once(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    file = NewFile("far.bin", "application/octet-stream", DATA, dc=OTHER_DC_ID)
    posts = [telegram.world.post(channel, "far", files=[file]) for _ in range(2)]
    for posted in posts:
        assert b"".join([part async for part in probe.account.download(channel, posted)]) == DATA
    state = probe.account.snapshot()
    await probe.close()

    again = telegram.probe(state)  # a fresh process keeps the key of the other data centre
    await again.account.connect()
    assert b"".join([part async for part in again.account.download(channel, posts[0])]) == DATA
    assert calls(telegram, "auth.exportAuthorization") == 1
    assert home(again) != OTHER_DC_ID


async def test_a_file_that_was_moved_meanwhile_is_followed(telegram: Telegram) -> None:
    """The message names one data centre, which then names another: FILE_MIGRATE_X."""
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    posted = telegram.world.post(channel, "moving", files=[NewFile("m.bin", "application/octet-stream", DATA)])
    got = b""
    async for part in probe.account.download(channel, posted):
        got += part
        if len(got) < len(DATA):
            known = telegram.world.state.files._known
            known.update({id_: dataclasses.replace(file, dc=OTHER_DC_ID) for id_, file in known.items()})
    assert got == DATA


async def test_a_dead_account_is_not_moved(telegram: Telegram) -> None:
    probe = await telegram.user()
    user = await telegram.id_of(probe)
    telegram.world.move_user(user, OTHER_DC_ID)
    telegram.world.deactivate(user)
    with pytest.raises(AccountDead):
        await probe.account.me()
    assert home(probe) != OTHER_DC_ID
