"""What the journal says about a pair that differs: a hint at the cause, no part of the judgement."""

from __future__ import annotations

import asyncpg

from tests.harness.world import Route

_ROWS = """
SELECT e.seq, e.kind, e.message_id, d.hop, d.part, d.act, d.state, d.reason
FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id JOIN pairs_pair p ON p.id = d.pair_id
WHERE p.source_chat = $1 AND (d.state NOT IN ('sent') OR d.reason <> '')
ORDER BY d.id DESC LIMIT 20
"""
_INBOX = """
SELECT i.act, i.message_id, i.not_before::text FROM pairs_inbox i JOIN pairs_pair p ON p.id = i.pair_id
WHERE p.source_chat = $1 ORDER BY i.id
"""
_PAIR = "SELECT status, status_reason FROM pairs_pair WHERE source_chat = $1"


async def unfinished(dsn: str, route: Route) -> tuple[str, ...]:
    """The pair's state, what waits in its inbox, and its newest rows that are not simply sent."""
    conn = await asyncpg.connect(dsn)
    try:
        pair = await conn.fetchrow(_PAIR, route.source)
        inbox = await conn.fetch(_INBOX, route.source)
        rows = await conn.fetch(_ROWS, route.source)
    finally:
        await conn.close()
    return tuple(" ".join(map(str, row)) for row in ([pair] if pair else []) + inbox + rows)
