"""What a session's own process sees of it, for the health check every five minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from project.core.errors import AccountDead, GatewayError, RetryLater
from sessions.domain.health import FROZEN
from workers.worker.ports import Account, Counters, Freeze

NOT_CONNECTED = "NOT_CONNECTED"
FRESH = 240.0  # seconds for which an answer to anything, such as the look for silent sources, is a check
LOST_AGAIN = 900.0  # seconds between two looks at a source that did not let the account in: each is a call of its own
FREEZE_AGAIN = 3600.0
_SHUT_OUT = "banned"


@dataclass(frozen=True, slots=True)
class Checkup:
    """One look. `code` is the platform's name of the error, "" when it passed. `access`: what each source is to the
    account, in the words of ChatSight; sources of which nothing is known are missing."""

    passed: bool
    code: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    access: Mapping[int, str] = field(default_factory=dict)


class Examiner:
    """One per account. It asks little: what polls showed counts, and what was refused is not asked each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lost: dict[int, float] = {}  # sources that did not let the account in, and when that was asked
        self._freeze: Freeze | None = None
        self._freeze_asked = float("-inf")

    async def examine(
        self, account: Account | None, groups: Sequence[Counters], chats: Sequence[int] = (), *, thorough: bool = False
    ) -> Checkup:
        """Looks over the live connection; never opens another one. `thorough` asks everything anew. Raises
        AccountDead."""
        detail: dict[str, object] = {"groups": [_figures(group) for group in groups]}
        if account is None:
            return Checkup(passed=False, code=NOT_CONNECTED, detail=detail)
        try:
            detail |= await _answered(account, thorough=thorough)
            access = await self._access(account, chats, thorough=thorough)
            freeze = await self._freeze_of(account, thorough=thorough)
        except AccountDead:
            raise
        except GatewayError as error:
            detail["error"] = error.for_people()
            return Checkup(passed=False, code=error.code or type(error).__name__, detail=detail)
        lost = sorted(chat for chat, seen in access.items() if seen == _SHUT_OUT)
        detail |= {"sources": len(chats), "lost": lost, "clock_skew_s": round(account.clock_skew, 1)}
        if freeze is not None:
            detail["error"] = freeze.for_people()
        return Checkup(passed=not freeze, code=FROZEN if freeze else "", detail=detail, access=access)

    async def _access(self, account: Account, chats: Sequence[int], *, thorough: bool) -> dict[int, str]:
        now = self._clock()
        self._lost = {chat: at for chat, at in self._lost.items() if chat in set(chats)}
        access = {} if thorough else account.seen(chats, within=FRESH)
        new = [chat for chat in chats if chat not in access and chat not in self._lost]
        again = [c for c in chats if c not in access and c in self._lost and (thorough or self._is_due(c, now))]
        try:
            for batch in ([new] if new else []) + [[chat] for chat in again]:
                access |= {chat: sight.seen for chat, sight in (await account.look(batch)).items()}
        except RetryLater:
            access = dict(access)  # it has asked enough for now; the next check goes on
        for chat, seen in access.items():
            if seen != _SHUT_OUT:
                self._lost.pop(chat, None)
            elif chat in again or chat not in self._lost:
                self._lost[chat] = now
        return dict.fromkeys(self._lost, _SHUT_OUT) | access

    def _is_due(self, chat: int, now: float) -> bool:
        return now - self._lost[chat] >= LOST_AGAIN

    async def _freeze_of(self, account: Account, *, thorough: bool) -> Freeze | None:
        now = self._clock()
        if thorough or self._freeze or now - self._freeze_asked >= FREEZE_AGAIN:
            try:
                self._freeze = await account.freeze()
                self._freeze_asked = now
            except RetryLater:
                return self._freeze
        return self._freeze


async def _answered(account: Account, *, thorough: bool) -> dict[str, object]:
    if not thorough and account.answered_ago <= FRESH:
        return {"answered_s_ago": round(account.answered_ago)}
    asked = time.monotonic()
    await account.me()
    return {"answered_ms": round((time.monotonic() - asked) * 1000)}


def _figures(group: Counters) -> dict[str, int]:
    return {"number": group.number, "pairs": group.pairs, "sent": group.sent, "unsynced": group.unsynced}
