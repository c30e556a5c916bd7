"""Which methods exist, and what a method is told about its caller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from project.sandbox.telegram.channels import Channel, Role
from project.sandbox.telegram.flood import Claim
from project.sandbox.telegram.state import State
from project.sandbox.telegram.users import User

from .arguments import Arguments
from .chats import BotChat, InGroup, WithUser
from .errors import bad, forbidden, too_many
from .model import ChatMessage
from .payloads import Json, Payloads, bare_id
from .state import BotBox


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a bot."""

    state: State
    payloads: Payloads
    box: BotBox
    bot: User
    arguments: Arguments

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self.state.clock.monotonic()

    def chat(self) -> BotChat:
        """The chat that `chat_id` names, if the bot may write there. Raises 400 and 403 as Telegram does."""
        name = self.arguments.text("chat_id")
        if not name:
            raise bad("chat_id is empty")
        if name.startswith("@"):
            found = self.state.by_username(name[1:])
            if not isinstance(found, Channel):
                raise bad("chat not found")
            return self._group(found)
        number = self.arguments.integer("chat_id")
        return self._group(self.state.channels.get(bare_id(number))) if number < 0 else self._private(number)

    def _private(self, user_id: int) -> WithUser:
        user = self.state.users.get(user_id)
        if user is None:
            raise bad("chat not found")
        if user.is_bot:
            raise forbidden("bots can't send messages to bots")
        chat = self.box.chats.get(user_id)
        if chat is None:
            # Somebody met in a group is known to the bot, but did not begin a chat with it.
            raise (
                forbidden("bot can't initiate conversation with a user")
                if self._met(user_id)
                else bad("chat not found")
            )
        if user.dead:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        return WithUser(self.state, self.payloads, self.box, chat)

    def _met(self, user_id: int) -> bool:
        return any(
            channel.is_member(self.bot.id) and channel.is_member(user_id) for channel in self.state.channels.values()
        )

    def _group(self, channel: Channel | None) -> InGroup:
        if channel is None:
            raise bad("chat not found")
        role = channel.roles.get(self.bot.id)
        kind = "supergroup" if channel.megagroup else "channel"
        if role is Role.BANNED:
            raise forbidden(f"bot was kicked from the {kind} chat")
        if role is None:
            raise forbidden(f"bot is not a member of the {kind} chat") if channel.username else bad("chat not found")
        return InGroup(self.state, self.payloads, self.box, channel)

    def own(self, chat: BotChat, what: str) -> ChatMessage:
        """The bot's message that `message_id` names. Raises 400 "message to ... not found", "message can't be ..."."""
        message = chat.get(self.arguments.integer("message_id"))
        if message is None:
            raise bad(f"message to {what} not found")
        if message.author_id != self.bot.id:
            raise bad("message can't be edited")
        return message

    def told(self, chat: BotChat, message: ChatMessage) -> Json:
        """The Message that answers the call."""
        replied = chat.get(message.reply_to) if message.reply_to else None
        return self.payloads.message(self.bot.id, chat.payload, message, replied)

    def spend(self, chat: BotChat) -> None:
        """Counts a message to a chat, or an edit there: they share the limits (https://github.com/tdlib/td/issues/3034).
        Raises 429 when there were too many.

        The keys are those of MTProto: a bot has one budget whichever way it speaks.
        """
        limits, bot_id, number = self.state.settings.limits, self.bot.id, bare_id(chat.id)
        claims: list[Claim] = [
            (("account", bot_id), limits.bot_account),
            (("chat", bot_id, number), limits.bot_private if chat.id > 0 else limits.bot_chat),
        ]
        if chat.group:
            claims.append((("group", bot_id, number), limits.bot_group))
        wait = self.state.flood.take(claims, self.now)
        if wait:
            raise too_many(wait)


Handler = Callable[[Call], Any | Awaitable[Any]]
METHODS: dict[str, tuple[str, Handler]] = {}


def method(name: str) -> Callable[[Handler], Handler]:
    """Registers the handler of a method; names know no case."""

    def register(handler: Handler) -> Handler:
        METHODS[name.lower()] = (name, handler)
        return handler

    return register
