"""One call of the Bot API: waited, repeated, and its refusals told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
)

from project.core.errors import Refused, RetryLater, TargetGone, Unreachable
from project.core.logs import get_logger

T = TypeVar("T")
Blocked = Callable[[int, str], Awaitable[None]]

TRIES = 6  # of one call; a lost connection is waited for with growing pauses
LONGEST_WAIT = 120.0  # seconds that one call waits for Telegram's limits
# Descriptions of refusals, in lower case: the Bot API gives them no codes of their own.
_NOT_EDITABLE = ("message to edit not found", "message can't be edited", "there is no text", "message_id_invalid")
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")

log = get_logger(__name__)


class Unchanged(Exception):
    """The message looks as asked already."""


class NotEditable(Exception):
    """The message is gone, too old, or of another kind: a new one is needed."""


class BadMarkup(Exception):
    """The text is no HTML that Telegram takes: it can go out without markup."""


class Caller:
    """Waits as long as Telegram asks, and repeats what was lost on the way (a message may then come twice).

    Raises TargetGone when the bot may not write to a person (`blocked` is told), RetryLater for long waits,
    Unreachable when Telegram stays away, Refused for what it does not take, and the three above.
    """

    def __init__(self, blocked: Blocked, *, pause: float = 1.0) -> None:
        self._blocked = blocked
        self._pause = pause

    async def __call__(self, chat_id: int, call: Callable[[], Awaitable[T]]) -> T:
        """Makes the call, which writes to `chat_id`."""
        waited, lost = 0.0, 0
        while lost < TRIES:
            try:
                return await call()
            except TelegramRetryAfter as error:
                waited += error.retry_after
                await self._wait(error, waited)
            except (TelegramNetworkError, TelegramServerError, ClientDecodeError) as error:
                log.warning("Telegram did not answer the bot", reason=type(error).__name__)
                await asyncio.sleep(self._pause * 2**lost)
                lost += 1
            except TelegramForbiddenError as error:
                raise await self._gone(chat_id, error.message) from error
            except (TelegramBadRequest, TelegramNotFound) as error:
                raise await self._judged(chat_id, error.message) from error
        raise Unreachable("Telegram does not answer the bot.")

    async def _wait(self, error: TelegramRetryAfter, waited: float) -> None:
        if waited > LONGEST_WAIT:
            raise RetryLater("Telegram asks the bot to wait.", retry_after=error.retry_after, scope="bot") from error
        log.warning("Telegram asks the bot to wait", seconds=error.retry_after)
        await asyncio.sleep(error.retry_after)

    async def _judged(self, chat_id: int, message: str) -> Exception:
        said = message.lower()
        if "message is not modified" in said:
            return Unchanged(message)
        if any(part in said for part in _GONE):
            return await self._gone(chat_id, message)
        if any(part in said for part in _NOT_EDITABLE):
            return NotEditable(message)
        if "can't parse entities" in said:
            log.error("a reply was no HTML", reason=message)
            return BadMarkup(message)
        return Refused(f"Telegram refuses: {message}")

    async def _gone(self, chat_id: int, message: str) -> TargetGone:
        await self._blocked(chat_id, message)
        return TargetGone(f"The bot may not write to {chat_id}: {message}")
