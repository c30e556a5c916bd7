"""Names of people and chats lately seen. Updates often name their author in another update than the message's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from telethon import utils
from telethon.tl import types

KEPT = 2000  # names; about 0.3 MB
CHANNELS = -1_000_000_000_000  # marked ids of channels and supergroups count down from here


class Names:
    """The latest names by Telegram's marked id (negative for channels and groups)."""

    def __init__(self) -> None:
        self._names: OrderedDict[int, str] = OrderedDict()

    def learn(self, *lists: Iterable[Any]) -> None:
        """Take the names out of an answer's users and chats."""
        for entities in lists:
            for entity in entities:
                try:
                    name, peer = display_name(entity), marked_id(entity)
                except (AttributeError, TypeError, ValueError):
                    continue  # a name that cannot be read is not known; what it names comes all the same
                if name:
                    self._names[peer] = name
                    self._names.move_to_end(peer)
        while len(self._names) > KEPT:
            self._names.popitem(last=False)

    def of(self, peer: Any) -> str:
        """The name of a peer, "" when it was not seen."""
        return self._names.get(marked_id(peer), "")


def marked_id(peer: Any) -> int:
    """Telethon's `get_peer_id`, at a tenth of its price for what every update brings: users and channels."""
    kind = type(peer)
    if kind is types.User:
        return int(peer.id)
    if kind is types.PeerUser:
        return int(peer.user_id)
    if kind is types.Channel:
        return CHANNELS - int(peer.id)
    if kind is types.PeerChannel:
        return CHANNELS - int(peer.channel_id)
    return int(utils.get_peer_id(peer))


def display_name(entity: Any) -> str:
    """As people see it: a chat's title, or first and last name; "Deleted Account" as Telegram's own apps say."""
    if getattr(entity, "deleted", False):
        return "Deleted Account"
    return str(utils.get_display_name(entity))
