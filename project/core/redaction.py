"""Taking secrets out of anything that is about to be logged or audited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from project.core.pasted import tidy
from project.core.secret import HIDDEN

_SECRET_NAMES = frozenset(
    (
        *("token", "bot_token", "password", "passwd", "secret", "login_code", "phone_code_hash", "api_hash"),
        *("auth_key", "session_string", "webhook_url", "master_keys", "secret_key"),
        *("authorization", "cookie", "proxy"),
    )
)
_SHOWN = 40  # characters
_PHONE_NAMES = frozenset({"phone", "phone_number"})
_TOKENS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d)\d{5,20}:[A-Za-z0-9_-]{30,}"), HIDDEN),  # Telegram bot token
    (
        re.compile(r"[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"),
        HIDDEN,
    ),  # Discord bot token
    (re.compile(r"(/webhooks/\d+/)[A-Za-z0-9_-]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), rf"\1{HIDDEN}@"),  # password within a URL
    (re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{43}="), HIDDEN),  # 32 bytes in base64: a master key
    (re.compile(r"[A-Za-z0-9_-]{120,}={0,2}"), HIDDEN),  # an auth key or a session string
)
_PIECE = re.compile(r"(['\"])[A-Za-z0-9_-]{8,}…?\1")
_WEBHOOK = re.compile(r"webhooks?\s*(?:/|\\|%2f)", re.IGNORECASE)
_PATTERNS = (
    *_TOKENS,
    (re.compile(r"\+\d[\d ()-]{6,}(\d\d)(?!\d)"), rf"+{HIDDEN}\1"),  # phone: the last two digits stay
)


def redact(value: Any, *, known: Sequence[str] = ()) -> Any:
    """The same value without secrets: by field name, by form, and the exact texts in `known`."""
    if isinstance(value, str):
        return redact_text(value, known=known)
    if isinstance(value, Mapping):
        return {name: _redact_field(str(name), item, known) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, known=known) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_text(str(value), known=known)


def redact_text(text: str, *, known: Sequence[str] = ()) -> str:
    """A text without the secrets in it."""
    for secret in known:
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def holds_token(text: str) -> bool:
    """Whether a text holds a token, a key or a password within a URL, by their forms; also when invisible signs or
    other spellings stand in it."""
    clean = tidy(text)
    return names_webhook(clean) or any(pattern.search(one) for one in {text, clean} for pattern, _ in _TOKENS)


def names_webhook(text: str) -> bool:
    """Whether a text holds something like a webhook's URL, in any spelling: right or wrong, it may hold the token."""
    return bool(_WEBHOOK.search(tidy(text)))


def without_pieces(text: str) -> str:
    """A message of ours about a line that held a webhook's URL: a blank may have cut its token, so that a piece of it
    stands there as a word of its own."""
    return _PIECE.sub(repr(HIDDEN), text)


def shown(text: str) -> str:
    """The beginning of what somebody typed, as a message may repeat it: quoted, without secrets."""
    clean = redact_text(tidy(text)) if not names_webhook(text) else HIDDEN
    return repr(clean[:_SHOWN] + ("…" if len(clean) > _SHOWN else ""))


def mask_phone(phone: str) -> str:
    """A phone number as people may see it: the last two digits."""
    return f"+{HIDDEN}{phone[-2:]}" if len(phone) > 4 else HIDDEN


def _redact_field(name: str, value: Any, known: Sequence[str]) -> Any:
    if name in _PHONE_NAMES and isinstance(value, str):
        return mask_phone(value)
    if name in _SECRET_NAMES and value:
        return HIDDEN
    return redact(value, known=known)
