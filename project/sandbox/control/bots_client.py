"""The verbs of chats with bots from another process. See `BotWorld` for what each does."""

from __future__ import annotations

import base64

from project.sandbox.botapi.model import Command, Toast
from project.sandbox.botapi.views import BotMessage, Forward
from project.sandbox.control.transport import ControlTransport


class BotsControl:
    """One method per verb. `bot` is a bot's user id."""

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport

    async def type(
        self,
        user_id: int,
        bot: int,
        text: str,
        *,
        edited: bool = False,
        forwarded_from: Forward | None = None,
        chat_id: int | None = None,
        anonymous: bool = False,
        reply_to: int | None = None,
    ) -> int:
        """A user writes to a bot, or in a group that it is in; the message's id."""
        return await self._transport.call(
            "bots/type",
            int,
            user_id=user_id,
            bot=bot,
            text=text,
            edited=edited,
            forwarded_from=forwarded_from,
            chat_id=chat_id,
            anonymous=anonymous,
            reply_to=reply_to,
        )

    async def send_file(
        self, user_id: int, bot: int, name: str, data: bytes, caption: str = "", *, photo: bool = False
    ) -> int:
        """A user sends a document, or a picture; the message's id."""
        text = base64.b64encode(data).decode()
        return await self._transport.call(
            "bots/send_file", int, user_id=user_id, bot=bot, name=name, data=text, caption=caption, photo=photo
        )

    async def press(self, user_id: int, bot: int, message_id: int, label: str) -> None:
        """A user presses a button."""
        await self._transport.call("bots/press", object, user_id=user_id, bot=bot, message_id=message_id, label=label)

    async def messages(self, user_id: int, bot: int) -> list[BotMessage]:
        """Every message of their chat, deleted ones too."""
        return await self._transport.call("bots/messages", list[BotMessage], user_id=user_id, bot=bot)

    async def toasts(self, user_id: int, bot: int) -> list[Toast]:
        """The answers to a user's presses that showed a text."""
        return await self._transport.call("bots/toasts", list[Toast], user_id=user_id, bot=bot)

    async def menu(self, bot: int, user_id: int) -> list[Command]:
        """The commands that a user is offered."""
        return await self._transport.call("bots/menu", list[Command], bot=bot, user_id=user_id)

    async def chats(self, bot: int) -> list[int]:
        """The users who have a chat with a bot."""
        return await self._transport.call("bots/chats", list[int], bot=bot)

    async def bots(self) -> list[int]:
        """The bots that somebody talks to, or that called the Bot API."""
        return await self._transport.call("bots/bots", list[int])

    async def block(self, user_id: int, bot: int) -> None:
        """A user blocks a bot."""
        await self._transport.call("bots/block", object, user_id=user_id, bot=bot)

    async def unblock(self, user_id: int, bot: int) -> None:
        """The bot may write again."""
        await self._transport.call("bots/unblock", object, user_id=user_id, bot=bot)
