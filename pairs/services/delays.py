"""How late the posts of a source come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# Retention empties old payloads, and with them the dates. A post of Discord has another scope.
_LAST = """
SELECT e.created_at, extract(epoch FROM e.created_at) - (e.payload->>'date')::float8 FROM pairs_event e
WHERE e.pair_id = %s AND e.kind = 'create' AND e.scope LIKE 'tg:%%' AND (e.payload->>'date')::bigint > 0
ORDER BY e.seq DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Delay:
    """When a post got into the journal, and how many seconds after its date: Telegram's dates are whole seconds."""

    seen_at: datetime
    seconds: float


def delays(pair_id: int, most: int) -> list[Delay]:
    """Of the last posts of the source that the pair has seen, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [pair_id, most])
        return [Delay(at, max(0.0, float(late))) for at, late in cursor.fetchall()]
