"""Faults on demand and counters, shared by the loopback Telegram and the loopback Discord.

A method is named as its platform names it: "messages.sendMessage", "POST /channels/{channel.id}/messages"; "*" is
any. An account is the platform's id as text: a user's or bot's id, or a webhook's id.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ANY_METHOD = "*"


class Phase(StrEnum):
    """Where a fault strikes."""

    BEFORE = "before"  # the error is the answer; the call did not happen
    AFTER = "after"  # the call happened; the error is the answer all the same
    DROP = "drop"  # the call happened; the connection is cut instead of an answer
    LOST = "lost"  # the connection is cut before the call happened


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Disturbs the next `count` calls of `method`.

    `code` and `error` are the platform's own (420, "FLOOD_WAIT_5"); code 0 means no error, so that a rule can be
    a mere `delay` (seconds, slept before the call). `account` limits the rule to one account; None is everybody.
    """

    method: str
    phase: Phase = Phase.BEFORE
    code: int = 0
    error: str = ""
    count: int = 1
    delay: float = 0.0
    account: str | None = None

    def matches(self, method: str, account: str | None) -> bool:
        """Whether this rule is about that call."""
        named = self.method == ANY_METHOD or self.method.lower() == method.lower()
        return named and self.account in (None, account)


class FaultBook:
    """The open fault rules. The oldest that matches strikes first, until its count is used up."""

    def __init__(self) -> None:
        self._left: list[list[FaultRule]] = []

    def add(self, rule: FaultRule) -> None:
        """Arms a rule; a count below 1 arms nothing."""
        self._left.append([rule] * rule.count)

    def take(self, method: str, account: str | None = None) -> FaultRule | None:
        """The rule that strikes this call, used up by one; None when the call is to go through untouched."""
        for strikes in self._left:
            if strikes and strikes[-1].matches(method, account):
                rule = strikes.pop()
                self._left = [rest for rest in self._left if rest]
                return rule
        return None

    def clear(self) -> None:
        """Disarms everything."""
        self._left.clear()

    @property
    def armed(self) -> int:
        """How many strikes are still to come."""
        return sum(len(strikes) for strikes in self._left)


@dataclass(frozen=True, slots=True)
class CountersView:
    """What was counted so far. `calls` and `errors` are keyed by account ("" before a login), then by name."""

    calls: Mapping[str, Mapping[str, int]]
    errors: Mapping[str, Mapping[str, int]]
    unknown_methods: Mapping[str, int]
    concurrent_owners: int
    owners: Mapping[str, int]


class Counters:
    """Counts calls, answered errors, methods unknown to the sandbox, and simultaneous owners of a key."""

    def __init__(self) -> None:
        self._calls: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        self._errors: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        self._unknown: collections.Counter[str] = collections.Counter()
        self._owners: dict[str, int] = {}

    def called(self, method: str, account: str | None = None) -> None:
        """One call of `method` arrived."""
        self._calls[account or ""][method] += 1

    def answered_error(self, error: str, account: str | None = None) -> None:
        """One call was answered with the platform's `error`."""
        self._errors[account or ""][error] += 1

    def unknown(self, method: str) -> None:
        """A call of a method that the sandbox does not have."""
        self._unknown[method] += 1

    def owned(self, key: str, owners: int) -> None:
        """`owners` connections use `key` (a name, never a secret) at this moment; the maximum is kept."""
        self._owners[key] = max(owners, self._owners.get(key, 0))

    def view(self) -> CountersView:
        """A snapshot of everything counted."""
        return CountersView(
            calls={account: dict(counts) for account, counts in self._calls.items()},
            errors={account: dict(counts) for account, counts in self._errors.items()},
            unknown_methods=dict(self._unknown),
            concurrent_owners=max(self._owners.values(), default=0),
            owners=dict(self._owners),
        )
