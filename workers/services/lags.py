"""How far behind sessions are."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

# The oldest part of each lane that is not through; the index `delivery_lane` has them in order.
_LAGS = """
SELECT a.session_id, max(extract(epoch FROM clock_timestamp() - oldest.created_at))::float8
FROM pairs_assignment a
JOIN pairs_pair p ON p.id = a.pair_id AND p.status IN ('active', 'degraded')
CROSS JOIN (VALUES (1), (2)) AS hops (hop)
CROSS JOIN LATERAL (
    SELECT e.created_at FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
    WHERE d.pair_id = a.pair_id AND d.hop = hops.hop AND d.state IN ('waiting', 'sending')
    ORDER BY d.seq LIMIT 1
) oldest
WHERE a.session_id = ANY(%s) GROUP BY a.session_id
"""


def lags(session_ids: Collection[int]) -> dict[int, float]:
    """Seconds for which the oldest message of each session has been waiting to get through; a session that has nothing
    to do is not named. Pairs that stand still (paused, disabled, in error) do not count."""
    with connection.cursor() as cursor:
        cursor.execute(_LAGS, [list(session_ids)])
        return dict(cursor.fetchall())
