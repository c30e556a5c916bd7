import asyncio
import time

import pytest
from telethon import errors, functions
from telethon.tl import types

from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.settings import REAL, Profile, Settings

SEND = "messages.sendMessage"


def message(pair, text, random_id=None):
    return functions.messages.SendMessageRequest(pair.at(pair.writer), text, random_id=random_id)


def texts(world, pair):
    return [m.text for m in world.messages(pair.channel)]


async def test_an_error_before_the_call(world, pair):
    world.faults.add(FaultRule(SEND, Phase.BEFORE, 420, "FLOOD_WAIT_7"))
    with pytest.raises(errors.FloodWaitError) as caught:
        await pair.writer(message(pair, "x"))
    assert caught.value.seconds == 7
    assert texts(world, pair) == []


async def test_an_error_after_the_call(world, pair):
    world.faults.add(FaultRule(SEND, Phase.AFTER, 400, "CHAT_ADMIN_REQUIRED"))
    with pytest.raises(errors.ChatAdminRequiredError):
        await pair.writer(message(pair, "x"))
    assert texts(world, pair) == ["x"]


async def test_an_answer_lost_after_the_call_is_repaired_by_the_random_id(world, pair):
    world.faults.add(FaultRule(SEND, Phase.DROP))
    with pytest.raises(errors.RandomIdDuplicateError):
        await pair.writer(message(pair, "x", 5))  # Telethon reconnects and sends it again
    assert texts(world, pair) == ["x"]


async def test_a_call_lost_on_the_way_happens_when_repeated(world, pair):
    world.faults.add(FaultRule(SEND, Phase.LOST))
    await pair.writer(message(pair, "x", 5))
    assert texts(world, pair) == ["x"]
    assert world.counters().calls[str(pair.writer_id)][SEND] == 2


async def test_a_fault_of_one_account_spares_the_others(world, pair):
    world.join(pair.channel, pair.reader_id, admin=True)
    world.faults.add(FaultRule("*", Phase.BEFORE, 400, "CHANNEL_PRIVATE", account=str(pair.writer_id)))
    await pair.reader.send_message(pair.at(pair.reader), "fine")
    with pytest.raises(errors.ChannelPrivateError):
        await pair.writer(message(pair, "x"))
    assert texts(world, pair) == ["fine"]


async def test_a_delay_holds_only_its_call(world, pair):
    world.faults.add(FaultRule(SEND, delay=0.3))
    started = time.monotonic()
    slow = asyncio.ensure_future(pair.writer(message(pair, "slow")))
    await asyncio.sleep(0)
    await pair.writer.get_me()
    assert not slow.done()
    await slow
    assert time.monotonic() - started >= 0.3
    assert texts(world, pair) == ["slow"]


async def test_unknown_methods_are_refused_and_counted(world, pair):
    with pytest.raises(errors.InputMethodInvalidError):
        await pair.writer(functions.stickers.CheckShortNameRequest("x"))
    assert world.counters().unknown_methods == {"stickers.checkShortName": 1}


async def test_the_real_profile_floods_per_chat_and_says_how_long(world, pair):
    world.configure(Settings(limits=REAL))
    for number in range(REAL.user_chat.burst):
        await pair.writer(message(pair, f"m{number}"))
    with pytest.raises(errors.FloodWaitError) as caught:
        await pair.writer(message(pair, "too many"))
    assert caught.value.seconds == 1
    assert len(texts(world, pair)) == REAL.user_chat.burst
    assert Profile("off").limits.user_chat is None


async def test_the_real_profile_floods_a_bot_sooner_and_imports_rarely(world, clients, pair):
    created = world.create_bot("Sender")
    world.join(pair.channel, created.user_id, admin=True)
    world.configure(Settings(limits=REAL))
    bot = await clients.bot(created.token)
    own = types.InputPeerChannel(pair.channel, 0)
    for number in range(REAL.bot_chat.burst):
        await bot(functions.messages.SendMessageRequest(own, f"m{number}"))
    with pytest.raises(errors.FloodWaitError):
        await bot(functions.messages.SendMessageRequest(own, "too many"))

    for _ in range(REAL.import_bot.burst - 1):
        await clients.bot(created.token)
    with pytest.raises(errors.FloodWaitError) as caught:
        await clients.bot(created.token)
    assert caught.value.seconds > 60


async def test_slow_mode_is_for_members_only(world, pair):
    group = world.create_channel("Slow", megagroup=True, members=[pair.reader_id], admins=[pair.writer_id], slowmode=30)
    for client in (pair.writer, pair.reader):
        await client.get_dialogs()
        await client.send_message(types.PeerChannel(group), "one")
    await pair.writer.send_message(types.PeerChannel(group), "two")
    with pytest.raises(errors.SlowModeWaitError) as caught:
        await pair.reader.send_message(types.PeerChannel(group), "two")
    assert 28 <= caught.value.seconds <= 30
