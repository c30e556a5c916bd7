"""Bots in groups and channels: what they hear, and what people write there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from project.core.errors import NotFound
from project.sandbox.telegram import posting
from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.messages import Change, ChangeKind, StoredMessage
from project.sandbox.telegram.state import Cut, State

from .chats import InGroup
from .payloads import Payloads, bare_id
from .state import BotBox

_COMMAND = re.compile(r"/\w+(?:@(\w+))?")


class GroupFeed:
    """Hears what is posted and tells the bots that may hear it: administrators everything, others in groups what is
    meant for them (https://core.telegram.org/bots/features#privacy-mode). Bots that never called are left out."""

    def __init__(self, state: State, payloads: Payloads, boxes: Mapping[int, BotBox]) -> None:
        self._state = state
        self._payloads = payloads
        self._boxes = boxes

    def write(self, author_id: int | None, bot: int, chat_id: int, text: str, *, edited: bool) -> int:
        """Somebody writes in a group or channel that the bot is in; None is the chat itself."""
        channel = self._state.channel(bare_id(chat_id))
        if not channel.is_member(bot):
            raise NotFound(f"The bot is not in {channel.title}.")
        if not edited:
            return posting.post(self._state, channel, [posting.Draft(text)], author_id=author_id)[0].id
        own = (item for item in reversed(channel.messages.values()) if item.author_id == author_id and not item.service)
        last = next((item for item in own if not item.deleted), None)
        if last is None:
            raise NotFound("There is nothing to edit.")
        return posting.edit(self._state, channel, last, text, ()).id

    def changed(self, change: Change, origin: object | None) -> None:
        """Messages were posted, edited or deleted; of deletions bots hear nothing."""
        if change.kind is ChangeKind.DELETED:
            return
        channel = self._state.channels[change.channel_id]
        for box in self._boxes.values():
            if box.reached and channel.is_member(box.bot_id):
                for message in filter(None, map(channel.get, change.ids)):
                    self._tell(box, channel, message, change.kind)

    def _tell(self, box: BotBox, channel: Channel, message: StoredMessage, kind: ChangeKind) -> None:
        if not self._hears(box, channel, message):
            return
        name = "message" if channel.megagroup else "channel_post"
        if kind is ChangeKind.EDITED:
            name = f"edited_{name}"
        chat = InGroup(self._state, self._payloads, box, channel)
        replied = chat.get(message.reply_to) if message.reply_to else None
        box.put(name, self._payloads.message(box.bot_id, chat.payload, chat.seen(message), replied))

    def _hears(self, box: BotBox, channel: Channel, message: StoredMessage) -> bool:
        author = self._state.users.get(message.author_id or 0)
        if author is not None and author.is_bot:
            return False
        if channel.is_admin(box.bot_id):
            return True
        if not channel.megagroup:
            return False
        name = (self._state.user(box.bot_id).username or "").lower()
        command = _COMMAND.match(message.text)
        if command:
            return command[1] is None or command[1].lower() == name
        replied = channel.get(message.reply_to) if message.reply_to else None
        return f"@{name}" in message.text.lower() or (replied is not None and replied.author_id == box.bot_id)

    def membership(self, channel_id: int, user_id: int) -> None:
        """Somebody's place changed: bots are not told here."""

    def ended(self, user_id: int, key_id: int) -> None:
        """A login ended: nothing to a bot's token."""

    def cut(self, user_id: int | None, how: Cut) -> None:
        """MTProto's connections are cut: none of the Bot API's."""
