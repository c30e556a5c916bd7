"""A fault of the update stream: single pushes are never sent, although the change counts (pts moves).

Telegram promises no push: tdlib/td#2709, #2695, Telethon#4345. What is lost so shows as a gap at the next push, in
updates.getChannelDifference and in the `pts` of a dialog.
"""

from __future__ import annotations

import collections
import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from project.core.errors import InvalidInput


class PushKind(StrEnum):
    """What a push is about: the kinds of a change, and an account's place in a channel."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True)
class SwallowRule:
    """Which pushes vanish.

    `kinds` is empty for all of them. `channel_id` (a channel's or basic group's bare id) and `account` limit the rule.
    Chance depends on `seed`, account, chat and pts only: the same traffic loses the same pushes again, whatever the
    order and the number of connections.
    """

    probability: float
    kinds: tuple[PushKind, ...] = ()
    channel_id: int | None = None
    account: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise InvalidInput("A probability lies between 0 and 1.")

    def strikes(self, kind: PushKind, chat_id: int, account: int, pts: int) -> bool:
        """Whether the push to `account` about a change of `chat_id` that ended at `pts` vanishes."""
        if (self.kinds and kind not in self.kinds) or self.channel_id not in (None, chat_id):
            return False
        if self.account not in (None, account):
            return False
        return random.Random(f"{self.seed}:{account}:{chat_id}:{kind}:{pts}").random() < self.probability


class Swallower:
    """Applies the armed rule, and counts what vanished."""

    def __init__(self) -> None:
        self._rule: SwallowRule | None = None
        self._vanished: collections.Counter[PushKind] = collections.Counter()

    def arm(self, rule: SwallowRule | None) -> None:
        """Pushes vanish by `rule` from now on; None ends it."""
        self._rule = rule

    def takes(self, kind: PushKind, chat_id: int, account: int, pts: int) -> bool:
        """Whether a push that is about to leave vanishes."""
        if self._rule is None or not self._rule.strikes(kind, chat_id, account, pts):
            return False
        self._vanished[kind] += 1
        return True

    def vanished(self) -> Mapping[PushKind, int]:
        """How many pushes vanished so far, by kind; once for each account that was not told."""
        return dict(self._vanished)
