"""Messages in neutral form: media, notes, authors, replies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types

from project.core.message import Attachment, Author, MediaKind, Message
from project.telegram.messages import neutral_message, neutral_updates
from project.telegram.names import Names
from project.telegram.updates import Deleted, Edited, Gap, Posted, account_of, chat_of, message_url

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def neutral(media: Any = None, **more: Any) -> Message:
    names = Names()
    names.learn([types.User(7, first_name="Ann", last_name="Lee")], [])
    raw = types.Message(id=5, peer_id=types.PeerChannel(42), date=NOW, message="text", media=media, **more)
    message = neutral_message(raw, names, "session.1")
    assert message is not None
    return message


def document(*attributes: Any, mime: str = "video/mp4", **more: Any) -> Any:
    inner = types.Document(1, 2, b"ref", NOW, mime, 1234, dc_id=2, attributes=list(attributes))
    return types.MessageMediaDocument(document=inner, **more)


def photo(**more: Any) -> Any:
    sizes = [
        types.PhotoStrippedSize("i", b"x"),
        types.PhotoSize("m", 320, 240, 900),
        types.PhotoSizeProgressive("y", 1280, 960, [100, 5000]),
    ]
    return types.MessageMediaPhoto(photo=types.Photo(9, 2, b"ref", NOW, sizes, dc_id=2), **more)


def test_a_photo_is_its_largest_size() -> None:
    message = neutral(photo(spoiler=True))
    assert message.attachments == (Attachment(MediaKind.PHOTO, "photo_9.jpg", "image/jpeg", 5000, spoiler=True),)
    assert message.note == ""


@pytest.mark.parametrize(
    ("attributes", "name"),
    [((types.DocumentAttributeFilename("a b.mp4"),), "a b.mp4"), ((types.DocumentAttributeAnimated(),), "file_1.mp4")],
)
def test_documents_keep_or_get_a_name(attributes: tuple[Any, ...], name: str) -> None:
    assert neutral(document(*attributes)).attachments == (Attachment(MediaKind.DOCUMENT, name, "video/mp4", 1234),)


@pytest.mark.parametrize(
    ("media", "note"),
    [
        (photo(ttl_seconds=10), "[self-destructing media, not relayed]"),
        (document(ttl_seconds=10), "[self-destructing media, not relayed]"),
        (document(types.DocumentAttributeSticker("😀", types.InputStickerSetEmpty())), "[sticker 😀]"),
        (document(types.DocumentAttributeAudio(7, voice=True)), "[voice message, 7 s]"),
        (document(types.DocumentAttributeVideo(3.5, 10, 10, round_message=True)), "[video message, 3 s]"),
        (types.MessageMediaGeo(types.GeoPoint(1.0, 2.0, 3)), "[location]"),
        (types.MessageMediaContact("+49", "Bo", "", "", 1), "[contact: Bo]"),
        (types.MessageMediaDice(4, "🎲"), "[🎲 4]"),
        (types.MessageMediaUnsupported(), "[content that cannot be shown here]"),
        (types.MessageMediaPhoto(), "[photo, not available]"),
        (types.MessageMediaDocument(), "[file, not available]"),
    ],
)
def test_what_cannot_be_carried_is_said(media: Any, note: str) -> None:
    message = neutral(media)
    assert (message.note, message.attachments) == (note, ())


def test_a_link_preview_is_no_loss() -> None:
    assert neutral(types.MessageMediaWebPage(types.WebPageEmpty(1))).note == ""


def test_authors() -> None:
    assert neutral(from_id=types.PeerUser(7)).author == Author("Ann Lee", 7)
    assert neutral(post=True, post_author="Editor").author == Author("Editor", 42)
    assert neutral(from_id=types.PeerUser(8)).author is None


def test_replies_of_the_same_chat_only() -> None:
    assert neutral(reply_to=types.MessageReplyHeader(reply_to_msg_id=3)).reply_to == 3
    elsewhere = types.MessageReplyHeader(reply_to_msg_id=3, reply_to_peer_id=types.PeerChannel(1))
    assert neutral(reply_to=elsewhere).reply_to is None
    topic = types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=3)
    assert neutral(reply_to=topic).reply_to is None


def test_hidden_edits_are_none() -> None:
    assert neutral(edit_date=NOW).edited == int(NOW.timestamp())
    assert neutral(edit_date=NOW, edit_hide=True).edited is None


def test_other_chats_and_service_messages_are_left_out() -> None:
    private = types.Message(id=5, peer_id=types.PeerUser(1), date=NOW, message="hi")
    service = types.MessageService(id=5, peer_id=types.PeerChannel(1), date=NOW, action=types.MessageActionPinMessage())
    assert neutral_message(private, Names(), "session.1") is None
    assert neutral_message(service, Names(), "session.1") is None
    assert neutral_message(types.MessageEmpty(3, peer_id=None), Names(), "session.1") is None


def test_a_basic_group_counts_in_the_name_of_the_account() -> None:
    names = Names()
    names.learn([types.User(7, first_name="Ann")], [])
    peer, author = types.PeerChat(42), types.PeerUser(7)
    raw = types.Message(id=5, peer_id=peer, from_id=author, date=NOW, message="text")
    end = types.MessageService(9, peer, NOW, action=types.MessageActionChatMigrateTo(77))
    came = types.MessageActionChannelMigrateFrom("Friends", 42)
    begin = types.MessageService(1, types.PeerChannel(77), NOW, action=came)
    updates = [
        types.UpdateNewMessage(raw, 1, 1),
        types.UpdateEditMessage(raw, 2, 1),
        types.UpdateDeleteMessages([5, 6], 3, 2),
        types.UpdateShortChatMessage(8, 7, 42, "short", 4, 1, NOW),
        types.UpdateShortChatMessage(8, 70, 42, "of a stranger", 4, 1, NOW),
        types.UpdateNewMessage(end, 5, 1),
        types.UpdateNewChannelMessage(begin, 2, 1),
    ]
    scope = "tg:-42@session.3"
    posted, edited, deleted, short, *gaps = neutral_updates(updates, names, "session.3")
    assert isinstance(posted, Posted)
    assert isinstance(short, Posted)
    assert (posted.message.scope, posted.message.message_id, edited) == (scope, 5, Edited(posted.message))
    assert (short.message.scope, short.message.author, deleted) == (scope, Author("Ann", 7), Deleted(None, (5, 6)))
    assert gaps == [Gap(scope), Gap(scope)]
    assert (chat_of(scope), account_of(scope), message_url(scope, 5)) == (-42, "session.3", "")
    assert (chat_of("tg:42"), account_of("tg:42"), message_url("tg:42", 5)) == (42, "", "https://t.me/c/42/5")
