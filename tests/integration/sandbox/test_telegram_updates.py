import asyncio

import pytest
from telethon import errors, events, functions, types

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.state import Cut
from project.sandbox.telegram.swallow import PushKind, SwallowRule

from .conftest import collect, eventually


async def watched(client):
    heard = []
    for kind in (events.NewMessage, events.MessageEdited, events.MessageDeleted):
        client.add_event_handler(collect(heard), kind)
    await client(functions.updates.GetStateRequest())
    return heard


async def test_posts_edits_and_deletes_arrive_in_order(world, pair):
    heard = await watched(pair.reader)
    first = world.post(pair.channel, "one")
    world.edit(pair.channel, first, "two")
    world.delete(pair.channel, [first])
    await eventually(lambda: len(heard) == 3)

    assert [type(event).__qualname__.partition(".")[0] for event in heard] == [
        "NewMessage",
        "MessageEdited",
        "MessageDeleted",
    ]
    assert (heard[1].raw_text, heard[2].deleted_ids) == ("two", [first])


async def test_only_members_hear_and_not_the_connection_that_posted(world, clients, pair):
    stranger_id = world.create_user("+100009", "Sam")
    stranger = await clients.user("+100009")
    deaf, own, reading = await watched(stranger), await watched(pair.writer), await watched(pair.reader)
    await pair.writer.send_message(pair.at(pair.writer), "hello")
    await eventually(lambda: reading)
    world.join(pair.channel, stranger_id)
    world.post(pair.channel, "second")
    await eventually(lambda: len(reading) == 2 and deaf and own)

    assert [event.raw_text for event in deaf] == ["second"]
    assert [event.raw_text for event in own] == ["second"]


async def test_a_second_login_of_the_author_hears_it_as_outgoing(world, clients, pair):
    other = await clients.user("+100001")
    heard = await watched(other)
    await pair.writer.send_message(pair.at(pair.writer), "hello")
    await eventually(lambda: heard)
    assert heard[0].out


async def test_what_was_missed_is_in_the_difference(world, pair):
    first = world.post(pair.channel, "one")
    second = world.post(pair.channel, "two")
    world.edit(pair.channel, first, "ONE")
    world.delete(pair.channel, [second])
    difference = await pair.reader(
        functions.updates.GetChannelDifferenceRequest(pair.at(pair.reader), types.ChannelMessagesFilterEmpty(), 1, 100)
    )
    assert difference.pts == 5
    assert [message.message for message in difference.new_messages] == ["ONE"]
    assert [type(update).__name__ for update in difference.other_updates] == [
        "UpdateEditChannelMessage",
        "UpdateDeleteChannelMessages",
    ]


@pytest.mark.parametrize(("missed", "kind"), [(100, "ChannelDifference"), (101, "ChannelDifferenceTooLong")])
async def test_more_than_a_hundred_steps_are_too_long(world, pair, missed, kind):
    for number in range(missed):
        world.post(pair.channel, f"m{number}")
    request = functions.updates.GetChannelDifferenceRequest(
        pair.at(pair.reader), types.ChannelMessagesFilterEmpty(), 1, 1000
    )
    assert type(await pair.reader(request)).__name__ == kind


async def test_bad_places_to_start_from(pair):
    for pts, error in ((0, errors.PersistentTimestampEmptyError), (99, errors.PersistentTimestampInvalidError)):
        request = functions.updates.GetChannelDifferenceRequest(
            pair.at(pair.reader), types.ChannelMessagesFilterEmpty(), pts, 100
        )
        with pytest.raises(error):
            await pair.reader(request)


async def test_a_client_catches_up_after_a_reconnect(world, clients):
    reader_id = world.create_user("+100002", "Rita")
    channel = world.create_channel("News", members=[reader_id])
    reader = await clients.user("+100002", connection_retries=5)
    await reader.get_dialogs()
    heard = await watched(reader)
    world.post(channel, "live")
    await eventually(lambda: heard)

    world.cut(reader_id)
    world.post(channel, "missed")
    await eventually(lambda: reader.is_connected() and clients.server.connections)
    await reader.get_me()
    await reader.catch_up()
    await eventually(lambda: len(heard) == 2)
    assert heard[1].raw_text == "missed"


async def test_a_half_open_connection_is_silent(world, pair):
    heard = await watched(pair.reader)
    world.cut(pair.reader_id, Cut.HALF_OPEN)
    world.post(pair.channel, "lost on the way")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pair.reader.get_me(), 0.2)
    assert heard == []
    assert pair.reader.is_connected()


async def test_a_banned_member_is_told(world, pair):
    seen = []
    pair.reader.add_event_handler(collect(seen), events.Raw(types.UpdateChannel))
    await pair.reader(functions.updates.GetStateRequest())
    world.ban(pair.channel, pair.reader_id)
    await eventually(lambda: seen)
    assert seen[0].channel_id == pair.channel


async def test_a_client_that_wants_no_updates_gets_none(world, clients):
    reader_id = world.create_user("+100002", "Rita")
    channel = world.create_channel("News", members=[reader_id])
    reader = await clients.user("+100002", receive_updates=False)
    seen = []
    reader.add_event_handler(collect(seen), events.Raw)
    loud = await clients.user("+100002")
    heard = await watched(loud)
    world.post(channel, "x")
    await eventually(lambda: heard)
    await reader.get_me()
    assert seen == []


