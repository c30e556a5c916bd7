"""Messages as Discord sends them, with everything that the listener reads."""

from __future__ import annotations

from typing import Any

AUTHOR = {"id": "80", "username": "ada", "global_name": "Ada L.", "discriminator": "0", "avatar": None, "bot": False}
ATTACHMENT = {
    "id": "70", "filename": "cat.png", "size": 5, "url": "https://cdn.example/cat.png?ex=1", "proxy_url": "https://m/x",
    "content_type": "image/png", "width": 1, "height": 1, "flags": 0, "title": "cat",
}  # fmt: skip
SHOWN: dict[str, Any] = {
    "type": 0,
    "content": "**news** for <@81> in <#5>, <@&6>",
    "mentions": [{"id": "81", "username": "bob", "global_name": None, "member": {"nick": "Bobby", "roles": []}}],
    "mention_roles": ["6"],
    "attachments": [ATTACHMENT],
    "embeds": [{"type": "rich", "title": "News", "description": "of today", "fields": []}],
    "sticker_items": [{"id": "60", "name": "wave", "format_type": 1}],
    "components": [{"type": 1, "components": [{"type": 2, "style": 5, "label": "go", "url": "https://x.example"}]}],
    "timestamp": "2026-01-02T03:04:05.678000+00:00",
    "edited_timestamp": None,
    "flags": 0,
}
MESSAGE: dict[str, Any] = SHOWN | {
    "author": AUTHOR,
    "member": {"nick": "The Ada", "roles": ["6"], "joined_at": "2026-01-01T00:00:00+00:00"},
    "edited_timestamp": "2026-01-02T03:05:05+00:00",
    "poll": {"question": {"text": "Tea?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}]},
    "message_reference": {"type": 0, "message_id": "3", "channel_id": "5", "guild_id": "4"},
    "tts": False,
    "mention_everyone": False,
    "pinned": False,
}
FORWARD: dict[str, Any] = MESSAGE | {
    "content": "",
    "attachments": [],
    "embeds": [],
    "message_reference": {"type": 1, "message_id": "3", "channel_id": "9", "guild_id": "4"},
    "message_snapshots": [{"message": SHOWN | {"components": None}}],
}
GUILD: dict[str, Any] = {
    "id": "4",
    "name": "guild",
    "channels": [{"id": "5", "type": 0, "name": "general", "parent_id": None, "permission_overwrites": []}],
    "threads": [{"id": "7", "type": 11, "name": "talk", "parent_id": "5"}],
    "roles": [{"id": "6", "name": "mods", "permissions": "0", "color": 0}],
    "members": [{"user": AUTHOR, "roles": ["6"]}],
    "unavailable": False,
}
