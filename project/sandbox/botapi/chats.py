"""Where a bot writes: a user's private chat, or a group or channel of the loopback Telegram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from project.sandbox.telegram import posting
from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.messages import StoredMessage
from project.sandbox.telegram.state import State

from .errors import bad
from .model import ChatMessage, Content
from .payloads import Json, Payloads, chat_id_of
from .state import BotBox, PrivateChat


class BotChat(Protocol):
    """A chat as a bot uses it."""

    payload: Json

    @property
    def id(self) -> int:
        """The Bot API's id."""

    @property
    def group(self) -> bool:
        """Whether the rates of groups hold."""

    def get(self, message_id: int) -> ChatMessage | None:
        """A message that exists."""

    def post(self, content: Content, reply_to: int | None) -> ChatMessage:
        """The bot writes."""

    def edit(self, message: ChatMessage, content: Content) -> ChatMessage:
        """The bot's message shows something else."""

    def delete(self, ids: Sequence[int]) -> None:
        """Deletes what of it exists. Raises 400 "message can't be deleted"."""


class WithUser:
    """A private chat: messages are numbered by the bot's account, over all its private chats."""

    group = False

    def __init__(self, state: State, payloads: Payloads, box: BotBox, chat: PrivateChat) -> None:
        self._state = state
        self._box = box
        self._chat = chat
        self.id = chat.user_id
        self.payload = payloads.private(state.user(chat.user_id))

    def get(self, message_id: int) -> ChatMessage | None:
        """A message that exists."""
        found = self._chat.messages.get(message_id)
        return None if found is None or found.deleted else found

    def post(self, content: Content, reply_to: int | None) -> ChatMessage:
        """The bot writes."""
        return self.put(ChatMessage(0, 0, 0.0, self._box.bot_id, content, reply_to))

    def put(self, draft: ChatMessage) -> ChatMessage:
        """Anybody writes: the draft gets its number and dates."""
        if draft.reply_to is not None and self.get(draft.reply_to) is None:
            raise bad("message to be replied not found")
        self._box.last_id += 1
        clock = self._state.clock
        message = replace(draft, id=self._box.last_id, date=clock.date(), at=clock.wall() * 1000)
        self._chat.messages[message.id] = message
        return message

    def edit(self, message: ChatMessage, content: Content) -> ChatMessage:
        """A message shows something else."""
        edited = replace(message, content=content, edited=self._state.clock.date(), edits=message.edits + 1)
        self._chat.messages[message.id] = edited
        return edited

    def delete(self, ids: Sequence[int]) -> None:
        """Of both sides: a bot may delete what the user wrote, too."""
        for message in filter(None, map(self.get, ids)):
            self._chat.messages[message.id] = replace(message, deleted=True)


class InGroup:
    """A channel or supergroup that the bot belongs to."""

    def __init__(self, state: State, payloads: Payloads, box: BotBox, channel: Channel) -> None:
        self._state = state
        self._box = box
        self.channel = channel
        self.id = chat_id_of(channel.id)
        self.group = channel.megagroup
        self.payload = payloads.group(channel)

    def get(self, message_id: int) -> ChatMessage | None:
        """A message that exists."""
        found = self.channel.get(message_id)
        return self.seen(found) if found is not None and not found.service else None

    def seen(self, stored: StoredMessage) -> ChatMessage:
        """A message of the channel."""
        keyboard = self._box.keyboards.get((self.channel.id, stored.id), ())
        return ChatMessage(
            stored.id,
            stored.date,
            stored.arrived_wall,
            stored.author_id,
            Content(stored.text, stored.entities, stored.file, keyboard),
            stored.reply_to,
            edited=stored.edited,
            edits=len(stored.edits),
        )

    def post(self, content: Content, reply_to: int | None) -> ChatMessage:
        """The bot writes. Channels: administrators only."""
        if not self.channel.megagroup and not self.channel.is_admin(self._box.bot_id):
            raise bad("need administrator rights in the channel chat")
        draft = posting.Draft(content.text, content.entities, content.file, reply_to)
        stored = posting.post(self._state, self.channel, [draft], author_id=self._box.bot_id, origin=self)[0]
        self._box.keyboards[self.channel.id, stored.id] = content.keyboard
        return self.seen(stored)

    def edit(self, message: ChatMessage, content: Content) -> ChatMessage:
        """The bot's message shows something else."""
        self._box.keyboards[self.channel.id, message.id] = content.keyboard
        stored = self.channel.messages[message.id]
        if (content.text, content.entities) != (stored.text, stored.entities):
            stored = posting.edit(self._state, self.channel, stored, content.text, content.entities, origin=self)
        return self.seen(stored)

    def delete(self, ids: Sequence[int]) -> None:
        """Administrators delete anything, other bots what is theirs."""
        found = list(filter(None, map(self.get, ids)))
        bot_id = self._box.bot_id
        if not self.channel.is_admin(bot_id) and any(message.author_id != bot_id for message in found):
            raise bad("message can't be deleted")
        posting.delete(self._state, self.channel, [message.id for message in found])
