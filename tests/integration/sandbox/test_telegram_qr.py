"""Login by QR code, other ways that a code comes, and coming back without one: with stock Telethon clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from telethon import TelegramClient, errors, functions, types
from telethon.tl.custom.qrlogin import QRLogin

from project.core.errors import InvalidInput
from project.sandbox.telegram.clock import Clock
from project.sandbox.telegram.settings import OFF, OTHER_DC_ID, Delivery, Settings
from project.sandbox.telegram.world import TelegramWorld

from .conftest import Clients

PHONE = "+4915700011"


async def shown(clients: Clients) -> tuple[TelegramClient, QRLogin]:
    """A client without a login and the code on its screen."""
    client = clients.client(request_retries=1)
    await client.connect()
    return client, await client.qr_login()


async def waited(code: QRLogin, scan: Callable[[], object]) -> asyncio.Task[types.User]:
    """Waits for the login, as Telethon wants it: before the scan."""
    waiting = asyncio.create_task(code.wait(10))
    await asyncio.sleep(0)
    scan()
    return waiting


@pytest.mark.parametrize("dc", [2, OTHER_DC_ID])
async def test_a_phone_scans_and_the_client_is_in(world: TelegramWorld, clients: Clients, dc: int) -> None:
    user = world.create_user(PHONE, "Ada", dc=dc)
    client, code = await shown(clients)
    assert world.open_qr()[-1].rstrip("=") == code.url.rstrip("=")
    waiting = await waited(code, lambda: world.scan_qr(user, code.url))
    assert (await asyncio.wait_for(waiting, 10)).id == user
    assert ((await client.get_me()).phone, client.session.dc_id) == (PHONE[1:], dc)
    with pytest.raises(InvalidInput, match="AUTH_TOKEN_INVALIDX"):
        world.scan_qr(user, code.url)
    assert world.open_qr() == []


async def test_a_logged_in_client_accepts_and_the_password_is_asked(world: TelegramWorld, clients: Clients) -> None:
    user = world.create_user(PHONE, "Ada", "correct horse")
    phone = clients.client()
    await phone.connect()
    sent = await phone.send_code_request(PHONE)
    with pytest.raises(errors.SessionPasswordNeededError):
        await phone.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=sent.phone_code_hash)
    await phone.sign_in(password="correct horse")
    client, code = await shown(clients)
    waiting = asyncio.create_task(code.wait(10))
    await phone(functions.auth.AcceptLoginTokenRequest(code.token))
    with pytest.raises(errors.AuthTokenAlreadyAcceptedError):
        await phone(functions.auth.AcceptLoginTokenRequest(code.token))
    with pytest.raises(errors.SessionPasswordNeededError):
        await asyncio.wait_for(waiting, 10)
    assert (await client.sign_in(password="correct horse")).id == user


async def test_codes_expire_and_are_shown_anew(clients: Clients, world: TelegramWorld) -> None:
    user, ahead = world.create_user(PHONE, "Ada"), [0.0]
    real = world.state.clock
    world.state.clock = Clock(lambda: real.monotonic() + ahead[0], real.wall)
    _, code = await shown(clients)
    old = code.url
    ahead[0] = 31.0
    with pytest.raises(InvalidInput, match="AUTH_TOKEN_EXPIRED"):
        world.scan_qr(user, old)
    await code.recreate()
    assert code.url != old
    waiting = await waited(code, lambda: world.scan_qr(user, code.url))
    assert (await asyncio.wait_for(waiting, 10)).id == user

    excepted = clients.client()
    await excepted.connect()
    code = await excepted.qr_login(ignored_ids=[user])
    with pytest.raises(InvalidInput, match="AUTH_TOKEN_EXCEPTION"):
        world.scan_qr(user, code.url)


KINDS = {
    Delivery.SMS: "Sms",
    Delivery.CALL: "Call",
    Delivery.MISSED_CALL: "MissedCall",
    Delivery.FLASH_CALL: "FlashCall",
    Delivery.EMAIL: "EmailCode",
    Delivery.FRAGMENT: "FragmentSms",
    Delivery.WORD: "SmsWord",
    Delivery.PHRASE: "SmsPhrase",
    Delivery.SET_UP_EMAIL: "SetUpEmailRequired",
}


async def test_every_kind_of_delivery(world: TelegramWorld, clients: Clients) -> None:
    world.create_user(PHONE, "Ada")
    client = clients.client()
    await client.connect()
    request = functions.auth.SendCodeRequest(PHONE, client.api_id, client.api_hash, types.CodeSettings())
    for kind, name in KINDS.items():
        world.configure(Settings(limits=OFF, code_delivery=kind))
        sent = await client(request)
        assert type(sent.type).__name__ == f"SentCodeType{name}"
    world.configure(Settings(limits=OFF, code_delivery=Delivery.PAYMENT))
    assert isinstance(await client(request), types.auth.SentCodePaymentRequired)
    world.configure(Settings(limits=OFF, code_delivery=Delivery.PHRASE))
    sent = await client(request)
    assert await client.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=sent.phone_code_hash)


async def test_codes_are_sent_again_another_way_and_cancelled(world: TelegramWorld, clients: Clients) -> None:
    world.create_user(PHONE, "Ada")
    client = clients.client()
    await client.connect()
    sent = await client.send_code_request(PHONE)
    kinds = [type((await client(functions.auth.ResendCodeRequest(PHONE, sent.phone_code_hash))).type) for _ in "12"]
    assert kinds == [types.auth.SentCodeTypeSms, types.auth.SentCodeTypeCall]
    with pytest.raises(errors.SendCodeUnavailableError):
        await client(functions.auth.ResendCodeRequest(PHONE, sent.phone_code_hash))
    assert await client(functions.auth.CancelCodeRequest(PHONE, sent.phone_code_hash)) is True
    with pytest.raises(errors.PhoneCodeExpiredError):
        await client.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=sent.phone_code_hash)


async def test_a_token_of_the_log_out_lets_in_once_without_a_code(world: TelegramWorld, clients: Clients) -> None:
    user = world.create_user(PHONE, "Ada")
    client = await clients.user(PHONE)
    left = await client(functions.auth.LogOutRequest())
    settings = types.CodeSettings(logout_tokens=[left.future_auth_token])
    again = clients.client()
    await again.connect()
    request = functions.auth.SendCodeRequest(PHONE, again.api_id, again.api_hash, settings)
    entered = await again(request)
    assert isinstance(entered, types.auth.SentCodeSuccess)
    assert entered.authorization.user.id == user
    once_more = clients.client()
    await once_more.connect()
    assert isinstance(await once_more(request), types.auth.SentCode)
