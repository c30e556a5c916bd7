"""Names of channels and roles, as the gateway tells them: messages name both by their ids only."""

from __future__ import annotations

from project.discord.fields import Fields

_LISTS = {"channels": "channels", "threads": "channels", "roles": "roles"}  # the field of an event -> what it names
_CHANNELS = frozenset({"CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE"})
_ROLES = frozenset({"GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"})
_GUILDS = frozenset({"GUILD_CREATE", "GUILD_UPDATE", "THREAD_LIST_SYNC"})
EVENTS = _CHANNELS | _ROLES | _GUILDS


class Directory:
    """Names by id. What is gone keeps its name: older messages still speak of it."""

    def __init__(self) -> None:
        self.channels: dict[int, str] = {}
        self.roles: dict[int, str] = {}

    def hear(self, event: str, data: Fields) -> None:
        """Learn from one of `EVENTS`."""
        if event in _CHANNELS:
            _note(self.channels, data)
        elif event in _ROLES:
            _note(self.roles, data.nested("role"))
        else:
            known = {"channels": self.channels, "roles": self.roles}
            for field, kind in _LISTS.items():
                for item in data.items(field):
                    _note(known[kind], item)


def _note(names: dict[int, str], item: Fields) -> None:
    number, name = item.snowflake("id"), item.text("name")
    if number is not None and name:
        names[number] = name
