import dataclasses

import pytest
from telethon import errors, functions
from telethon.sessions import MemorySession

from project.sandbox.telegram.state import Cut

STATE = functions.updates.GetStateRequest


def copy(client):
    session = MemorySession()
    session.set_dc(2, client.session.server_address, client.session.port)
    session.auth_key = client.session.auth_key
    return session


async def test_two_owners_of_one_key_kill_it_for_good(world, clients, pair):
    twin = clients.client(copy(pair.reader))
    await twin.connect()
    with pytest.raises(errors.AuthKeyDuplicatedError):
        await pair.reader(STATE())
    with pytest.raises(errors.AuthKeyDuplicatedError):
        await twin(STATE())
    await twin.disconnect()
    await pair.reader.disconnect()

    late = clients.client(copy(pair.reader))
    with pytest.raises(errors.AuthKeyDuplicatedError):
        await late.connect()
    assert world.counters().concurrent_owners == 2
    assert await pair.writer.get_me(), "other keys live on"


async def test_one_owner_after_another_is_fine(world, clients, pair):
    await pair.reader(STATE())
    session = copy(pair.reader)
    await pair.reader.disconnect()
    later = clients.client(session)
    await later.connect()

    assert (await later.get_me()).id == pair.reader_id
    assert world.counters().concurrent_owners == 1


async def test_a_silent_half_open_connection_is_no_owner(world, clients, pair):
    world.cut(pair.reader_id, Cut.HALF_OPEN)
    later = clients.client(copy(pair.reader))
    await later.connect()

    assert (await later.get_me()).id == pair.reader_id
    assert world.counters().concurrent_owners == 1


async def test_a_connection_that_fell_silent_kills_the_key_when_it_wakes(world, clients, pair):
    later = clients.client(copy(pair.reader))
    await later.connect()
    assert (await later.get_me()).id == pair.reader_id
    assert world.counters().concurrent_owners == 1
    with pytest.raises(errors.AuthKeyDuplicatedError):
        await pair.reader.get_me()
    assert world.counters().concurrent_owners == 2


@pytest.mark.parametrize(("window", "dies"), [(10.0, True), (0.0, False)])
async def test_a_key_may_not_change_its_address_at_once(world, clients, pair, window, dies):
    world.configure(dataclasses.replace(world.state.settings, address_change=window))
    session = copy(pair.reader)
    await pair.reader.disconnect()
    elsewhere = clients.client(session, local_addr=("127.0.1.7", 0))
    if dies:
        with pytest.raises(errors.AuthKeyDuplicatedError):
            await elsewhere.connect()
    else:
        await elsewhere.connect()
        assert (await elsewhere.get_me()).id == pair.reader_id
    assert world.counters().concurrent_owners == 1
