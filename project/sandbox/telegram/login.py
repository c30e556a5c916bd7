"""Login codes: sent, tried, expired, and burnt when typed into a chat."""

from __future__ import annotations

import random
import re
import secrets
from dataclasses import dataclass, field

from .errors import RpcRefusedError
from .settings import Delivery, Settings
from .users import bare_phone

# A code typed into any chat is invalidated; digits may be interleaved with or followed by "-".
_TYPED = re.compile(r"(?<!\d)\d(?:-*\d){4,6}(?!\d)")

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "glade", "heron", "inlet", "juniper")


@dataclass(slots=True)
class SentCode:
    """A code on its way to one phone. `key_id` is the auth key that asked for it: nobody else can use it."""

    phone: str
    key_id: int
    hash: str = field(repr=False)
    code: str = field(repr=False)
    delivery: Delivery = Delivery.APP
    sent_at: float = 0.0
    tries: int = 0
    resent: int = 0
    spent: bool = False


class Logins:
    """The newest code of each phone."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._codes: dict[str, SentCode] = {}

    def _new_code(self, settings: Settings, delivery: Delivery) -> str:
        if delivery in (Delivery.WORD, Delivery.PHRASE):
            return " ".join(self._rng.sample(_WORDS, 1 if delivery is Delivery.WORD else 3))
        return "".join(self._rng.choices("0123456789", k=settings.code_digits))

    def send(self, phone: str, key_id: int, settings: Settings, now: float) -> SentCode:
        """Sends a fresh code; the one before is void."""
        phone = bare_phone(phone)
        delivery = settings.code_delivery
        sent = SentCode(phone, key_id, secrets.token_hex(9), self._new_code(settings, delivery), delivery, now)
        self._codes[phone] = sent
        return sent

    def find(self, phone: str, phone_code_hash: str, key_id: int) -> SentCode:
        """The open code of that hash. Raises PHONE_CODE_HASH_EMPTY, PHONE_CODE_EXPIRED."""
        if not phone_code_hash:
            raise RpcRefusedError("PHONE_CODE_HASH_EMPTY")
        sent = self._codes.get(bare_phone(phone))
        if sent is None or sent.hash != phone_code_hash or sent.key_id != key_id or sent.spent:
            raise RpcRefusedError("PHONE_CODE_EXPIRED")
        return sent

    def resend(self, sent: SentCode, settings: Settings, now: float) -> None:
        """Sends another code under the same hash, twice at most: SEND_CODE_UNAVAILABLE."""
        if sent.resent >= 2:
            raise RpcRefusedError("SEND_CODE_UNAVAILABLE", 406)
        sent.resent += 1
        sent.tries = 0
        sent.delivery = Delivery.SMS if sent.resent == 1 else Delivery.CALL
        sent.code, sent.sent_at = self._new_code(settings, sent.delivery), now

    def check(self, sent: SentCode, code: str, settings: Settings, now: float) -> None:
        """Uses the code up. Raises PHONE_CODE_EMPTY, PHONE_CODE_INVALID, PHONE_CODE_EXPIRED."""
        if not code:
            raise RpcRefusedError("PHONE_CODE_EMPTY")
        if now - sent.sent_at > settings.code_lifetime or sent.tries >= settings.code_tries:
            sent.spent = True
            raise RpcRefusedError("PHONE_CODE_EXPIRED")
        if code != sent.code:
            sent.tries += 1
            raise RpcRefusedError("PHONE_CODE_INVALID")
        sent.spent = True

    def code(self, phone: str) -> str:
        """The code last sent to a phone. Raises KeyError when none was."""
        return self._codes[bare_phone(phone)].code

    def expire(self, phone: str) -> None:
        """Voids the code of a phone."""
        self._codes[bare_phone(phone)].spent = True

    def burn(self, phone: str, text: str) -> bool:
        """Voids the code of `phone` when `text`, typed by its owner into some chat, holds it. Tells whether it did."""
        sent = self._codes.get(bare_phone(phone))
        if sent is None or sent.spent:
            return False
        typed = (match.group().replace("-", "") for match in _TYPED.finditer(text))
        if sent.code in typed:
            sent.spent = True
        return sent.spent
