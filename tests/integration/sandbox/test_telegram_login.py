import dataclasses

import pytest
from telethon import errors, functions
from telethon.crypto import AuthKey
from telethon.errors import AuthKeyNotFound
from telethon.sessions import MemorySession

from project.sandbox.telegram.users import Freeze

PHONE = "+4915700001"


async def ask(clients, **options):
    client = clients.client(**options)
    await client.connect()
    sent = await client.send_code_request(PHONE)
    return client, sent.phone_code_hash


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(world, clients):
    user = world.create_user(PHONE, "Ada")
    client, code_hash = await ask(clients)
    code = world.login_code(PHONE)
    wrong = "00000" if code != "00000" else "11111"

    with pytest.raises(errors.PhoneCodeInvalidError):
        await client.sign_in(PHONE, wrong, phone_code_hash=code_hash)
    me = await client.sign_in(PHONE, code, phone_code_hash=code_hash)

    assert (me.id, me.phone, me.first_name) == (user, PHONE[1:], "Ada")


async def test_codes_expire_and_can_be_sent_again(world, clients):
    world.create_user(PHONE, "Ada")
    client, code_hash = await ask(clients)
    first = world.login_code(PHONE)
    sent = await client(functions.auth.ResendCodeRequest(PHONE, code_hash))
    assert sent.phone_code_hash == code_hash
    assert type(sent.type).__name__ == "SentCodeTypeSms"
    if first != world.login_code(PHONE):
        with pytest.raises(errors.PhoneCodeInvalidError):
            await client.sign_in(PHONE, first, phone_code_hash=code_hash)

    world.expire_code(PHONE)
    with pytest.raises(errors.PhoneCodeExpiredError):
        await client.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=code_hash)


async def test_a_code_belongs_to_the_client_that_asked(world, clients):
    world.create_user(PHONE, "Ada")
    _, code_hash = await ask(clients)
    other = clients.client()
    await other.connect()

    with pytest.raises(errors.PhoneCodeExpiredError):
        await other.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=code_hash)


async def test_the_half_session_of_a_login_survives_a_reconnect(world, clients):
    world.create_user(PHONE, "Ada")
    client, code_hash = await ask(clients)
    session = client.session
    await client.disconnect()

    again = clients.client(session)
    await again.connect()
    assert await again.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=code_hash)


@pytest.mark.parametrize("typed", ["{}", "the code is {} thanks", "dashes"])
async def test_a_code_typed_into_a_chat_burns(world, clients, typed):
    user = world.create_user(PHONE, "Ada")
    group = world.create_channel("Chat", megagroup=True, members=[user])
    client, code_hash = await ask(clients)
    code = world.login_code(PHONE)
    world.post(group, "-".join(code) if typed == "dashes" else typed.format(code), author_id=user)

    with pytest.raises(errors.PhoneCodeExpiredError):
        await client.sign_in(PHONE, code, phone_code_hash=code_hash)


async def test_letters_between_the_digits_keep_a_code_alive(world, clients):
    user = world.create_user(PHONE, "Ada")
    client, code_hash = await ask(clients)
    code = world.login_code(PHONE)

    assert not world.typed(user, "a".join(code))
    assert await client.sign_in(PHONE, code, phone_code_hash=code_hash)


@pytest.mark.parametrize("digits", [5, 6, 7])
async def test_codes_have_as_many_digits_as_set(world, clients, digits):
    world.configure(dataclasses.replace(world.state.settings, code_digits=digits))
    world.create_user(PHONE, "Ada")
    client = clients.client()
    await client.connect()
    sent = await client.send_code_request(PHONE)

    assert (sent.type.length, len(world.login_code(PHONE))) == (digits, digits)


async def test_a_number_without_an_account_is_asked_to_sign_up(world, clients):
    client, code_hash = await ask(clients)
    with pytest.raises(errors.PhoneNumberUnoccupiedError):
        await client.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=code_hash)


async def test_two_step_verification(world, clients):
    user = world.create_user(PHONE, "Ada", "correct horse")
    client, code_hash = await ask(clients)
    with pytest.raises(errors.SessionPasswordNeededError):
        await client.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=code_hash)
    assert not await client.is_user_authorized()

    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="battery staple")
    me = await client.sign_in(password="correct horse")

    assert me.id == user
    assert await client.is_user_authorized()


async def test_too_many_wrong_passwords_flood(world, clients):
    world.configure(dataclasses.replace(world.state.settings, password_tries=1))
    world.create_user(PHONE, "Ada", "correct horse")
    client, code_hash = await ask(clients)
    with pytest.raises(errors.SessionPasswordNeededError):
        await client.sign_in(PHONE, world.login_code(PHONE), phone_code_hash=code_hash)
    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="no")
    with pytest.raises(errors.FloodWaitError):
        await client.sign_in(password="correct horse")