async def test_a_plain_text_is_serialised_once_for_all(world, server, clients, monkeypatch):
    members = [world.create_user(f"+20{n:04}", f"u{n}") for n in range(6)]
    channel = world.create_channel("News", members=members)
    heard = [await watched(await clients.user(f"+20{n:04}")) for n in range(6)]
    drawn = []
    original = type(server._pusher._render).message

    def counted(self, viewer: int, chat: Channel, message):
        drawn.append(viewer)
        return original(self, viewer, chat, message)

    monkeypatch.setattr(type(server._pusher._render), "message", counted)
    world.post(channel, "hello")
    await eventually(lambda: all(heard))
    assert len(drawn) == 1


async def test_bots_hear_as_administrators_and_not_other_bots(world, clients):
    one, two = world.create_bot("One"), world.create_bot("Two")
    person = world.create_user("+100001", "Wanda")
    group = world.create_channel("Group", megagroup=True, members=[person], admins=[one.user_id, two.user_id])
    plain = world.create_channel("Quiet", megagroup=True, members=[person, one.user_id])
    bot = await clients.bot(one.token)
    heard = await watched(bot)
    world.post(plain, "not for bots", author_id=person)
    world.post(group, "from a bot", author_id=two.user_id)
    world.post(group, "from a person", author_id=person)
    await eventually(lambda: heard)
    assert [event.raw_text for event in heard] == ["from a person"]


async def test_a_swallowed_push_is_never_sent_but_the_change_counts(world, pair):
    heard = await watched(pair.reader)
    before = world.channel(pair.channel).pts
    world.swallow(SwallowRule(1.0, kinds=(PushKind.POSTED,), account=pair.reader_id))
    lost = world.post(pair.channel, "lost")
    world.edit(pair.channel, lost, "edited")
    await eventually(lambda: heard)

    assert [type(event).__qualname__.partition(".")[0] for event in heard] == ["NewMessage"], "found by the gap"
    assert world.counters().calls[str(pair.reader_id)]["updates.getChannelDifference"] == 1
    assert world.swallowed() == {PushKind.POSTED: 1}
    assert world.channel(pair.channel).pts == before + 2
    at = pair.at(pair.reader)
    dialogs = await pair.reader(functions.messages.GetPeerDialogsRequest([types.InputDialogPeer(at)]))
    assert dialogs.dialogs[0].pts == before + 2
    missed = await pair.reader(
        functions.updates.GetChannelDifferenceRequest(at, types.ChannelMessagesFilterEmpty(), before, 100)
    )
    assert [message.message for message in missed.new_messages] == ["edited"]

    world.swallow(None)
    world.post(pair.channel, "heard")
    await eventually(lambda: len(heard) == 2)


async def test_in_a_basic_group_one_account_misses_what_another_hears(world, clients):
    wanda, rita = world.create_user("+100011", "Wanda"), world.create_user("+100012", "Rita")
    group = world.groups.create("Group", wanda, [rita])
    heard = await watched(await clients.user("+100011")), await watched(await clients.user("+100012"))
    world.swallow(SwallowRule(1.0, account=rita))
    world.groups.post(group, wanda, "hello")
    await eventually(lambda: heard[0])
    world.swallow(None)
    world.groups.post(group, wanda, "again")
    await eventually(lambda: len(heard[0]) == 2 and heard[1])
    assert world.swallowed() == {PushKind.POSTED: 1}


async def test_a_lost_word_of_a_membership(world, pair):
    heard = []
    pair.reader.add_event_handler(collect(heard), events.Raw(types.UpdateChannel))
    await pair.reader(functions.updates.GetStateRequest())
    world.swallow(SwallowRule(1.0, kinds=(PushKind.MEMBERSHIP,)))
    world.ban(pair.channel, pair.reader_id)
    world.swallow(None)
    world.join(pair.channel, pair.reader_id)
    await eventually(lambda: heard)
    assert (len(heard), world.swallowed()) == (1, {PushKind.MEMBERSHIP: 1})


async def test_a_guest_of_a_public_channel_reads_everything_and_is_told_nothing(world, clients):
    world.create_user("+100009", "Sam")
    channel = world.create_channel("Public", username="public_news")
    guest = await clients.user("+100009")
    heard = await watched(guest)
    at = await guest.get_input_entity("public_news")
    posted = world.post(channel, "one")
    dialogs = await guest(functions.messages.GetPeerDialogsRequest([types.InputDialogPeer(at)]))
    missed = await guest(functions.updates.GetChannelDifferenceRequest(at, types.ChannelMessagesFilterEmpty(), 1, 100))
    assert (dialogs.dialogs[0].top_message, dialogs.dialogs[0].pts, dialogs.chats[0].left) == (posted, 2, True)
    assert [message.message for message in missed.new_messages] == ["one"]
    assert [message.message async for message in guest.iter_messages(at, limit=1)] == ["one"]
    assert heard == []

    await guest(functions.channels.JoinChannelRequest(at))
    world.post(channel, "two")
    await eventually(lambda: heard)
    assert [event.raw_text for event in heard] == ["two"]
