import dataclasses

import pytest
from telethon import errors, functions, types

from project.sandbox.telegram.messages import Entity
from project.sandbox.telegram.settings import DuplicateAnswer


async def send(pair, text, *, client=None, **fields):
    client = client or pair.writer
    request = functions.messages.SendMessageRequest(pair.at(client), text, **fields)
    return client._get_response_message(request, await client(request), pair.at(client))


async def test_entities_replies_and_edits_arrive_as_sent(world, pair):
    first = await pair.writer.send_message(pair.at(pair.writer), "a 𝔘 **bold** [site](https://example.org/)")
    second = await pair.writer.send_message(pair.at(pair.writer), "answer", reply_to=first.id)
    await pair.writer.edit_message(pair.at(pair.writer), first.id, "a 𝔘 __other__")
    read = {m.id: m for m in await pair.reader.get_messages(pair.at(pair.reader), limit=10)}

    assert read[first.id].message == "a 𝔘 other"
    assert [type(e).__name__ for e in read[first.id].entities] == ["MessageEntityItalic"]
    assert read[first.id].edit_date is not None
    assert read[second.id].reply_to.reply_to_msg_id == first.id
    stored = world.messages(pair.channel)[0]
    assert [edit.text for edit in stored.edits] == ["a 𝔘 other"]
    assert stored.edits[0].at >= stored.arrived_at


async def test_the_verbs_show_what_a_client_sent_with_utf16_offsets(world, pair):
    await pair.writer.send_message(pair.at(pair.writer), "a 𝔘 **bold** [site](https://example.org/)")
    assert world.messages(pair.channel)[0].entities == (
        Entity("bold", 5, 4),
        Entity("text_url", 10, 4, "https://example.org/"),
    )


async def test_the_server_trims_and_finds_links(world, pair):
    request = functions.messages.SendMessageRequest(
        pair.at(pair.writer),
        "  see https://example.org/x, @somebody  ",
        entities=[types.MessageEntityBold(0, 5)],
    )
    await pair.writer(request)
    message = world.messages(pair.channel)[0]

    assert message.text == "see https://example.org/x, @somebody"
    assert message.entities == (Entity("bold", 0, 3), Entity("url", 4, 21), Entity("mention", 27, 9))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", errors.MessageEmptyError),
        ("   \n", errors.MessageEmptyError),
        ("x" * 4097, errors.MessageTooLongError),
        ("𝔘" * 2049, errors.MessageTooLongError),
    ],
)
async def test_texts_that_telegram_refuses(world, pair, text, error):
    with pytest.raises(error):
        await send(pair, text)
    assert world.messages(pair.channel) == []


async def test_the_longest_text_fits(world, pair):
    await send(pair, "𝔘" * 2048)
    assert len(world.messages(pair.channel)[0].text) == 2048


async def test_entities_outside_of_the_text_are_refused(pair):
    with pytest.raises(errors.EntityBoundsInvalidError):
        await send(pair, "abc", entities=[types.MessageEntityBold(1, 3)])


async def test_only_administrators_post_in_a_channel(world, pair):
    with pytest.raises(errors.ChatAdminRequiredError):
        await pair.reader.send_message(pair.at(pair.reader), "may I?")


async def test_a_reply_to_nothing_is_refused(pair):
    with pytest.raises(errors.BadRequestError, match="REPLY_MESSAGE_ID_INVALID"):
        await pair.writer.send_message(pair.at(pair.writer), "x", reply_to=77)


async def test_edits_that_telegram_refuses(world, pair):
    first = await send(pair, "text")
    own = pair.at(pair.writer)
    with pytest.raises(errors.MessageNotModifiedError):
        await pair.writer.edit_message(own, first.id, "text")
    with pytest.raises(errors.MessageIdInvalidError):
        await pair.writer.edit_message(own, 99, "text")
    group = world.create_channel("Group", megagroup=True, members=[pair.writer_id, pair.reader_id])
    theirs = world.post(group, "mine", author_id=pair.reader_id)
    await pair.writer.get_dialogs()
    with pytest.raises(errors.MessageAuthorRequiredError):
        await pair.writer.edit_message(types.PeerChannel(group), theirs, "yours")


async def test_deleting_needs_the_right_and_leaves_a_trace(world, pair):
    first, second = await send(pair, "one"), await send(pair, "two")
    with pytest.raises(errors.MessageDeleteForbiddenError):
        await pair.reader.delete_messages(pair.at(pair.reader), [first.id])
    (result,) = await pair.writer.delete_messages(pair.at(pair.writer), [first.id, 99])

    assert result.pts_count == 1
    read = await pair.reader.get_messages(pair.at(pair.reader), ids=[first.id, second.id])
    assert read[0] is None
    assert read[1].message == "two"
    assert [(m.text, m.deleted) for m in world.messages(pair.channel)] == [("one", True), ("two", False)]
    with pytest.raises(errors.MessageIdInvalidError):
        await pair.writer.edit_message(pair.at(pair.writer), first.id, "again")


