"""What a session's own process sees of it, for the health check every five minutes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from project.core.errors import AccountDead, GatewayError
from workers.worker.ports import Account, Counters

NOT_CONNECTED = "NOT_CONNECTED"
FRESH = 240.0  # seconds for which an answer to anything, such as the look for silent sources, is a check


@dataclass(frozen=True, slots=True)
class Checkup:
    """One look. `code` is the platform's name of the error, "" when it passed."""

    passed: bool
    code: str = ""
    detail: dict[str, object] = field(default_factory=dict)


async def examine(account: Account | None, groups: Sequence[Counters]) -> Checkup:
    """Ask Telegram one question over the live connection, unless it has answered one just now; never opens another
    connection. Raises AccountDead."""
    detail: dict[str, object] = {
        "groups": [
            {"number": group.number, "pairs": group.pairs, "sent": group.sent, "unsynced": group.unsynced}
            for group in groups
        ]
    }
    if account is None:
        return Checkup(passed=False, code=NOT_CONNECTED, detail=detail)
    if account.answered_ago <= FRESH:
        return Checkup(passed=True, detail=detail | {"answered_s_ago": round(account.answered_ago)})
    asked = time.monotonic()
    try:
        await account.me()
    except AccountDead:
        raise
    except GatewayError as error:
        return Checkup(passed=False, code=error.code or type(error).__name__, detail=detail)
    detail["answered_ms"] = round((time.monotonic() - asked) * 1000)
    return Checkup(passed=True, detail=detail)
