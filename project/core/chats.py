"""A Telegram chat in every spelling: ids of apps and bots, names, links. Pure: nobody is asked.

Ranges of ids: https://core.telegram.org/api/bots/ids. A channel is -(10^12 + id), which is "-100" before the id only
where that has ten digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from project.core.errors import InvalidInput
from project.core.pasted import bare
from project.core.redaction import names_webhook, shown

HINT = "Give @name, a t.me link or an id like -1001234567890, or forward a message of the chat."
JOIN_HINT = "Let the account join, then give the chat's id."
LONGEST = 300  # characters that are looked at
_CHANNELS = 10**12  # marked ids count down from here
LARGEST_CHANNEL = 997_852_516_352
_SECRET_CHATS = range(-2_002_147_483_648, -_CHANNELS - LARGEST_CHANNEL)
_DIRECT = range(-4_000_000_000_000, -2_002_147_483_648)
_NUMBER = re.compile(r"-?0*([0-9]{1,16})", re.ASCII)
_NAME = re.compile(r"@?([A-Za-z][A-Za-z0-9_]{3,31})", re.ASCII)
_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/(\S+)", re.ASCII | re.I)
_NAMED_HOST = re.compile(r"(?:https?://)?([a-z][a-z0-9_]{3,31})\.t\.me(/\S*)?", re.ASCII | re.I)
_WEB = re.compile(r"(?:https?://)?web\.telegram\.org/(?:[a-z]{1,7}/)?#(\S+)", re.ASCII | re.I)
_OLD_WEB = re.compile(r"/?im\?p=(@[A-Za-z0-9_]+|[a-z]-?[0-9]+)\S*", re.ASCII)
_APP = re.compile(r"tg:(?://)?([a-z]+)/?\?(\S+)", re.ASCII | re.I)
_PRIVATE = re.compile(r"c/([1-9][0-9]{0,15})(?:/[0-9]{1,10})?(?:/([1-9][0-9]{0,9}))?", re.ASCII)
_PUBLIC = re.compile(r"(?:s/|boost/)?([A-Za-z][A-Za-z0-9_]{3,31})(?:/[0-9]{1,10})?(?:/([1-9][0-9]{0,9}))?", re.ASCII)
_NO_CHATS = frozenset(
    (
        *("addstickers", "addemoji", "addtheme", "share", "proxy", "socks", "setlanguage"),
        *("login", "contact", "invoice", "bg", "joinchat", "addlist"),
    )
)


@dataclass(frozen=True, slots=True)
class ChatName:
    """A chat, and perhaps a message of it: its bare id (negative for a basic group), else its public name."""

    chat_id: int | None
    username: str = ""
    message_id: int | None = None

    @property
    def reference(self) -> str:
        """In the one spelling: "-1001234567890" or "@name"."""
        return f"@{self.username}" if self.chat_id is None else marked(self.chat_id)


def marked(chat_id: int) -> str:
    """A bare id as Telegram's apps and bots write it."""
    return str(-_CHANNELS - chat_id) if chat_id > 0 else str(chat_id)


def bare_id(number: int) -> int:
    """The channel's id, or the negative id of a basic group. A positive number is a channel's, also when only the minus
    of a marked id is missing. Raises InvalidInput with the kind of chat that it is instead."""
    if number > LARGEST_CHANNEL:
        number = -number
    if number > 0:
        return number
    if 0 > number > -_CHANNELS:
        return number
    if -_CHANNELS > number >= -_CHANNELS - LARGEST_CHANNEL:
        return -_CHANNELS - number
    if number in _SECRET_CHATS:
        raise InvalidInput(f"{number} is the id of a secret chat: only its two devices can read it.", hint=HINT)
    if number in _DIRECT:
        raise InvalidInput(f"{number} is the id of a channel's direct messages, which are not relayed.", hint=HINT)
    raise InvalidInput(f"{number} is no id of a chat.", hint=HINT)


def read_chat(text: str) -> ChatName:
    """The chat (and message) that a text names. Raises InvalidInput that says which part is wrong."""
    wanted = bare(text[: LONGEST + 1]).rstrip(",;")
    if len(text) > LONGEST:
        raise InvalidInput(f"This is longer than {LONGEST} characters, and names no chat.", hint=HINT)
    if not wanted:
        raise InvalidInput("No chat is named.", hint=HINT)
    if names_webhook(wanted):
        raise InvalidInput("This is a Discord webhook's URL, not a Telegram chat.", hint=HINT)
    if found := _NUMBER.fullmatch(wanted):
        return ChatName(_signed(wanted, found[1]))
    if found := _NAME.fullmatch(wanted):
        return ChatName(None, found[1])
    if (link := _in_link(wanted)) is not None:
        return link
    raise InvalidInput(f"{shown(wanted)} names no chat: {_why(wanted)}.", hint=HINT)


