"""discord.py's messages, built from Discord's JSON, as neutral ones."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from project.core.message import MediaKind, Message, Node, Style, plain_text
from project.discord.convert import neutral

POLL: dict[str, Any] = {
    "question": {"text": "Tea?"},
    "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}],
    "expiry": "2026-01-02T03:04:05+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}


def converted(**fields: Any) -> Message:
    client = discord.Client(intents=discord.Intents.none())
    author = {"id": "8", "username": "ada", "global_name": "Ada L.", "discriminator": "0", "avatar": None}
    data: dict[str, Any] = {
        "id": "900",
        "channel_id": "5",
        "author": author,
        "content": "",
        "timestamp": "2026-01-02T03:04:05.678000+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
    }
    channel = discord.PartialMessageable(state=client._connection, id=5)
    return neutral(discord.Message(state=client._connection, channel=channel, data=data | fields))  # type: ignore[arg-type]


def test_text_author_and_times() -> None:
    message = converted(content="**hi** there", edited_timestamp="2026-01-02T03:04:06+00:00")
    assert message.text[0] == Node(Style.BOLD, children=(Node(Style.TEXT, "hi"),))
    assert plain_text(message.text) == "hi there"
    assert (message.scope, message.message_id, message.note) == ("dc:5", 900, "")
    assert message.author is not None
    assert (message.author.name, message.author.id) == ("Ada L.", 8)
    assert (message.date, message.edited) == (1420070400, 1767323046)  # the id tells the time


def test_mentions_show_names() -> None:
    bob = {"id": "9", "username": "bob", "global_name": None, "discriminator": "0", "avatar": None}
    message = converted(content="ask <@9>", mentions=[bob])
    assert plain_text(message.text) == "ask @bob"


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", MediaKind.PHOTO),
        ("image/JPEG; charset=x", MediaKind.PHOTO),
        ("image/gif", MediaKind.DOCUMENT),
        ("video/mp4", MediaKind.DOCUMENT),
        (None, MediaKind.DOCUMENT),
    ],
)
def test_attachments(mime: str | None, kind: MediaKind) -> None:
    file = {"id": "1", "filename": "SPOILER_a", "size": 7, "url": "https://cdn/x", "proxy_url": "https://m/x"}
    (found,) = converted(attachments=[file | ({"content_type": mime} if mime else {})]).attachments
    assert (found.kind, found.size, found.url, found.spoiler) == (kind, 7, "https://cdn/x", True)
    assert found.mime == (mime or "application/octet-stream").partition(";")[0].lower()


def test_a_reply_counts_only_within_the_channel() -> None:
    assert converted(type=19, message_reference={"message_id": "3", "channel_id": "5"}).reply_to == 3
    assert converted(type=19, message_reference={"message_id": "3", "channel_id": "6"}).reply_to is None
    assert converted(content="x").reply_to is None


def test_what_cannot_be_carried_is_named() -> None:
    sticker = {"id": "1", "name": "wave", "format_type": 1}
    assert converted(sticker_items=[sticker]).note == "[sticker: wave]"
    assert converted(poll=POLL).note == "[poll: Tea?]"
    assert converted(embeds=[{"type": "rich", "title": "News"}]).note == "[embed: News]"
    assert converted(content="see x", embeds=[{"type": "link", "title": "News"}]).note == ""
    assert converted().note == "[a message that cannot be shown here]"


def test_a_forwarded_message_shows_what_was_forwarded() -> None:
    inner = {
        "type": 0, "content": "*old news*", "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None,
        "flags": 0, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
    }  # fmt: skip
    message = converted(
        message_snapshots=[{"message": inner}],
        message_reference={"type": 1, "message_id": "3", "channel_id": "6"},
    )
    assert plain_text(message.text) == "old news"
    assert message.note == "[forwarded]"
    assert message.reply_to is None


def test_a_message_that_breaks_the_conversion_still_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("project.discord.convert.markdown.parse", broken)
    message = converted(content="x")
    assert message.note
    assert message.message_id == 900
