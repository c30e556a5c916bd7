"""Exported logins: what carries a login to a key of another data centre (https://core.telegram.org/api/datacenter)."""

from __future__ import annotations

import secrets


class Grants:
    """Open grants, each for one account and one data centre."""

    def __init__(self) -> None:
        self._open: dict[bytes, tuple[int, int]] = {}

    def make(self, user_id: int, dc: int) -> bytes:
        """A new grant."""
        grant = secrets.token_bytes(128)
        self._open[grant] = (user_id, dc)
        return grant

    def use(self, grant: bytes, user_id: int, dc: int) -> bool:
        """Whether it is good for that account there; it is used up then."""
        good = self._open.get(grant) == (user_id, dc)
        if good:
            del self._open[grant]
        return good