def _in_link(wanted: str) -> ChatName | None:
    if found := _NAMED_HOST.fullmatch(wanted):
        return _in_path(found[1] + (found[2] or ""))
    if found := _LINK.fullmatch(wanted):
        return _in_path(found[1])
    if found := _WEB.fullmatch(wanted):
        return _in_web_app(found[1])
    if found := _APP.fullmatch(wanted):
        return _in_app_link(found[1].lower(), found[2])
    return None


def _in_path(path: str) -> ChatName | None:
    """What follows t.me/."""
    parts = urlsplit(path)
    path, asked = parts.path.rstrip("/.,;)>"), parse_qs(parts.query)
    if path.startswith("+") or path.lower().startswith("joinchat/"):
        raise InvalidInput("An invite link names no chat.", hint=JOIN_HINT)
    if path.startswith("addlist/"):
        raise InvalidInput("A link to a folder names no chat.", hint="Give each of its chats.")
    if path == "boost" and "c" in asked and asked["c"][0].isdigit():
        return ChatName(bare_id(int(asked["c"][0][:16])))
    if found := _PRIVATE.fullmatch(path):
        return ChatName(_channel(found[1]), message_id=_int(_last_number(path, 3)))
    if (found := _PUBLIC.fullmatch(path)) and found[1].lower() not in _NO_CHATS:
        return ChatName(None, found[1], _int(_last_number(path.removeprefix("s/").removeprefix("boost/"), 2)))
    return None


def _last_number(path: str, least: int) -> str:
    """The message's number in `name/5` or `name/topic/5`; "" when the path ends before."""
    parts = path.split("/")
    return parts[-1] if len(parts) >= least else ""


def _in_web_app(fragment: str) -> ChatName | None:
    """Behind web.telegram.org/k/# and its older kin. Their "-<number>" is a basic group's or, in Web K, a channel's."""
    if old := _OLD_WEB.fullmatch(fragment):
        fragment = old[1]
        if fragment[0] in "cs":
            return ChatName(_channel(fragment[1:]))
        fragment = fragment.replace("g", "-", 1) if fragment[0] == "g" else fragment
    fragment = fragment.partition("_")[0] if fragment[0] in "-0123456789" else fragment.partition("/")[0]
    if found := _NUMBER.fullmatch(fragment):
        return ChatName(_signed(fragment, found[1]))
    found = _NAME.fullmatch(fragment.partition("?")[0])
    return ChatName(None, found[1]) if found else None


def _in_app_link(act: str, query: str) -> ChatName | None:
    """tg://resolve?domain=name&post=5 and tg://privatepost?channel=1234567890&post=5."""
    given = {name: values[0] for name, values in parse_qs(query).items()}
    if act == "join":
        raise InvalidInput("An invite link names no chat.", hint=JOIN_HINT)
    message = _int(given.get("post", ""))
    if act == "resolve" and (found := _NAME.fullmatch(given.get("domain", ""))):
        return ChatName(None, found[1], message)
    channel = given.get("channel", "")
    if act == "privatepost" and channel.isascii() and channel.isdigit() and len(channel) < 17:
        return ChatName(_channel(channel), message_id=message)
    return None


def _signed(text: str, digits: str) -> int:
    return bare_id(-int(digits) if text[0] == "-" else int(digits))


def _channel(digits: str) -> int:
    number = int(digits)
    if not 0 < number <= LARGEST_CHANNEL:
        raise InvalidInput(f"No channel has the number {number}.", hint=HINT)
    return number


def _int(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < len(digits) < 11 and int(digits) else None


def _why(wanted: str) -> str:
    if "." in wanted or ":" in wanted or "/" in wanted:
        return "it is no link to a chat or a message of one"
    if re.fullmatch(r"[-+]?[0-9]+", wanted):
        return "no id has so many digits"
    if re.search(r"\s", wanted):
        return "a blank stands in it"
    if len(wanted.removeprefix("@")) < 4:
        return "public names have at least 4 letters, digits and underscores"
    return "a public name has 4 to 32 letters, digits and underscores, and begins with a letter"
