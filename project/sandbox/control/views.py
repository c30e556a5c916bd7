"""Views of the loopback Telegram that leave by the control API: no histories, no passwords, no tokens."""

from __future__ import annotations

from dataclasses import dataclass

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.users import User


@dataclass(frozen=True, slots=True)
class Account:
    """A user or bot. `dead` is the error that answers all its calls, "" while it lives."""

    id: int
    name: str
    username: str | None
    phone: str
    is_bot: bool
    dead: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A channel or supergroup; ids are bare."""

    id: int
    title: str
    username: str | None
    megagroup: bool
    members: tuple[int, ...]
    last_id: int


def account(user: User) -> Account:
    """The view of an account."""
    return Account(user.id, user.name, user.username, user.phone, user.is_bot, user.dead)


def chat(channel: Channel) -> Chat:
    """The view of a channel."""
    members = tuple(channel.members)
    return Chat(channel.id, channel.title, channel.username, channel.megagroup, members, channel.last_id)
