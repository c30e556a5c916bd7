import pytest
from telethon import errors, functions, types


async def resolved(client, name):
    return (await client(functions.contacts.ResolveUsernameRequest(name))).chats[0]


async def test_another_accounts_hash_is_worth_nothing(world, pair):
    theirs = pair.at(pair.reader)
    assert theirs.access_hash != pair.at(pair.writer).access_hash
    for request in (
        functions.messages.GetHistoryRequest(theirs, 0, None, 0, 10, 0, 0, 0),
        functions.channels.GetChannelsRequest([types.InputChannel(pair.channel, theirs.access_hash)]),
        functions.channels.GetChannelsRequest([types.InputChannel(pair.channel, 0)]),
        functions.messages.SendMessageRequest(types.InputPeerChannel(99, 1), "x"),
    ):
        with pytest.raises(errors.ChannelInvalidError):
            await pair.writer(request)


async def test_a_private_channel_is_closed_to_those_who_left_or_were_banned(world, pair):
    world.post(pair.channel, "hello")
    for exclude in (world.leave, world.ban):
        world.join(pair.channel, pair.reader_id)
        assert len(await pair.reader.get_messages(pair.at(pair.reader), limit=1)) == 1
        exclude(pair.channel, pair.reader_id)
        with pytest.raises(errors.ChannelPrivateError):
            await pair.reader.get_messages(pair.at(pair.reader), limit=1)


async def test_a_public_channel_is_read_and_joined_by_anybody_but_the_banned(world, pair):
    news = world.create_channel("News", username="newsroom")
    world.post(news, "hello")
    chat = await resolved(pair.reader, "NewsRoom")
    assert chat.left
    assert (await pair.reader.get_messages(chat, limit=1))[0].message == "hello"
    joined = await pair.reader(functions.channels.JoinChannelRequest(chat))
    assert not joined.chats[0].left
    assert pair.reader_id in world.channel(news).members

    world.ban(news, pair.reader_id)
    with pytest.raises(errors.ChannelPrivateError):
        await pair.reader(functions.channels.JoinChannelRequest(chat))


async def test_names_that_lead_nowhere(pair):
    with pytest.raises(errors.UsernameNotOccupiedError):
        await resolved(pair.reader, "nobody_here")
    with pytest.raises(errors.UsernameInvalidError):
        await resolved(pair.reader, "1x")


async def test_an_invite_opens_a_private_channel(world, pair):
    secret = world.create_channel("Secret")
    code = world.invite_link(secret).rpartition("+")[2]
    seen = await pair.reader(functions.messages.CheckChatInviteRequest(code))
    assert seen.title == "Secret"
    await pair.reader(functions.messages.ImportChatInviteRequest(code))
    assert pair.reader_id in world.channel(secret).members
    with pytest.raises(errors.UserAlreadyParticipantError):
        await pair.reader(functions.messages.ImportChatInviteRequest(code))
    with pytest.raises(errors.InviteHashExpiredError):
        await pair.reader(functions.messages.CheckChatInviteRequest("nonsense"))


async def test_dialogs_come_newest_first_in_pages(world, pair):
    ids = [world.create_channel(f"c{n}", members=[pair.reader_id]) for n in range(130)]
    dialogs = await pair.reader.get_dialogs()
    assert {dialog.entity.id for dialog in dialogs} == {*ids, pair.channel}
    assert len(dialogs) == 131
    first = await pair.reader.get_dialogs(limit=10)
    assert len(first) == 10


async def test_peer_dialogs_tell_tops_and_fail_as_a_whole(world, pair):
    other = world.create_channel("Other", members=[pair.reader_id])
    await pair.reader.get_dialogs()
    world.post(other, "one")
    peers = [pair.at(pair.reader), await pair.reader.get_input_entity(types.PeerChannel(other))]
    wanted = [types.InputDialogPeer(peer) for peer in peers]
    found = await pair.reader(functions.messages.GetPeerDialogsRequest(wanted))
    assert [(d.peer.channel_id, d.top_message, d.pts) for d in found.dialogs] == [
        (pair.channel, 1, 1),
        (other, 2, 2),
    ]

    world.ban(other, pair.reader_id)
    with pytest.raises(errors.ChannelPrivateError):
        await pair.reader(functions.messages.GetPeerDialogsRequest(wanted))
    with pytest.raises(errors.ChannelPrivateError):
        await pair.reader(functions.channels.GetChannelsRequest(peers))
    with pytest.raises(errors.InputRequestTooLongError):
        await pair.reader(functions.messages.GetPeerDialogsRequest(wanted * 51))


async def test_what_a_channel_and_its_members_look_like(world, pair):
    full = await pair.reader(functions.channels.GetFullChannelRequest(pair.at(pair.reader)))
    assert (full.full_chat.pts, full.full_chat.participants_count) == (1, 2)
    me = types.InputPeerSelf()
    admin = await pair.writer(functions.channels.GetParticipantRequest(pair.at(pair.writer), me))
    reader = await pair.reader(functions.channels.GetParticipantRequest(pair.at(pair.reader), me))
    assert admin.participant.admin_rights.post_messages
    assert isinstance(reader.participant, types.ChannelParticipantSelf)
    news = world.create_channel("News", username="newsroom")
    with pytest.raises(errors.UserNotParticipantError):
        await pair.reader(functions.channels.GetParticipantRequest(await resolved(pair.reader, "newsroom"), me))
    assert news in {chat.id for chat in world.channels()}


async def test_users_are_found_by_their_hash_for_this_account(world, pair):
    world.create_user("+100003", "Uma", username="umauma")
    found = await pair.reader.get_entity("umauma")
    assert (found.first_name, found.phone) == ("Uma", None)
    (nobody,) = await pair.reader(functions.users.GetUsersRequest([types.InputUser(found.id, 12345)]))
    assert isinstance(nobody, types.UserEmpty)


async def test_a_member_without_the_right_to_write(world, pair):
    group = world.create_channel("Group", megagroup=True, username="groupname")
    with pytest.raises(errors.ChatWriteForbiddenError):
        await pair.reader.send_message("groupname", "hi")
    world.join(group, pair.reader_id)
    await pair.reader.send_message("groupname", "hi")
    assert [m.text for m in world.messages(group)] == ["hi"]
