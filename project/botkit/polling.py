"""Long polling: updates in their order, for as long as the token is good, whatever the network does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import Update, User
from pydantic import ValidationError

from project.core.errors import AccountDead
from project.core.logs import get_logger

SECONDS = 30  # that Telegram holds a call open
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
_SLACK = 15  # seconds more before the call counts as lost
_LONGEST_PAUSE = 30.0
_AT_ONCE = 50  # updates at work
_ORDER = 3.0  # seconds that one person's next update waits for the one before

log = get_logger(__name__)

T = TypeVar("T")
Arrive = Callable[[Update], Coroutine[Any, Any, None] | None]


class Polling:
    """Reads updates; what `arrive` makes of each runs in a task of its own, those of one person in their order.

    `arrive` is called at once, in the order of arrival; None: there is nothing to do.
    """

    def __init__(self, bot: Bot, arrive: Arrive, *, pause: float = 1.0) -> None:
        self._bot = bot
        self._arrive = arrive
        self._pause = pause
        self._offset: int | None = None
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._last: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Ends only by cancellation, and by AccountDead when Telegram refuses the token."""
        await self.patiently(self._bot.delete_webhook)
        log.info("the admin bot listens")
        try:
            while True:
                updates = await self.patiently(self._get)
                for update in updates:
                    self._offset = update.update_id + 1
                    await self._start(update)
        finally:
            await self._finish()

    async def me(self) -> User:
        """The bot itself, asked until Telegram answers. Raises AccountDead."""
        return await self.patiently(self._bot.get_me)

    async def _get(self) -> list[Update]:
        try:
            return await self._bot.get_updates(
                offset=self._offset, timeout=SECONDS, allowed_updates=ALLOWED, request_timeout=SECONDS + _SLACK
            )
        except ClientDecodeError as error:
            return self._readable(error)

    def _readable(self, answer: ClientDecodeError) -> list[Update]:
        """What can be read of an answer in which an update is of a kind that we do not know yet: asked again it would
        come again for ever. Raises the error itself when it holds no updates."""
        data = answer.data.get("result") if isinstance(answer.data, dict) else None
        found = [one for one in data or () if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
        if not found:
            raise answer
        self._offset = max(one["update_id"] for one in found) + 1
        updates = []
        for one in found:
            try:
                updates.append(Update.model_validate(one, context={"bot": self._bot}))
            except ValidationError:
                log.warning("an update is of an unknown kind", update=one["update_id"])
        return updates

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call's result, tried again for ever with growing pauses. Raises AccountDead."""
        pause = self._pause
        while True:
            try:
                return await call()
            except (TelegramUnauthorizedError, TelegramNotFound) as error:
                raise AccountDead(
                    "Telegram refuses ADMIN_BOT_TOKEN.", code="401", hint="Take the token from @BotFather anew."
                ) from error
            except TelegramRetryAfter as error:
                await asyncio.sleep(error.retry_after)
            except TelegramConflictError:
                log.warning("another program reads this bot's updates", hint="Stop it, or give it another bot.")
                await asyncio.sleep(pause)
            except AiogramError as error:
                log.warning("Telegram cannot be reached", reason=type(error).__name__)
                await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _start(self, update: Update) -> None:
        work, person = self._arrive(update), person_of(update)
        if work is None:
            return
        await self._room.acquire()
        task = asyncio.create_task(self._work(work, self._last.get(person)))
        self._last[person] = task
        task.add_done_callback(lambda done: self._forget(person, done))

    async def _work(self, work: Coroutine[Any, Any, None], before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None and not before.done():
                await asyncio.wait([before], timeout=_ORDER)
            await work
        finally:
            work.close()

    def _forget(self, person: int, done: asyncio.Task[None]) -> None:
        self._room.release()
        if self._last.get(person) is done:
            del self._last[person]
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("an update was not handled", exc_info=error)

    async def _finish(self) -> None:
        """Lets what is at work end, and tells Telegram what was read, so that nothing comes twice."""
        if self._last:
            await asyncio.wait(list(self._last.values()), timeout=5)
        for task in list(self._last.values()):
            task.cancel()
        if self._offset is not None:
            try:
                await self._bot.get_updates(offset=self._offset, timeout=0, limit=1, request_timeout=3)
            except AiogramError as error:
                log.info("the last updates may come again", reason=type(error).__name__)


def person_of(update: Update) -> int:
    """Whose update it is, 0 for nobody's."""
    message, press = update.message, update.callback_query
    if message is not None and message.from_user is not None:
        return message.from_user.id
    return press.from_user.id if press is not None else 0
