"""Login by QR code (https://core.telegram.org/api/qr-login): tokens that a phone accepts for another client."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from telethon.tl import types

from .errors import RpcRefusedError
from .keys import AuthKey


@dataclass(slots=True)
class LoginToken:
    """One token. `key_id` is the auth key that shows it; `expires` is monotonic; `user_id` is who accepted it."""

    token: bytes = field(repr=False)
    key_id: int
    expires: float
    excepted: frozenset[int]
    user_id: int | None = None


class LoginTokens:
    """The open tokens. One that was accepted lives on for as long again, until its client comes for the login."""

    def __init__(self) -> None:
        self._open: dict[bytes, LoginToken] = {}

    def make(self, key_id: int, excepted: frozenset[int], *, now: float, lifetime: float) -> LoginToken:
        """A new token; those of other clients and older ones stay until they expire."""
        self._open = {token: item for token, item in self._open.items() if now < item.expires + 10 * lifetime}
        made = LoginToken(secrets.token_bytes(32), key_id, now + lifetime, excepted)
        self._open[made.token] = made
        return made

    def accept(self, token: bytes, user_id: int, *, now: float, lifetime: float) -> LoginToken:
        """A logged-in client scanned it. Raises the AUTH_TOKEN errors of auth.acceptLoginToken."""
        found = self._live(token, now)
        if found.user_id is not None:
            raise RpcRefusedError("AUTH_TOKEN_ALREADY_ACCEPTED")
        if user_id in found.excepted:
            raise RpcRefusedError("AUTH_TOKEN_EXCEPTION")
        found.user_id = user_id
        found.expires = now + lifetime
        return found

    def shown(self, *, now: float) -> list[LoginToken]:
        """Those that a phone could scan, oldest first."""
        return [item for item in self._open.values() if item.user_id is None and now <= item.expires]

    def accepted(self, key_id: int, *, now: float) -> LoginToken | None:
        """The accepted token of a client that asks again."""
        return next(
            (
                item
                for item in self._open.values()
                if item.key_id == key_id and item.user_id is not None and now <= item.expires
            ),
            None,
        )

    def taken(self, token: bytes, *, now: float) -> int:
        """Uses an accepted token up and gives its user. Raises AUTH_TOKEN_INVALIDX, AUTH_TOKEN_EXPIRED."""
        found = self._live(token, now)
        if found.user_id is None:
            raise RpcRefusedError("AUTH_TOKEN_INVALIDX")
        del self._open[token]
        return found.user_id

    def _live(self, token: bytes, now: float) -> LoginToken:
        found = self._open.get(token)
        if found is None:
            raise RpcRefusedError("AUTH_TOKEN_INVALIDX")
        if now > found.expires:
            raise RpcRefusedError("AUTH_TOKEN_EXPIRED")
        return found


def tell(key: AuthKey | None, date: int) -> None:
    """Pushes updateLoginToken to the client that shows the code."""
    update = bytes(types.UpdateShort(types.UpdateLoginToken(), date))
    for connection in tuple(key.connections) if key else ():
        connection.push(update)


def link_of(token: LoginToken) -> str:
    """What the QR code holds."""
    return f"tg://login?token={base64.urlsafe_b64encode(token.token).decode().rstrip('=')}"


def token_in(url_or_token: str) -> bytes:
    """The token of a "tg://login?token=..." link, or of its bare text. Raises AUTH_TOKEN_INVALIDX."""
    text = parse_qs(urlsplit(url_or_token).query).get("token", [url_or_token])[0]
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise RpcRefusedError("AUTH_TOKEN_INVALIDX") from None
