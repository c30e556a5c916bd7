"""Logging in: code, password, wrong ones, bots; and going on from a snapshot."""

from __future__ import annotations

import asyncio
import sys

import pytest

from project.core.errors import AccountDead, InvalidInput, Refused
from project.core.secret import Secret
from project.telegram.login import CodeExpired, CodeInvalid, PasswordInvalid, PasswordNeeded, SignUpRefused

from .conftest import PHONE, Telegram, until


async def test_a_code_logs_in(telegram: Telegram) -> None:
    user_id = telegram.world.create_user(PHONE, "Anna Reader")
    probe = telegram.probe()
    await probe.account.connect()
    sent = await probe.account.send_code(PHONE)
    assert (sent.kind, sent.length) == ("app", 5)
    assert not probe.account.signed_in

    info = await probe.account.sign_in(PHONE, sent.phone_code_hash, Secret(telegram.world.login_code(PHONE)))

    assert (info.user_id, info.name, info.phone, info.is_bot) == (user_id, "Anna Reader", PHONE.lstrip("+"), False)
    assert await probe.account.me() == info
    assert probe.saves > 0


async def test_a_password_is_asked_for_and_checked(telegram: Telegram) -> None:
    telegram.world.create_user(PHONE, "Anna", password="correct horse")
    probe = telegram.probe()
    await probe.account.connect()
    sent = await probe.account.send_code(PHONE)
    with pytest.raises(PasswordNeeded):
        await probe.account.sign_in(PHONE, sent.phone_code_hash, Secret(telegram.world.login_code(PHONE)))
    with pytest.raises(PasswordInvalid):
        await probe.account.check_password(Secret("wrong"))

    info = await probe.account.check_password(Secret("correct horse"))

    assert (await probe.account.me()).user_id == info.user_id


async def test_a_half_done_login_goes_on_elsewhere(telegram: Telegram) -> None:
    telegram.world.create_user(PHONE, "Anna")
    first = telegram.probe()
    await first.account.connect()
    sent = await first.account.send_code(PHONE)
    state = first.account.snapshot()
    await first.account.disconnect()

    second = telegram.probe(state)
    await second.account.connect()
    info = await second.account.sign_in(PHONE, sent.phone_code_hash, Secret(telegram.world.login_code(PHONE)))

    assert info.name == "Anna"


async def test_wrong_and_expired_codes_are_told_apart(telegram: Telegram) -> None:
    telegram.world.create_user(PHONE, "Anna")
    probe = telegram.probe()
    await probe.account.connect()
    sent = await probe.account.send_code(PHONE)
    code = telegram.world.login_code(PHONE)
    wrong = "1" * len(code) if code != "1" * len(code) else "2" * len(code)
    with pytest.raises(CodeInvalid):
        await probe.account.sign_in(PHONE, sent.phone_code_hash, Secret(wrong))
    telegram.world.expire_code(PHONE)
    with pytest.raises(CodeExpired):
        await probe.account.sign_in(PHONE, sent.phone_code_hash, Secret(code))


async def test_no_account_is_ever_created(telegram: Telegram) -> None:
    probe = telegram.probe()
    await probe.account.connect()
    sent = await probe.account.send_code("+4915199999999")
    code = Secret(telegram.world.login_code("+4915199999999"))
    with pytest.raises(SignUpRefused):
        await probe.account.sign_in("+4915199999999", sent.phone_code_hash, code)


async def test_a_bad_phone_number_is_the_persons_mistake(telegram: Telegram) -> None:
    probe = telegram.probe()
    await probe.account.connect()
    with pytest.raises(InvalidInput):
        await probe.account.send_code("12")


async def test_before_the_login_nothing_is_dead(telegram: Telegram) -> None:
    probe = telegram.probe()
    await probe.account.connect()
    with pytest.raises(Refused):
        await probe.account.me()


async def test_a_bot_is_imported_once(telegram: Telegram) -> None:
    created = telegram.world.create_bot("Relay bot")
    first = telegram.probe(name="sender.1")
    await first.account.connect()
    info = await first.account.import_bot(Secret(created.token))
    assert (info.user_id, info.is_bot) == (created.user_id, True)
    state = first.account.snapshot()
    await first.account.disconnect()

    second = telegram.probe(state, name="sender.1")
    await second.account.connect()
    assert await second.account.import_bot(Secret(created.token)) == info

    calls = telegram.world.counters().calls
    assert sum(by.get("auth.importBotAuthorization", 0) for by in calls.values()) == 1


@pytest.mark.parametrize("token", ["nonsense", "777:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
async def test_a_wrong_bot_token_is_the_persons_mistake(telegram: Telegram, token: str) -> None:
    probe = telegram.probe()
    await probe.account.connect()
    with pytest.raises(InvalidInput):
        await probe.account.import_bot(Secret(token))


async def test_logging_out_ends_the_key_and_the_run(telegram: Telegram) -> None:
    probe = await telegram.user()
    before = probe.account.snapshot()
    assert probe.running is not None

    await probe.account.log_out()

    await asyncio.wait_for(probe.running, 5)
    assert not probe.account.signed_in
    again = telegram.probe(before)
    with pytest.raises(AccountDead):
        await again.account.connect()


_ELSEWHERE = """
import sys, uvloop
from tests.integration.telegram.conftest import Probe, until
from project.telegram.account import Endpoint

async def main():
    host, port, pem, state, chat = sys.stdin.read().split("|")
    probe = Probe(Endpoint(2, host, int(port), pem), bytes.fromhex(state))
    await probe.account.connect()
    probe.run()
    print("up", flush=True)
    info = await probe.account.me()
    found = [m.message_id async for m in probe.account.history(int(chat), 0)]
    await probe.close()
    print(info.name, len(found))

uvloop.run(main())
"""


async def test_a_snapshot_goes_on_in_a_fresh_process(telegram: Telegram) -> None:
    """On uvloop, as in production."""
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    telegram.world.post(channel, "kept")
    await until(lambda: probe.posted)
    state = probe.account.snapshot()
    await probe.account.disconnect()
    at = telegram.endpoint
    line = f"{at.host}|{at.port}|{at.public_key_pem}|{state.hex()}|{channel}"

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ELSEWHERE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={"DJANGO_SETTINGS_MODULE": "project.settings", "PYTHONPATH": "."},
    )  # fmt: skip
    out, _ = await asyncio.wait_for(child.communicate(line.encode()), 30)

    assert out.decode().split("\n")[1] == "Anna Reader 1"
    assert telegram.world.counters().calls[str(await _user_id(telegram))].get("auth.signIn", 0) <= 1


async def _user_id(telegram: Telegram) -> int:
    return telegram.world.accounts()[0].id
