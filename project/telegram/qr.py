"""Logging in by a QR code that another device of the account scans (https://core.telegram.org/api/qr-login)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from telethon.tl import types

from project.core.secret import Secret
from project.telegram.sender import Discarded
from project.telegram.values import QrToken


class LoginEars(Discarded):
    """The queue of updates of a connection without a user: all there is to hear is that the QR code was scanned."""

    def __init__(self, on_login_token: Callable[[], None]) -> None:
        self._on_login_token = on_login_token

    def put_nowait(self, item: object) -> None:
        """Listen for updateLoginToken, forget the rest."""
        if any(isinstance(update, types.UpdateLoginToken) for update in _updates_in(item)):
            self._on_login_token()

    async def put(self, item: object) -> None:
        """The same."""
        self.put_nowait(item)


def _updates_in(item: Any) -> list[Any]:
    short = getattr(item, "update", None)
    return [short] if short is not None else list(getattr(item, "updates", None) or ())


def shown(answer: Any) -> QrToken:
    """What the picture has to say, from auth.loginToken."""
    token = base64.urlsafe_b64encode(answer.token).decode().rstrip("=")
    return QrToken(Secret(f"tg://login?token={token}"), answer.expires.timestamp())
