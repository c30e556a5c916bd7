"""A part as it is frozen in the journal before it is sent."""

from __future__ import annotations

import msgspec

from project.core.message import RichText


class DiscordRendered(msgspec.Struct, frozen=True, gc=False):
    """A Discord message. `files` are indexes of the source message's attachments."""

    content: str
    username: str = ""
    files: tuple[int, ...] = ()
    reply_to: int | None = None


class TelegramRendered(msgspec.Struct, frozen=True, gc=False):
    """A Telegram message; with `file` set, `text` is its caption."""

    text: RichText
    file: int | None = None
    reply_to: int | None = None


_encoder = msgspec.json.Encoder()
_discord = msgspec.json.Decoder(DiscordRendered)
_telegram = msgspec.json.Decoder(TelegramRendered)


def freeze(part: DiscordRendered | TelegramRendered) -> str:
    """The journal's JSON form of a part."""
    return _encoder.encode(part).decode()


def discord_part(text: str) -> DiscordRendered:
    """Inverse of `freeze` for hop 1."""
    return _discord.decode(text)


def telegram_part(text: str) -> TelegramRendered:
    """Inverse of `freeze` for hop 2."""
    return _telegram.decode(text)
