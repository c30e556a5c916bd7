"""The Bot API's refusals, in the words of https://github.com/tdlib/telegram-bot-api."""

from __future__ import annotations

import math

from project.sandbox.telegram.errors import RpcRefusedError

# Names of Telegram's errors that the Bot API says in other words; all others pass through as they are.
_WORDS = {
    "MESSAGE_TOO_LONG": "message is too long",
    "MEDIA_CAPTION_TOO_LONG": "message caption is too long",
    "REPLY_MESSAGE_ID_INVALID": "message to be replied not found",
    "CHAT_ADMIN_REQUIRED": "not enough rights",
    "MESSAGE_EMPTY": "message text is empty",
}


class ApiRefusedError(Exception):
    """The call is answered with {"ok": false}. `description` stands in full, `retry_after` is in seconds."""

    def __init__(self, code: int, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad(text: str) -> ApiRefusedError:
    """400."""
    return ApiRefusedError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiRefusedError:
    """403."""
    return ApiRefusedError(403, f"Forbidden: {text}")


def too_many(seconds: float) -> ApiRefusedError:
    """429, with the whole seconds to wait."""
    wait = max(1, math.ceil(seconds))
    return ApiRefusedError(429, f"Too Many Requests: retry after {wait}", wait)


def told(failure: RpcRefusedError) -> ApiRefusedError:
    """What the Bot API makes of an error of Telegram itself."""
    return bad(_WORDS.get(failure.name, failure.name))
