"""Messages of Discord's JSON as neutral ones."""

from __future__ import annotations

from typing import Any

import pytest

from project.core.message import MediaKind, Message, Node, Style, plain_text
from project.discord.convert import neutral
from project.discord.directory import Directory
from project.discord.fields import Fields

POLL: dict[str, Any] = {
    "question": {"text": "Tea?"},
    "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}],
    "expiry": "2026-01-02T03:04:05+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}


def converted(**fields: Any) -> Message:
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
    message = neutral(Fields(data | fields), Directory())
    assert message is not None
    return message


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


def test_names_of_channels_and_roles_are_those_that_the_gateway_told() -> None:
    directory = Directory()
    guild = {
        "channels": [{"id": "5", "name": "general"}, None, 7],
        "threads": None,
        "roles": [{"id": "6", "name": "mods"}],
    }
    directory.hear("GUILD_CREATE", Fields(guild))
    directory.hear("THREAD_CREATE", Fields({"id": "7", "name": "talk"}))
    directory.hear("CHANNEL_UPDATE", Fields({"id": "5", "name": "lounge"}))
    directory.hear("GUILD_ROLE_UPDATE", Fields({"guild_id": "1", "role": {"id": "6", "name": "team"}}))
    said = {"id": "1", "channel_id": "5", "author": {"id": "8", "username": "a"}, "content": "<#5> <#7> <@&6>"}
    message = neutral(Fields(said), directory)
    assert message is not None
    assert plain_text(message.text) == "#lounge #talk @team"


@pytest.mark.parametrize(
    ("member", "globally", "shown"),
    [({"nick": "Boss"}, "Ada L.", "Boss"), ({}, "Ada L.", "Ada L."), (None, None, "ada")],
)
def test_an_author_is_shown_as_on_the_server(member: object, globally: object, shown: str) -> None:
    author = {"id": "8", "username": "ada", "global_name": globally}
    found = converted(author=author, member=member, content="x").author
    assert found is not None
    assert found.name == shown


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
    assert converted(embeds=[{"title": "News"}]).note == "[embed: News]"
    assert converted(content="see x", embeds=[{"type": "link", "title": "News"}]).note == ""
    assert converted(components=[{"type": 1}]).note == "[buttons or other components]"
    assert converted(components=None).note == "[a message that cannot be shown here]"
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


SNAPSHOT: dict[str, Any] = {"type": 0, "content": "old news", "attachments": [], "embeds": [], "components": None}


def test_null_is_nothing_and_never_costs_the_message() -> None:
    """discord.py#10115: a forward whose snapshot has `components: null`."""
    message = converted(message_snapshots=[{"message": SNAPSHOT | {"sticker_items": None, "mentions": None}}])
    assert (plain_text(message.text), message.note) == ("old news", "[forwarded]")
    nothing = dict.fromkeys(("embeds", "attachments", "mentions", "mention_roles", "components", "member", "poll"))
    message = converted(content="x", message_reference=None, message_snapshots=None, flags=None, type=None, **nothing)
    assert (plain_text(message.text), message.note) == ("x", "")


@pytest.mark.parametrize(
    ("fields", "text", "note"),
    [
        ({"content": "x", "attachments": "none"}, "x", "[a part of this message could not be read]"),
        ({"content": "x", "attachments": [7]}, "x", "[a part of this message could not be read]"),
        ({"content": ["x"]}, "", "[a message that could not be read]"),
        ({"content": "x", "author": 7}, "x", "[a part of this message could not be read]"),
        ({"content": "x", "edited_timestamp": "yesterday"}, "x", "[a part of this message could not be read]"),
        ({"message_snapshots": [7]}, "", "[a message that could not be read]"),
    ],
)
def test_what_has_the_wrong_kind_is_named_in_the_message(fields: dict[str, Any], text: str, note: str) -> None:
    message = converted(**fields)
    assert (plain_text(message.text), message.note) == (text, note)
    assert message.message_id == 900


@pytest.mark.parametrize("odd", [None, "", "x", 0, -1, 2**63, True, 1.5, [], {}, "9" * 19])
def test_without_an_id_there_is_no_message(odd: object) -> None:
    assert neutral(Fields({"id": odd, "channel_id": "5", "content": "x"}), Directory()) is None
    assert neutral(Fields({"id": "900", "channel_id": odd, "content": "x"}), Directory()) is None


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_an_event_that_is_no_object_is_no_message(data: object) -> None:
    assert neutral(Fields(data), Directory()) is None
