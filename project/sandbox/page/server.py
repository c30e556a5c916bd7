"""Serves the chat page: the page itself, a live stream of what is open in it, and Telegram's files.

What a person does in the page goes through the control API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

from project.core.errors import NotFound
from project.sandbox.botapi.world import BotWorld
from project.sandbox.discord.state import Happened
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.page import views
from project.sandbox.telegram.messages import Change
from project.sandbox.telegram.state import Cut
from project.sandbox.telegram.world import TelegramWorld

_HTML = Path(__file__).with_name("index.html")
_COALESCE = 0.1  # seconds between two pictures of the same stream, at least
_LOOK = 1.0  # and at most: some changes, as a new chat, announce themselves to nobody
_SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the page shows at one moment."""

    telegram: list[views.Chat]
    bots: list[views.Chat]
    discord: list[views.Chat]
    telegram_people: list[views.Person]
    bots_people: list[views.Person]
    discord_people: list[views.Person]
    sides: dict[str, views.Side]
    open: dict[str, list[views.Row]]


class ChatPage:
    """Watches the worlds and serves the page."""

    def __init__(self, telegram: TelegramWorld, discord: DiscordWorld, bots: BotWorld) -> None:
        self._telegram = telegram
        self._bots = bots
        self._discord = discord
        self._streams: set[asyncio.Event] = set()
        self._closing = False
        telegram.watch(self)
        bots.listeners.append(self._wake)
        discord.state.listeners.append(self._happened)

    def install(self, app: web.Application) -> None:
        """Adds the routes."""
        app.router.add_get("/", self._page)
        app.router.add_get("/chat/stream", self._stream)
        app.router.add_get(r"/chat/files/telegram/{id:\d+}", self._telegram_file)
        app.router.add_get(r"/chat/files/discord/{channel:\d+}/{message:\d+}/{id:\d+}", self._discord_file)

    async def close(self, _: web.Application) -> None:
        """Ends every stream."""
        self._closing = True
        self._wake()

    def _wake(self) -> None:
        for event in self._streams:
            event.set()

    def _happened(self, _: Happened) -> None:
        self._wake()

    def changed(self, change: Change, origin: object | None) -> None:
        """Telegram: messages were posted, edited or deleted."""
        self._wake()

    def membership(self, channel_id: int, user_id: int) -> None:
        """Telegram: nothing that the page shows."""

    def ended(self, user_id: int, key_id: int) -> None:
        """Telegram: nothing that the page shows."""

    def cut(self, user_id: int | None, how: Cut) -> None:
        """Telegram: nothing that the page shows."""

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(_HTML, headers={"Cache-Control": "no-store"})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: a whole picture whenever something in it changed."""
        keys = [key for key in request.query.get("open", "").split(",") if key]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        event = asyncio.Event()
        self._streams.add(event)
        try:
            await self._send_pictures(response, keys, event)
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._streams.discard(event)
        return response

    async def _send_pictures(self, response: web.StreamResponse, keys: list[str], event: asyncio.Event) -> None:
        last = b""
        while not self._closing:
            event.clear()
            picture = msgspec.json.encode(self._picture(keys))
            if picture != last:
                await response.write(b"data: " + picture + b"\n\n")
                last = picture
            await asyncio.sleep(_COALESCE)
            await _set_within(event, _LOOK)

    def _picture(self, keys: list[str]) -> Picture:
        return Picture(
            telegram=views.telegram_chats(self._telegram),
            bots=views.bot_chats(self._bots),
            discord=views.discord_chats(self._discord),
            telegram_people=views.telegram_people(self._telegram),
            bots_people=views.bot_people(self._bots),
            discord_people=views.discord_people(self._discord),
            sides={key: views.bot_side(self._bots, *pair) for key in keys if (pair := self._talk(key))},
            open={key: rows for key in keys if (rows := self._rows(key)) is not None},
        )

    def _rows(self, key: str) -> list[views.Row] | None:
        talk = self._talk(key)
        if talk:
            return views.bot_rows(self._bots, *talk)
        world, _, number = key.partition(":")
        chat_id = int(number) if number.isdecimal() else 0
        if world == "tg" and chat_id in self._telegram.state.channels:
            return views.telegram_rows(self._telegram, chat_id)
        if world == "dc" and chat_id in self._discord.state.channels:
            return views.discord_rows(self._discord, chat_id)
        return None

    def _talk(self, key: str) -> tuple[int, int] | None:
        """The bot and the person of "bt:<bot>.<person>"."""
        world, _, pair = key.partition(":")
        bot, _, person = pair.partition(".")
        if world != "bt" or not (bot.isdecimal() and person.isdecimal()):
            return None
        user = self._telegram.state.users.get(int(bot))
        return (user.id, int(person)) if user is not None and user.is_bot else None

    async def _telegram_file(self, request: web.Request) -> web.StreamResponse:
        file_id = int(request.match_info["id"])
        file = self._telegram.state.files.get(file_id)
        return _file(file.mime if file else "", lambda: self._telegram.file_data(file_id))

    async def _discord_file(self, request: web.Request) -> web.StreamResponse:
        channel_id, message_id, file_id = (int(request.match_info[name]) for name in ("channel", "message", "id"))
        channel = self._discord.state.channels.get(channel_id)
        message = channel.messages.get(message_id) if channel else None
        kinds = {file.id: file.content_type for file in message.attachments} if message else {}
        mime = kinds.get(file_id, "")
        return _file(mime, lambda: self._discord.file_data(channel_id, message_id, file_id))


def _file(mime: str, read: Callable[[], bytes]) -> web.Response:
    """A file; only plain images are shown, all else is offered as a download."""
    try:
        data = read()
    except NotFound as error:
        raise web.HTTPNotFound(text=error.message) from error
    shown = mime if mime in _SHOWN_INLINE else "application/octet-stream"
    return web.Response(body=data, headers={"Content-Type": shown, "X-Content-Type-Options": "nosniff"})


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
