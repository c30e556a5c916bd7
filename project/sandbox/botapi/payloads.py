"""Bot API objects as JSON (https://core.telegram.org/bots/api#available-types), as one bot sees them."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.messages import Entity, StoredFile
from project.sandbox.telegram.state import State
from project.sandbox.telegram.users import User

from .model import ChatMessage, Keyboard, Origin, OriginKind

ANONYMOUS_ADMIN = 1_087_968_824  # @GroupAnonymousBot
_CHANNELS_FROM = -1_000_000_000_000
_FILE_ID = struct.Struct("<qq")
# Where a kind of entity has another name, and where its value goes.
NAMES = {"strike": "strikethrough", "phone": "phone_number", "text_url": "text_link", "mention_name": "text_mention"}
VALUES = {"text_url": "url", "pre": "language", "custom_emoji": "custom_emoji_id"}

Json = dict[str, Any]


def chat_id_of(channel_id: int) -> int:
    """The Bot API's id of a channel or supergroup."""
    return _CHANNELS_FROM - channel_id


def bare_id(chat_id: int) -> int:
    """The channel's own id, of either form."""
    return _CHANNELS_FROM - chat_id if chat_id < _CHANNELS_FROM else abs(chat_id)


def file_id(state: State, bot_id: int, file: StoredFile) -> str:
    """A bot's name for a file; another bot's is worth nothing."""
    packed = _FILE_ID.pack(file.id, state.hashes.of(bot_id, "file", file.id))
    return ("AgAC" if file.photo else "BQAC") + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def file_of(state: State, bot_id: int, name: str) -> StoredFile | None:
    """The file that a bot calls so."""
    try:
        number, proof = _FILE_ID.unpack(base64.urlsafe_b64decode(name[4:] + "=="))
    except (ValueError, struct.error):
        return None
    file = state.files.get(number)
    return file if file is not None and proof == state.hashes.of(bot_id, "file", number) else None


class Payloads:
    """Builds them from the world."""

    def __init__(self, state: State) -> None:
        self._state = state

    def user(self, user: User) -> Json:
        """A User."""
        told: Json = {"id": user.id, "is_bot": user.is_bot, "first_name": user.name}
        if user.username:
            told["username"] = user.username
        if not user.is_bot:
            told["language_code"] = "en"
        return told

    def me(self, user: User) -> Json:
        """What getMe says."""
        return self.user(user) | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def private(self, user: User) -> Json:
        """The Chat with a user."""
        return {"id": user.id, "first_name": user.name, "type": "private"} | (
            {"username": user.username} if user.username else {}
        )

    def group(self, channel: Channel) -> Json:
        """The Chat of a channel or supergroup."""
        kind = "supergroup" if channel.megagroup else "channel"
        named = {"username": channel.username} if channel.username else {}
        return {"id": chat_id_of(channel.id), "title": channel.title, "type": kind} | named

    def entities(self, entities: Sequence[Entity]) -> list[Json]:
        """MessageEntity objects."""
        return [self._entity(entity) for entity in entities]

    def _entity(self, entity: Entity) -> Json:
        kind = NAMES.get(entity.kind, entity.kind)
        if entity.kind == "blockquote" and entity.value:
            kind = "expandable_blockquote"
        told: Json = {"type": kind, "offset": entity.offset, "length": entity.length}
        if entity.kind == "mention_name":
            told["user"] = self._somebody(int(entity.value))
        elif entity.kind in VALUES and entity.value:
            told[VALUES[entity.kind]] = entity.value
        return told

    def _somebody(self, user_id: int) -> Json:
        user = self._state.users.get(user_id)
        return self.user(user) if user else {"id": user_id, "is_bot": False, "first_name": ""}

    def message(self, bot_id: int, chat: Json, message: ChatMessage, replied: ChatMessage | None = None) -> Json:
        """A Message in a Chat."""
        told: Json = {"message_id": message.id, "date": message.date, "chat": chat} | self._sender(chat, message)
        if message.edited is not None:
            told["edit_date"] = message.edited
        if message.origin is not None:
            told["forward_origin"] = self._origin(message.origin)
        if replied is not None:
            told["reply_to_message"] = self.message(bot_id, chat, replied)
        told |= self._content(bot_id, message)
        if message.content.keyboard:
            told["reply_markup"] = {"inline_keyboard": keyboard(message.content.keyboard)}
        return told

    def _sender(self, chat: Json, message: ChatMessage) -> Json:
        if message.author_id is not None and chat["type"] != "channel":
            return {"from": self._somebody(message.author_id)}
        if chat["type"] == "channel":
            return {"sender_chat": chat}
        anonymous = {
            "id": ANONYMOUS_ADMIN,
            "is_bot": True,
            "first_name": "Group",
            "username": "GroupAnonymousBot",
        }
        return {"from": anonymous, "sender_chat": chat}

    def _origin(self, origin: Origin) -> Json:
        told: Json = {"type": origin.kind.value, "date": origin.date}
        if origin.kind is OriginKind.USER:
            return told | {"sender_user": self._somebody(origin.user_id)}
        if origin.kind is OriginKind.HIDDEN_USER:
            return told | {"sender_user_name": origin.name}
        chat = self.group(self._state.channel(origin.chat_id))
        if origin.kind is OriginKind.CHAT:
            return told | {"sender_chat": chat}
        return told | {"chat": chat, "message_id": origin.message_id}

    def _content(self, bot_id: int, message: ChatMessage) -> Json:
        content = message.content
        words, styles = ("caption", "caption_entities") if content.file else ("text", "entities")
        told: Json = {words: content.text} if content.text else {}
        if content.entities:
            told[styles] = self.entities(content.entities)
        if content.file is None:
            return told
        if content.file.photo:
            sized = self.file(bot_id, content.file) | {"width": content.file.width, "height": content.file.height}
            return told | {"photo": [sized]}
        return told | {"document": self.document(bot_id, content.file)}

    def file(self, bot_id: int, file: StoredFile) -> Json:
        """What all files have."""
        unique = base64.urlsafe_b64encode(struct.pack("<q", file.id)).decode().rstrip("=")
        return {
            "file_id": file_id(self._state, bot_id, file),
            "file_unique_id": "AQAD" + unique,
            "file_size": file.size,
        }

    def document(self, bot_id: int, file: StoredFile) -> Json:
        """A Document."""
        return self.file(bot_id, file) | {"file_name": file.name, "mime_type": file.mime}


def keyboard(rows: Keyboard) -> list[list[Json]]:
    """An inline keyboard."""
    return [
        [
            {"text": button.text} | ({"url": button.url} if button.url else {"callback_data": button.data})
            for button in row
        ]
        for row in rows
    ]
