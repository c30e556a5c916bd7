"""Links and ids of chats and messages, as people paste them. Pure: nobody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from project.core.errors import InvalidInput

BASIC_HINT = "Make it a supergroup (open its settings, choose a public link or visible history), then give its new id."
CHAT_HINT = "Give @name, a t.me link or an id like -1001234567890, or forward a message of the chat."
_ID = re.compile(r"(?:-100)?([1-9][0-9]{0,14})", re.ASCII)
_BASIC = re.compile(r"-[1-9][0-9]{0,11}", re.ASCII)
_INVITE = re.compile(r"(?:https?://)?(?:t|telegram)\.me/(?:\+|joinchat/)", re.ASCII | re.I)
_NAME = re.compile(r"@?[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII)
_TELEGRAM = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/(\S{1,200})", re.ASCII | re.I)
_PRIVATE = re.compile(r"c/([1-9][0-9]{0,15})/(?:[0-9]{1,10}/)?([1-9][0-9]{0,9})", re.ASCII)
_PUBLIC = re.compile(r"(?:s/)?([A-Za-z][A-Za-z0-9_]{3,31})/(?:[0-9]{1,10}/)?([1-9][0-9]{0,9})", re.ASCII)
_DISCORD = re.compile(
    r"https?://(?:ptb\.|canary\.)?discord(?:app)?\.com/channels/([0-9]{1,19}|@me)/([1-9][0-9]{0,18})/([1-9][0-9]{0,18})",
    re.ASCII,
)
SNOWFLAKE = re.compile(r"[1-9][0-9]{4,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TelegramPost:
    """A message of a Telegram chat: its bare id, or its public name."""

    chat_id: int | None
    username: str
    message_id: int


@dataclass(frozen=True, slots=True)
class DiscordPost:
    """A message of a Discord channel."""

    channel_id: int
    message_id: int


def find_post(text: str) -> TelegramPost | DiscordPost | None:
    """The first link to a message in a text."""
    for word in text.split()[:20]:
        link = word.split("?", 1)[0].rstrip("/.,;)>").lstrip("<(")
        if found := _DISCORD.fullmatch(link):
            return DiscordPost(int(found[2]), int(found[3]))
        if (telegram := _TELEGRAM.fullmatch(link)) and (post := _telegram_post(telegram[1])):
            return post
    return None


def _telegram_post(path: str) -> TelegramPost | None:
    if found := _PRIVATE.fullmatch(path):
        return TelegramPost(int(found[1]), "", int(found[2]))
    if found := _PUBLIC.fullmatch(path):
        return TelegramPost(None, found[1], int(found[2]))
    return None


def check_chat(text: str) -> str:
    """A chat in one spelling: "-100<id>" or "@name", "-<id>" for a basic group. Raises InvalidInput."""
    wanted = text.strip()
    if _INVITE.match(wanted):
        raise InvalidInput("An invite link names no chat.", hint="Let the account join, then give the chat's id.")
    if _BASIC.fullmatch(wanted) and not wanted.startswith("-100"):
        return wanted
    if link := _TELEGRAM.fullmatch(wanted):
        wanted = link[1].split("?", 1)[0].rstrip("/").removeprefix("s/")
        if post := _telegram_post(wanted):
            return marked(post.chat_id) if post.chat_id else f"@{post.username}"
    if found := _ID.fullmatch(wanted):
        return marked(int(found[1]))
    if _NAME.fullmatch(wanted):
        return f"@{wanted.removeprefix('@')}"
    raise InvalidInput(f"{text[:40]!r} names no chat.", hint=CHAT_HINT)


def check_destination(text: str) -> str:
    """As `check_chat`, of a chat to post in. Raises InvalidInput, also for a basic group: ids of posts there differ
    from account to account, so nobody but the poster could find, edit or delete them."""
    wanted = check_chat(text)
    if (chat_number(wanted) or 0) < 0:
        raise InvalidInput("A basic group cannot be a destination, only a source.", hint=BASIC_HINT)
    return wanted


def chat_number(reference: str) -> int | None:
    """The id in what `check_chat` gave: bare, negative for a basic group; None for a name."""
    if reference.startswith("-100"):
        return int(reference.removeprefix("-100"))
    return int(reference) if reference.startswith("-") else None


def marked(chat_id: int) -> str:
    """A chat's id as Telegram's apps and bots write it."""
    return f"-100{chat_id}" if chat_id > 0 else str(chat_id)
