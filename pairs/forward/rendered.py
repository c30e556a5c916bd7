"""A part as it is frozen in the journal before it is sent."""

from __future__ import annotations

import msgspec

from project.core.message import RichText


class DiscordRendered(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A Discord message. `files` are indexes of the source message's attachments, `marks` what they are known by when
    an edit changes their places."""

    content: str
    username: str = ""
    files: tuple[int, ...] = ()
    reply_to: int | None = None
    marks: tuple[str, ...] = ()


class TelegramRendered(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A Telegram message; with `file` set, `text` is its caption, and `mark` what the file is known by."""

    text: RichText
    file: int | None = None
    reply_to: int | None = None
    mark: str = ""


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
