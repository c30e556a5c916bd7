"""A Discord channel in every spelling that Discord's menus and people's notes give. Pure: nobody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from project.core.errors import InvalidInput
from project.core.pasted import bare
from project.core.redaction import names_webhook, shown

COPY_HINT = (
    "Right-click the channel on Discord and choose Copy Link or Copy Channel ID (with Settings > Advanced > "
    "Developer Mode on)."
)
SNOWFLAKE = re.compile(r"[1-9][0-9]{4,18}", re.ASCII)
_LONGEST = 300  # characters that are looked at
_LINK = re.compile(
    r"(?:discord:/*(?:-|app|discord(?:app)?\.com)?|(?:https?://)?(?:www\.|ptb\.|canary\.)?discord(?:app)?\.com)/+"
    r"channels/(\S*)",
    re.ASCII | re.I,
)
_MENTION = re.compile(r"<?#!?([1-9][0-9]{4,18})(?:\|[^<>]*)?>?", re.ASCII)
_OTHER_MENTIONS = (("<@&", "a role"), ("<@", "a person"), ("</", "a command"), ("<id:", "a list of channels"))
_INVITE = re.compile(r"(?:https?://)?(?:www\.)?(?:discord\.gg|discord(?:app)?\.com/invite)/", re.ASCII | re.I)


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel, and perhaps a message of it."""

    channel_id: int
    message_id: int | None = None


def read_channel(text: str) -> ChannelName:
    """The channel (and message) that a text names. Raises InvalidInput that says which part is wrong; a webhook's token
    is never repeated."""
    if len(text) > _LONGEST:
        raise InvalidInput("This is too long for a channel.", hint=COPY_HINT)
    if names_webhook(text):
        raise InvalidInput("This is a webhook's URL, not a channel.", hint=COPY_HINT)
    wanted = bare(text).rstrip(",;")
    if SNOWFLAKE.fullmatch(wanted):
        return ChannelName(int(wanted))
    if found := _MENTION.fullmatch(wanted):
        return ChannelName(int(found[1]))
    if found := _LINK.fullmatch(wanted):
        return _in_path(found[1])
    raise InvalidInput(_why(text.strip(), wanted), hint=COPY_HINT)


def _in_path(path: str) -> ChannelName:
    """What follows /channels/: server, channel, message."""
    server, *rest = [part for part in re.split(r"[?#]", path)[0].rstrip(".,;)>").split("/") if part] or [""]
    if server.lower() == "@me":
        raise InvalidInput("This link names a direct message, not a channel of a server.", hint=COPY_HINT)
    if not rest:
        raise InvalidInput(
            "This link names a server and no channel: the channel's number is the second one.", hint=COPY_HINT
        )
    if not SNOWFLAKE.fullmatch(rest[0]):
        raise InvalidInput(f"The part {shown(rest[0])} of the link is no channel's number.", hint=COPY_HINT)
    if len(rest) > 1 and rest[1].lower() == "threads":
        raise InvalidInput("This link names a thread; pairs post into channels.", hint=COPY_HINT)
    if len(rest) > 2 or (len(rest) == 2 and not SNOWFLAKE.fullmatch(rest[1])):
        raise InvalidInput(f"The part {shown(rest[1])} of the link is no message's number.", hint=COPY_HINT)
    return ChannelName(int(rest[0]), int(rest[1]) if len(rest) == 2 else None)


def _why(typed: str, wanted: str) -> str:
    for beginning, what in _OTHER_MENTIONS:
        if typed.startswith(beginning):
            return f"{shown(typed)} mentions {what}, no channel."
    if _INVITE.match(wanted):
        return "An invite names a server, not a channel."
    if wanted.isascii() and wanted.isdigit():
        return f"{shown(wanted)} is no channel id: those have 17 to 19 digits."
    if wanted.startswith("#"):
        return f"{shown(wanted)} is a channel's name, which others may have, too: its id or link is wanted."
    return f"{shown(wanted)} is no channel's id or link."
