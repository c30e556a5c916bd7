"""Authorization keys: who is logged in with which, and the rule of one owner.

Two connections overlap when each sends an encrypted request after the other's first. An overlap kills the key for good
(AUTH_KEY_DUPLICATED), and so does a request from another address within some seconds of one from the first. A
connection that is silent, half-open for example, is no owner.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from .passwords import Challenge
from .settings import DC_ID

_order = itertools.count(1)


class Usage:
    """When one connection used its key: the places of its first and last request among all requests."""

    __slots__ = ("first", "last")

    def __init__(self) -> None:
        self.first = 0
        self.last = 0

    def touch(self) -> None:
        """One more request."""
        self.last = next(_order)
        self.first = self.first or self.last

    def overlaps(self, other: Usage) -> bool:
        """Whether both sent a request after the other's first."""
        used = bool(self.first and other.first)
        return used and self.last > other.first and other.last > self.first


class HoldsKey(Protocol):
    """A connection, as far as its key cares."""

    usage: Usage
    dc: int
    address: str
    wants_updates: bool

    def push(self, body: bytes) -> None:
        """Sends updates."""

    def cut(self, *, half_open: bool) -> None:
        """Ends the connection, or leaves it open and dumb."""


@dataclass(slots=True)
class AuthKey:
    """One authorization key, of one data centre. `dead` is the error that every request is answered with once the key
    is burnt."""

    id: int
    secret: bytes = field(repr=False)
    salt: int = field(repr=False, default=0)
    dc: int = DC_ID
    name: str = ""
    user_id: int | None = None
    password_of: int | None = None  # its code was right, the password is still to come
    challenge: Challenge | None = field(repr=False, default=None)
    dead: str = ""
    revoked: str = ""  # the login was ended from elsewhere; a new login clears it
    inited: bool = False
    device: str = ""
    connections: list[HoldsKey] = field(default_factory=list, repr=False)
    last_use: dict[str, float] = field(default_factory=dict)

    def used_by(self, connection: HoldsKey, *, now: float, address_change: float) -> int:
        """Notes a request and gives the number of owners; kills the key when it breaks the rule of one owner."""
        connection.usage.touch()
        owners = 1 + sum(
            other is not connection and connection.usage.overlaps(other.usage) for other in self.connections
        )
        moved = any(
            address != connection.address and now - at < address_change for address, at in self.last_use.items()
        )
        self.last_use[connection.address] = now
        if owners > 1 or moved:
            self.dead = "AUTH_KEY_DUPLICATED"
        return owners


class AuthKeys:
    """All keys that were agreed upon."""

    def __init__(self) -> None:
        self._keys: dict[int, AuthKey] = {}
        self._logged_in: dict[int, list[AuthKey]] = {}

    def add(self, key: AuthKey) -> None:
        """A new key, named after its place: names are fit for counters, unlike keys."""
        key.name = f"key-{len(self._keys) + 1}"
        self._keys[key.id] = key

    def get(self, key_id: int) -> AuthKey | None:
        """A key by the id that precedes each encrypted packet."""
        return self._keys.get(key_id)

    def at(self, dc: int, key_id: int) -> AuthKey | None:
        """A key as one data centre knows it: those of others are unknown there."""
        key = self._keys.get(key_id)
        return key if key is not None and key.dc == dc else None

    def log_in(self, key: AuthKey, user_id: int) -> None:
        """From now on the key speaks for that user."""
        self.log_out(key)
        key.user_id = user_id
        key.password_of = None
        key.revoked = ""
        self._logged_in.setdefault(user_id, []).append(key)

    def log_out(self, key: AuthKey, *, revoked: str = "") -> None:
        """The key speaks for nobody; `revoked` is the error it answers with when that was not its own wish."""
        if key.user_id is not None:
            self._logged_in[key.user_id].remove(key)
        key.user_id = None
        key.revoked = revoked

    def of_user(self, user_id: int) -> tuple[AuthKey, ...]:
        """The keys with which a user is logged in."""
        return tuple(self._logged_in.get(user_id, ()))

    def users(self) -> set[int]:
        """Everybody who is logged in somewhere."""
        return {user_id for user_id, keys in self._logged_in.items() if keys}

    def __iter__(self) -> Iterator[AuthKey]:
        return iter(tuple(self._keys.values()))
