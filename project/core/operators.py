"""Operators and what their roles allow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CLAIM_LINK = "claim link"  # in place of the one who added an operator


class Role(StrEnum):
    """Each role may do what the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    OWNER = "owner"

    def allows(self, needed: Role) -> bool:
        """Whether this role suffices where `needed` is asked for."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class OperatorView:
    """A person who may use the admin bot. `user_id` is Telegram's."""

    user_id: int
    name: str
    role: Role

    @property
    def actor(self) -> str:
        """As the audit trail shows them."""
        return f"bot:{self.user_id}"
