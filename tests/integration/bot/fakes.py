"""A Bot API that records what the bot does, and people who type and press."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from aiogram.types import Message, Update, User
from django.db import connections

from project.botkit.bot import AdminBot, make_bot
from project.botkit.catalogue import Catalogue
from project.core.secret import Secret

P = ParamSpec("P")
T = TypeVar("T")

TOKEN = "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
_ids = itertools.count(1000)


class FakeTelegram(BaseSession):
    """Messages of the bot by chat, in the order of sending; `fail` may raise in place of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[TelegramMethod[Any]] = []
        self.messages: dict[int, dict[str, Any]] = {}
        self.fail: Callable[[TelegramMethod[Any]], None] = lambda method: None

    async def close(self) -> None:
        return

    async def stream_content(self, url: str, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        yield b""

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:
        self.calls.append(method)
        self.fail(method)
        name = type(method).__name__
        values = method.model_dump(exclude_none=True, warnings=False)
        if name == "GetMe":
            return User(id=bot.id, is_bot=True, first_name="relay", username="relay_bot")
        if name in ("SendMessage", "SendPhoto"):
            message_id = next(_ids)
            self.messages[message_id] = values
            return _returned(message_id, values["chat_id"], bot)
        if name == "EditMessageText":
            self.messages[values["message_id"]] = values
            return _returned(values["message_id"], values["chat_id"], bot)
        if name == "DeleteMessage":
            self.messages.pop(values["message_id"], None)
        return True

    def texts(self, chat_id: int) -> list[str]:
        """What the chat shows of the bot."""
        return [one["text"] for one in self.messages.values() if one["chat_id"] == chat_id]

    def last(self, chat_id: int) -> tuple[int, dict[str, Any]]:
        """The newest message of the bot there."""
        return [(key, one) for key, one in self.messages.items() if one["chat_id"] == chat_id][-1]

    def named(self, name: str) -> list[TelegramMethod[Any]]:
        """Calls of one method."""
        return [call for call in self.calls if type(call).__name__ == name]


class Person:
    """Somebody who writes to the bot."""

    def __init__(self, admin: AdminBot, telegram: FakeTelegram, user_id: int, name: str = "Ada") -> None:
        self._admin = admin
        self._telegram = telegram
        self.id = user_id
        self._user = {"id": user_id, "is_bot": False, "first_name": name}

    async def says(self, text: str, *, edited: bool = False, **more: Any) -> int:
        """A message; `more` goes into it (chat, forward_origin, …)."""
        message_id = next(_ids)
        body = {
            "message_id": message_id,
            "date": _now(),
            "chat": {"id": self.id, "type": "private"},
            "from": self._user,
            "text": text,
            **({"edit_date": _now()} if edited else {}),
            **more,
        }
        await self._feed("edited_message" if edited else "message", body)
        return message_id

    async def press(self, label: str, *, message: int | None = None, owner: int | None = None) -> None:
        """A button of the bot's newest message in this person's chat (or in `owner`'s)."""
        chat = owner or self.id
        message_id, shown = self._telegram.last(chat)
        rows = shown["reply_markup"]["inline_keyboard"]
        data = next(one["callback_data"] for row in rows for one in row if one["text"] == label)
        await self.press_data(data, message=message or message_id, chat=chat)

    async def press_data(self, data: str, *, message: int, chat: int) -> None:
        """A button by its data."""
        shown = {"message_id": message, "date": _now(), "chat": {"id": chat, "type": "private"}, "text": "?"}
        if markup := self._telegram.messages.get(message, {}).get("reply_markup"):
            shown["reply_markup"] = markup  # Telegram tells what stands below the message now
        body = {
            "id": str(next(_ids)),
            "from": self._user,
            "chat_instance": "1",
            "data": data,
            "message": shown,
        }
        await self._feed("callback_query", body)

    async def sees(self) -> str:
        """The newest message of the bot."""
        return str(self._telegram.last(self.id)[1]["text"])

    async def _feed(self, kind: str, body: dict[str, Any]) -> None:
        update = Update.model_validate({"update_id": next(_ids), kind: body}, context={"bot": self._admin.desk.bot})
        if (work := self._admin.arrive(update)) is not None:
            await work


async def in_db(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Blocking database work; its thread's connection is closed."""

    def run() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def admin_bot(catalogue: Catalogue, telegram: FakeTelegram) -> AdminBot:
    """A bot that talks to `telegram` alone."""
    return AdminBot(make_bot(Secret(TOKEN), "http://localhost", session=telegram), catalogue)


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _returned(message_id: int, chat_id: int, bot: Bot) -> Any:
    body = {"message_id": message_id, "date": _now(), "chat": {"id": chat_id, "type": "private"}}
    return Message.model_validate(body, context={"bot": bot})
