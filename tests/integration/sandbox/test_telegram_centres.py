"""Two data centres, as a stock Telethon client meets them."""

from __future__ import annotations

import dataclasses

import pytest
from telethon import TelegramClient, errors, functions, types
from telethon.errors import AuthKeyNotFound
from telethon.sessions import MemorySession

from project.core.errors import InvalidInput
from project.sandbox.telegram.messages import NewFile
from project.sandbox.telegram.settings import DC_ID, OTHER_DC_ID
from project.sandbox.telegram.world import TelegramWorld

from .conftest import Clients, Pair

PHONE = "+4915700009"
DATA = bytes(range(256)) * 400
FILE = NewFile("far.bin", "application/octet-stream", DATA, dc=OTHER_DC_ID)


def at_other(clients: Clients) -> TelegramClient:
    """A client without a login that begins in data centre 4."""
    session = MemorySession()
    session.set_dc(OTHER_DC_ID, *clients.server.addresses[OTHER_DC_ID])
    return clients.client(session)


async def far_file(pair: Pair, world: TelegramWorld) -> tuple[types.Document, types.InputDocumentFileLocation]:
    posted = world.post(pair.channel, "far", files=[FILE])
    message = await pair.reader.get_messages(pair.at(pair.reader), ids=posted)
    document = message.media.document
    place = types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")
    return document, place


async def test_both_are_in_the_configuration(clients: Clients) -> None:
    for client, dc in ((clients.client(), DC_ID), (at_other(clients), OTHER_DC_ID)):
        await client.connect()
        config = await client(functions.help.GetConfigRequest())
        assert config.this_dc == dc
        listed = {option.id: (option.ip_address, option.port) for option in config.dc_options}
        assert listed == clients.server.addresses
        assert (await client(functions.help.GetNearestDcRequest())).nearest_dc == DC_ID


async def test_a_phone_is_sent_to_where_its_account_lives(world: TelegramWorld, clients: Clients) -> None:
    user = world.create_user(PHONE, "Far Ada", dc=OTHER_DC_ID)
    client = await clients.user(PHONE, request_retries=1)
    assert client.session.dc_id == OTHER_DC_ID
    assert (await client.get_me()).id == user
    assert world.counters().errors[""]["PHONE_MIGRATE_4"] == 1


async def test_a_bot_is_sent_to_where_it_lives(world: TelegramWorld, clients: Clients) -> None:
    bot = world.create_bot("far", dc=OTHER_DC_ID)
    client = await clients.bot(bot.token, request_retries=1)
    assert client.session.dc_id == OTHER_DC_ID
    assert (await client.get_me()).id == bot.user_id


async def test_a_number_without_an_account_goes_to_the_nearest(world: TelegramWorld, clients: Clients) -> None:
    world.configure(dataclasses.replace(world.state.settings, nearest_dc=OTHER_DC_ID))
    client = clients.client(request_retries=1)
    await client.connect()
    await client.send_code_request(PHONE)
    assert client.session.dc_id == OTHER_DC_ID
    assert world.counters().errors[""]["NETWORK_MIGRATE_4"] == 1


async def test_a_key_is_unknown_in_the_other(world: TelegramWorld, clients: Clients, pair: Pair) -> None:
    session = MemorySession()
    session.set_dc(OTHER_DC_ID, *clients.server.addresses[OTHER_DC_ID])
    session.auth_key = pair.reader.session.auth_key
    with pytest.raises(AuthKeyNotFound):
        await clients.client(session, connection_retries=0).connect()


async def test_a_file_is_fetched_from_where_it_is(world: TelegramWorld, clients: Clients, pair: Pair) -> None:
    document, place = await far_file(pair, world)
    assert document.dc_id == OTHER_DC_ID
    with pytest.raises(errors.FileMigrateError) as refused:
        await pair.reader(functions.upload.GetFileRequest(place, offset=0, limit=4096))
    assert refused.value.new_dc == OTHER_DC_ID
    assert await pair.reader.download_media(document, bytes) == DATA  # with a login that Telethon carries there
    near = world.post(pair.channel, "near", files=[dataclasses.replace(FILE, dc=DC_ID)])
    message = await pair.reader.get_messages(pair.at(pair.reader), ids=near)
    assert await pair.reader.download_media(message, bytes) == DATA


async def test_without_a_login_the_other_gives_nothing(world: TelegramWorld, clients: Clients, pair: Pair) -> None:
    _, place = await far_file(pair, world)
    stranger = at_other(clients)
    await stranger.connect()
    with pytest.raises(errors.AuthKeyUnregisteredError):
        await stranger(functions.upload.GetFileRequest(place, offset=0, limit=4096))


async def test_a_login_is_carried_by_a_grant_that_is_good_once_and_there(
    world: TelegramWorld, clients: Clients, pair: Pair
) -> None:
    _, place = await far_file(pair, world)
    for nowhere in (DC_ID, 3):
        with pytest.raises(errors.DcIdInvalidError):
            await pair.reader(functions.auth.ExportAuthorizationRequest(nowhere))
    grant = await pair.reader(functions.auth.ExportAuthorizationRequest(OTHER_DC_ID))
    near, far, late = clients.client(), at_other(clients), at_other(clients)
    for client in (near, far, late):
        await client.connect()
    request = functions.auth.ImportAuthorizationRequest(grant.id, grant.bytes)
    with pytest.raises(errors.AuthBytesInvalidError):
        await near(request)
    assert (await far(request)).user.id == pair.reader_id
    with pytest.raises(errors.AuthBytesInvalidError):
        await late(request)
    part = await far(functions.upload.GetFileRequest(place, offset=0, limit=4096))
    assert part.bytes == DATA[:4096]


async def test_a_carried_login_may_do_nothing_but_fetch_files_and_hears_nothing(
    world: TelegramWorld, clients: Clients, pair: Pair
) -> None:
    grant = await pair.reader(functions.auth.ExportAuthorizationRequest(OTHER_DC_ID))
    far = at_other(clients)
    heard: list[object] = []
    far.add_event_handler(heard.append)
    await far.connect()
    await far(functions.auth.ImportAuthorizationRequest(grant.id, grant.bytes))
    ask = functions.users.GetUsersRequest([types.InputUserSelf()])
    with pytest.raises(errors.UserMigrateError) as refused:
        await far._sender.send(ask)
    assert refused.value.new_dc == DC_ID
    world.post(pair.channel, "only at home")
    await far._sender.send(functions.PingRequest(1))
    assert heard == []


async def test_exports_are_rare(clients: Clients, pair: Pair, world: TelegramWorld) -> None:
    limits = dataclasses.replace(world.state.settings, limits=type(world.state.settings)().limits)
    world.configure(limits)
    request = functions.auth.ExportAuthorizationRequest(OTHER_DC_ID)
    for _ in range(5):
        await pair.reader(request)
    with pytest.raises(errors.FloodWaitError):
        await pair.reader(request)


def test_there_are_two(world: TelegramWorld) -> None:
    with pytest.raises(InvalidInput, match="data centre 3"):
        world.create_user(PHONE, "Ada", dc=3)
