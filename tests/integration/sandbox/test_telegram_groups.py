"""Basic groups with stock Telethon clients: own numbers for each account, and the move to a supergroup."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from telethon import TelegramClient, errors, events, functions, types, utils

from project.sandbox.telegram.messages import NewFile
from project.sandbox.telegram.world import TelegramWorld

from .conftest import Clients, collect, eventually
from .test_telegram_files import png

ADA, BEN = "+4915700021", "+4915700022"


async def two(world: TelegramWorld, clients: Clients) -> tuple[int, int, int, TelegramClient, TelegramClient]:
    """A group of two, where Ben has more messages behind him than Ada."""
    ada, ben = world.create_user(ADA, "Ada"), world.create_user(BEN, "Ben")
    elsewhere = world.groups.create("Elsewhere", ben)
    for text in ("one", "two", "three"):
        world.groups.post(elsewhere, ben, text)
    group = world.groups.create("Friends", ada, [ben])
    return group, ada, ben, await clients.user(ADA), await clients.user(BEN)


def texts(messages: Sequence[types.Message]) -> list[tuple[int, str]]:
    """Numbers and texts."""
    return [(message.id, message.message) for message in messages]


async def test_every_account_has_its_own_numbers(world: TelegramWorld, clients: Clients) -> None:
    group, ada, ben, first, second = await two(world, clients)
    world.groups.post(group, ada, "hello")
    world.groups.post(group, ben, "hi", reply_to=4)
    for client, expected, replied in ((first, [(2, "hi"), (1, "hello")], 1), (second, [(5, "hi"), (4, "hello")], 4)):
        dialogs = {dialog.name: dialog for dialog in await client.get_dialogs()}
        assert isinstance(dialogs["Friends"].entity, types.Chat)
        assert dialogs["Friends"].id == -group
        history = await client.get_messages(group_peer(group), limit=10)
        assert texts(history) == expected
        assert history[0].reply_to_msg_id == replied
        assert texts([await client.get_messages(group_peer(group), ids=replied)]) == [(replied, "hello")]
        assert [m.id async for m in client.iter_messages(group_peer(group), min_id=replied, reverse=True)] == [
            expected[0][0]
        ]
    full = await first(functions.messages.GetFullChatRequest(group))
    assert {person.user_id for person in full.full_chat.participants.participants} == {ada, ben}
    assert (await first(functions.messages.GetChatsRequest([group]))).chats[0].creator
    dialog = await second(functions.messages.GetPeerDialogsRequest([types.InputDialogPeer(group_peer(group))]))
    assert dialog.dialogs[0].top_message == 5
    with pytest.raises(errors.PeerIdInvalidError):
        await first(functions.messages.GetHistoryRequest(group_peer(999), 0, None, 0, 1, 0, 0, 0))


def group_peer(group: int) -> types.InputPeerChat:
    """A basic group needs no access hash."""
    return types.InputPeerChat(group)


async def test_what_one_writes_the_other_hears(world: TelegramWorld, clients: Clients) -> None:
    group, ada, ben, first, second = await two(world, clients)
    heard: list[object] = []
    second.add_event_handler(collect(heard), events.NewMessage())
    second.add_event_handler(collect(heard), events.MessageEdited())
    second.add_event_handler(collect(heard), events.MessageDeleted())
    await second.get_dialogs()

    sent = await first.send_message(group_peer(group), "**bold** move")
    await first.edit_message(group_peer(group), sent.id, "moved")
    await first.send_file(group_peer(group), png(), caption="seen", force_document=False)
    await first.delete_messages(group_peer(group), [sent.id])
    await eventually(lambda: len(heard) == 4)
    assert [type(event).__qualname__ for event in heard] == [
        "NewMessage.Event",
        "MessageEdited.Event",
        "NewMessage.Event",
        "MessageDeleted.Event",
    ]
    assert [heard[0].message.id, heard[0].chat_id, heard[0].sender_id] == [4, -group, ada]
    assert (heard[1].message.message, heard[2].message.message, heard[3].deleted_ids) == ("moved", "seen", [4])
    assert (await second.download_media(heard[2].message, bytes)) == png()
    assert [message.text for message in world.groups.messages(group, ben) if not message.deleted] == ["seen"]
    with pytest.raises(errors.MessageAuthorRequiredError):
        await second.edit_message(group_peer(group), 5, "not mine")
    world.groups.remove(group, ben)
    with pytest.raises(errors.ChatWriteForbiddenError):
        await second.send_message(group_peer(group), "let me in")


async def test_what_was_missed_comes_by_the_difference(world: TelegramWorld, clients: Clients) -> None:
    group, ada, ben, _, second = await two(world, clients)
    before = await second(functions.updates.GetStateRequest())
    files = [NewFile("a.png", "image/png", png(), photo=True), NewFile("b.png", "image/png", png(), photo=True)]
    world.groups.post(group, ada, "album", files=files)
    world.groups.post(group, ada, "gone")
    world.groups.edit(group, ben, 4, "album!")
    world.groups.delete(group, ben, 6)
    missed = await second(functions.updates.GetDifferenceRequest(before.pts, before.date, 0))
    assert texts(missed.new_messages) == [(4, "album!"), (5, "")]
    assert missed.new_messages[0].grouped_id == missed.new_messages[1].grouped_id
    assert [type(update) for update in missed.other_updates] == [types.UpdateEditMessage, types.UpdateDeleteMessages]
    assert missed.state.pts == before.pts + 5
    again = await second(functions.updates.GetDifferenceRequest(missed.state.pts, missed.state.date, 0))
    assert isinstance(again, types.updates.DifferenceEmpty)


async def test_a_group_becomes_a_supergroup(world: TelegramWorld, clients: Clients) -> None:
    group, ada, ben, first, second = await two(world, clients)
    services: list[types.MessageService] = []
    second.add_event_handler(collect(services), events.Raw(types.UpdateNewMessage))
    second.add_event_handler(collect(services), events.Raw(types.UpdateNewChannelMessage))
    world.groups.post(group, ada, "before")
    await second.get_dialogs()
    await eventually(lambda: len(services) == 1)

    with pytest.raises(errors.ChatAdminRequiredError):
        await second(functions.messages.MigrateChatRequest(group))
    moved = await first(functions.messages.MigrateChatRequest(group))
    [channel] = [chat.id for chat in moved.chats if isinstance(chat, types.Channel)]
    await eventually(lambda: len(services) == 3)
    actions = [update.message.action for update in services[1:]]
    assert [type(action) for action in actions] == [
        types.MessageActionChatMigrateTo,
        types.MessageActionChannelMigrateFrom,
    ]
    assert (actions[0].channel_id, actions[1].chat_id) == (channel, group)

    [old] = (await second(functions.messages.GetChatsRequest([group]))).chats
    assert (old.deactivated, old.migrated_to.channel_id) == (True, channel)
    entity = await second.get_entity(utils.get_peer_id(types.PeerChannel(channel)))
    assert (entity.megagroup, entity.title) == (True, "Friends")
    with pytest.raises(errors.ChatWriteForbiddenError):
        await second.send_message(group_peer(group), "too late")
    posted = await second.send_message(entity, "after")
    assert (posted.id, world.messages(channel)[-1].text, world.messages(channel)[-1].author_id) == (2, "after", ben)
    assert texts(await first.get_messages(group_peer(group), limit=5))[-1] == (1, "before")
    assert world.counters().unknown_methods == {}
