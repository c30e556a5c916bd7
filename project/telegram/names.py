"""Names of people and chats lately seen. Updates often name their author in another update than the message's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from telethon import utils

KEPT = 2000  # names; about 0.3 MB


class Names:
    """The latest names by Telegram's marked id (negative for channels and groups)."""

    def __init__(self) -> None:
        self._names: OrderedDict[int, str] = OrderedDict()

    def learn(self, *lists: Iterable[Any]) -> None:
        """Take the names out of an answer's users and chats."""
        for entities in lists:
            for entity in entities:
                name = display_name(entity)
                if name:
                    self._names[utils.get_peer_id(entity)] = name
                    self._names.move_to_end(utils.get_peer_id(entity))
        while len(self._names) > KEPT:
            self._names.popitem(last=False)

    def of(self, peer: Any) -> str:
        """The name of a peer, "" when it was not seen."""
        return self._names.get(utils.get_peer_id(peer), "")


def display_name(entity: Any) -> str:
    """As people see it: a chat's title, or first and last name; "Deleted Account" as Telegram's own apps say."""
    if getattr(entity, "deleted", False):
        return "Deleted Account"
    return str(utils.get_display_name(entity))