async def test_a_login_outlives_connections_and_ends_with_log_out(world, clients):
    user = world.create_user(PHONE, "Ada")
    client = await clients.user(PHONE)
    session = MemorySession()
    session.set_dc(2, clients.server.host, clients.server.port)
    session.auth_key = client.session.auth_key
    await client.disconnect()

    again = clients.client(session)
    await again.connect()
    assert (await again.get_me()).id == user
    await again(functions.auth.LogOutRequest())
    with pytest.raises(errors.AuthKeyUnregisteredError):
        await again(functions.updates.GetStateRequest())


async def test_revocation_reaches_a_connected_client(world, clients):
    user = world.create_user(PHONE, "Ada")
    client = await clients.user(PHONE)
    # Telethon reports a lost login only from connections that began logged in.
    session = client.session
    await client.disconnect()
    client = clients.client(session)
    await client.connect()
    await client.get_me()
    await client(functions.updates.GetStateRequest())
    world.revoke(user)

    with pytest.raises(errors.AuthKeyUnregisteredError):
        await client.run_until_disconnected()


async def test_revocation_by_another_name(world, clients):
    user = world.create_user(PHONE, "Ada")
    client = await clients.user(PHONE)
    world.revoke(user, error="SESSION_REVOKED")
    with pytest.raises(errors.SessionRevokedError):
        await client(functions.updates.GetStateRequest())


@pytest.mark.parametrize(
    ("banned", "error"), [(False, errors.UserDeactivatedError), (True, errors.UserDeactivatedBanError)]
)
async def test_a_deactivated_account_answers_nothing_else(world, clients, banned, error):
    user = world.create_user(PHONE, "Ada")
    client = await clients.user(PHONE)
    world.deactivate(user, banned=banned)

    with pytest.raises(error):
        await client(functions.updates.GetStateRequest())
    other = clients.client()
    await other.connect()
    with pytest.raises(errors.PhoneNumberBannedError):
        await other.send_code_request(PHONE)


async def test_a_frozen_account_looks_connected_but_may_not_write(world, clients):
    user = world.create_user(PHONE, "Ada")
    group = world.create_channel("Chat", megagroup=True, members=[user], username="chatroom")
    client = await clients.user(PHONE)
    world.freeze(user, Freeze(since=1, until=2, appeal_url="https://t.me/spambot"))

    config = await client(functions.help.GetAppConfigRequest(0))
    values = {item.key: item.value.value for item in config.config.value}
    assert values == {
        "freeze_since_date": 1.0,
        "freeze_until_date": 2.0,
        "freeze_appeal_url": "https://t.me/spambot",
    }
    with pytest.raises(errors.FrozenMethodInvalidError):
        await client.send_message("chatroom", "hello")
    assert world.messages(group) == []


async def test_bots_log_in_by_token_and_lack_what_users_have(world, clients):
    created = world.create_bot("Sender")
    bot = await clients.bot(created.token)
    me = await bot.get_me()

    assert (me.id, me.bot) == (created.user_id, True)
    for request in (
        functions.messages.GetDialogsRequest(None, 0, await bot.get_input_entity("me"), 10, 0),
        functions.messages.GetHistoryRequest(await bot.get_input_entity("me"), 0, None, 0, 10, 0, 0, 0),
        functions.messages.GetPeerDialogsRequest([]),
    ):
        with pytest.raises(errors.BotMethodInvalidError):
            await bot(request)
    with pytest.raises(errors.AccessTokenInvalidError):
        await clients.bot("1:wrong")


async def test_calls_before_a_login_are_refused_and_bad_numbers_too(clients):
    client = clients.client()
    await client.connect()
    with pytest.raises(errors.AuthKeyUnregisteredError):
        await client(functions.updates.GetStateRequest())
    with pytest.raises(errors.PhoneNumberInvalidError):
        await client.send_code_request("+1")
    with pytest.raises(errors.ApiIdInvalidError):
        await client(functions.auth.ImportBotAuthorizationRequest(0, 0, "", "1:x"))


async def test_a_server_that_does_not_know_the_key_says_so(world, clients):
    world.create_user(PHONE, "Ada")
    client = await clients.user(PHONE)
    session = client.session
    await client.disconnect()
    session.auth_key = AuthKey(bytes(range(256)))

    again = clients.client(session)
    with pytest.raises(AuthKeyNotFound):
        await again.connect()