async def test_a_repeated_random_id_is_an_error(world, pair):
    await send(pair, "once", random_id=4711)
    client = pair.writer
    request = functions.messages.SendMessageRequest(pair.at(client), "once", random_id=4711)
    with pytest.raises(errors.RandomIdDuplicateError):
        await client(request)
    assert [m.random_id for m in world.messages(pair.channel)] == [4711]
    assert world.counters().errors[str(pair.writer_id)] == {"RANDOM_ID_DUPLICATE": 1}


async def test_a_repeated_random_id_may_give_the_original(world, pair):
    world.configure(dataclasses.replace(world.state.settings, duplicate_answer=DuplicateAnswer.ORIGINAL))
    first = await send(pair, "once", random_id=4711)
    await send(pair, "between")
    request = functions.messages.SendMessageRequest(pair.at(pair.writer), "once", random_id=4711)
    result = await pair.writer(request)

    assert [u.id for u in result.updates if isinstance(u, types.UpdateMessageID)] == [first.id]
    assert result.updates[1].pts_count == 0
    assert len(world.messages(pair.channel)) == 2


async def test_a_random_id_belongs_to_one_account(world, pair):
    world.join(pair.channel, pair.reader_id, admin=True)
    await send(pair, "mine", random_id=4711)
    await send(pair, "mine too", client=pair.reader, random_id=4711)
    assert [m.author_id for m in world.messages(pair.channel)] == [pair.writer_id, pair.reader_id]


async def test_history_windows(world, pair):
    for number in range(2, 252):  # message 1 says that the channel was created
        world.post(pair.channel, f"m{number}")
    world.delete(pair.channel, [100, 101])
    reader, at = pair.reader, pair.at(pair.reader)

    backwards = [m.id async for m in reader.iter_messages(at, min_id=200)]
    forwards = [m.id async for m in reader.iter_messages(at, min_id=90, reverse=True)]
    newest = [m.id for m in await reader.get_messages(at, limit=3)]
    older = await reader(functions.messages.GetHistoryRequest(at, 102, None, -1, 3, 0, 0, 0))
    between = await reader(functions.messages.GetHistoryRequest(at, 0, None, 0, 100, 240, 235, 0))

    assert backwards == list(range(251, 200, -1))
    assert forwards == [n for n in range(91, 252) if n not in (100, 101)]
    assert newest == [251, 250, 249]
    assert [m.id for m in older.messages] == [102, 99, 98]
    assert [m.id for m in between.messages] == [239, 238, 237, 236]
    assert (older.count, older.pts) == (249, 1 + 250 + 2)
    too_far = await reader(functions.messages.GetHistoryRequest(at, 0, None, 0, 10, 0, 245, 0))
    assert [m.id for m in too_far.messages] == [251, 250, 249, 248, 247, 246]


async def test_bots_read_by_id_without_a_hash(world, clients, pair):
    created = world.create_bot("Sender")
    world.join(pair.channel, created.user_id, admin=True)
    bot = await clients.bot(created.token)
    unhashed = types.InputChannel(pair.channel, 0)
    (chat,) = (await bot(functions.channels.GetChannelsRequest([unhashed]))).chats
    sent = await bot.send_message(chat, "from a bot")
    got = await bot(functions.channels.GetMessagesRequest(unhashed, [types.InputMessageID(sent.id)]))

    assert got.messages[0].message == "from a bot"
    assert world.messages(pair.channel)[0].author_id == created.user_id
    world.leave(pair.channel, created.user_id)
    with pytest.raises(errors.ChannelPrivateError):
        await bot(functions.channels.GetMessagesRequest(unhashed, [types.InputMessageID(sent.id)]))


async def test_a_group_shows_its_authors(world, pair):
    group = world.create_channel("Group", megagroup=True, members=[pair.writer_id, pair.reader_id])
    await pair.writer.get_dialogs()
    await pair.reader.get_dialogs()
    await pair.writer.send_message(types.PeerChannel(group), "hi")
    world.post(group, "anonymous")
    anonymous, named = await pair.reader.get_messages(types.PeerChannel(group), limit=2)

    assert named.sender.first_name == "Wanda"
    assert named.out is False
    assert anonymous.from_id == types.PeerChannel(group)
