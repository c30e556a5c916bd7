"""Links and ids of chats and messages, as people paste them. Pure: nobody is asked."""

from __future__ import annotations

from dataclasses import dataclass

from pairs.domain.channels import read_channel
from project.core.chats import bare_id, marked, read_chat
from project.core.errors import InvalidInput

BASIC_HINT = "Make it a supergroup (open its settings, choose a public link or visible history), then give its new id."
_LOOKED_AT = 20  # words of a message


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
    for word in text.split()[:_LOOKED_AT]:
        if post := _discord_post(word) or _telegram_post(word):
            return post
    return None


def _telegram_post(link: str) -> TelegramPost | None:
    try:
        found = read_chat(link.lstrip("<("))
    except InvalidInput:
        return None
    return TelegramPost(found.chat_id, found.username, found.message_id) if found.message_id else None


def _discord_post(link: str) -> DiscordPost | None:
    try:
        found = read_channel(link.lstrip("<(").rstrip(">).,;"))
    except InvalidInput:
        return None
    return DiscordPost(found.channel_id, found.message_id) if found.message_id else None


def check_chat(text: str) -> str:
    """A chat in one spelling: its marked id ("-1001234567890", "-<id>" for a basic group) or "@name". Raises
    InvalidInput."""
    return read_chat(text).reference


def check_destination(text: str) -> str:
    """As `check_chat`, of a chat to post in. Raises InvalidInput, also for a basic group: ids of posts there differ
    from account to account, so nobody but the poster could find, edit or delete them."""
    wanted = check_chat(text)
    number = chat_number(wanted) or 0
    if number < 0:
        raise InvalidInput(
            "A basic group cannot be a destination, only a source.", hint=f"{BASIC_HINT} {channel_hint(number)}"
        )
    return wanted


def channel_hint(number: int) -> str:
    """For the id of a basic group that may be meant as a channel's: some apps show those without the -100."""
    return f"If a channel is meant: channels have -100 before the number, {marked(-number)}."


def chat_number(reference: str) -> int | None:
    """The id in what `check_chat` gave: bare, negative for a basic group; None for a name."""
    return None if reference.startswith("@") else bare_id(int(reference))
