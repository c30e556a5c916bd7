"""What is known of every active session, in one statement: what its health is judged from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from project.core.config import current
from sessions.domain.health import Health, Limits, Seen
from workers.domain import restarts
from workers.schedule import CHECK_SESSIONS, planned

# Failed checks count from the last login or recovery on; a good one heals when it was made after the trouble was seen.
# Only the time that a judgement looks back is read.
_ROWS = """
SELECT s.id, s.name, s.health, s.health_reason, s.health_cause, s.user_id IS NOT NULL AS authenticated,
       coalesce(x.dead_code, ''), coalesce(n.name, ''),
       l.released_at IS NULL AND l.expires_at > clock_timestamp() AS owned,
       coalesce(l.released_at, l.expires_at - make_interval(secs => %(ttl)s)),
       p.connected_at > clock_timestamp() - make_interval(secs => %(fresh)s),
       w.since, ill.since, good.at, coalesce(bad.failed, 0), bad.since, coalesce(bad.code, ''), coalesce(bad.told, ''),
       bad.datacenter, coalesce(bad.proxied, false),
       seen.sources, seen.lost,
       CASE WHEN p.last_exit LIKE 'crash loop: %%' AND (p.pid IS NULL OR p.started_at > %(steady)s)
            THEN substr(p.last_exit, 13, 100) ELSE '' END,
       s.health = 'unauthorized' AND (
           SELECT coalesce(bool_and(access = 'banned'), false) FROM pairs_sourceaccess WHERE session_id = s.id)
FROM tg_sessions_telegramsession s
LEFT JOIN tg_sessions_accountsecret x ON x.account = 'session.' || s.id
LEFT JOIN core_lease l ON l.name = 'session.' || s.id
LEFT JOIN workers_placement p ON p.account = 'session.' || s.id
LEFT JOIN workers_node n ON n.id = p.node_id
LEFT JOIN LATERAL (
    SELECT max(f.at) AS since FROM tg_sessions_healthflip f WHERE f.session_id = s.id AND f.after = 'healthy'
) w ON true
LEFT JOIN LATERAL (
    SELECT l.at AS since FROM (
        SELECT f.at, f.after FROM tg_sessions_healthflip f WHERE f.session_id = s.id
        ORDER BY f.at DESC, f.id DESC LIMIT 1
    ) l WHERE l.after <> 'healthy'
) ill ON true
LEFT JOIN LATERAL (
    SELECT c.at FROM tg_sessions_healthcheck c
    WHERE c.session_id = s.id AND c.passed AND c.at > %(from)s ORDER BY c.at DESC LIMIT 1
) good ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS failed, min(c.at) AS since, (array_agg(c.code ORDER BY c.at DESC))[1] AS code,
           (array_agg(c.detail->>'error' ORDER BY c.at DESC))[1] AS told,
           (array_agg((c.detail->>'datacenter')::boolean ORDER BY c.at DESC))[1] AS datacenter,
           (array_agg((c.detail->>'proxied')::boolean ORDER BY c.at DESC))[1] AS proxied FROM tg_sessions_healthcheck c
    WHERE c.session_id = s.id AND NOT c.passed AND c.at > %(from)s
      AND c.at > coalesce(greatest(good.at, w.since), '-infinity')
) bad ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS sources, count(*) FILTER (WHERE shut_out) AS lost FROM (
        SELECT coalesce(m.access, '') = 'banned' AS shut_out FROM pairs_assignment a
        JOIN pairs_pair r ON r.id = a.pair_id AND r.status <> 'removed'
        LEFT JOIN pairs_sourceaccess m ON m.session_id = s.id AND m.source_chat = r.source_chat
        WHERE a.session_id = s.id GROUP BY r.source_chat, m.access) per_source
) seen
WHERE s.lifecycle = 'active'
ORDER BY s.id
"""
_SLACK = timedelta(minutes=5)
_CRASHING = timedelta(seconds=restarts.STEADY)
CONNECTED_FOR = 45.0  # seconds; a process says every 10 s that its account is connected
STEADY = timedelta(minutes=5)
"""A host has to be well for this long before what is not well there stands for itself."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One active session: its row, and what was seen."""

    session_id: int
    name: str
    reason: str
    cause: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class _Row:
    session_id: int
    name: str
    health: str
    reason: str
    cause: str
    authenticated: bool
    dead_code: str
    host: str
    owned: bool | None
    left_at: datetime | None
    connected: bool | None
    healthy_since: datetime | None
    ill_since: datetime | None
    last_good: datetime | None
    failed: int
    failing_since: datetime | None
    code: str
    told: str
    datacenter: bool | None
    proxied: bool
    sources: int
    lost: int
    crashes: str
    shut_out: bool

    @property
    def proved(self) -> bool:
        """A good check came after the last trouble was seen."""
        return self.last_good is not None and (self.ill_since is None or self.last_good > self.ill_since)


class Watch:
    """Looks again and again. What happened while nobody looked counts from the first look only, and a worker that went
    with its whole host from the moment when the first one works there again: not all of them return in one second."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._fresh = timedelta()
        self._since: datetime | None = None
        self._good_since: dict[str, datetime] = {}
        self._up_since: dict[str, datetime] = {}

    def lost_sight(self) -> None:
        """The tables could not be read: what they say of the time since then is no news."""
        self._since = None
        self._good_since.clear()
        self._up_since.clear()

    def look(self, now: datetime) -> list[Sight]:
        """All active sessions."""
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, self._times(now))
            rows = [_Row(*row) for row in cursor.fetchall()]
        self._fresh = 2 * (planned(CHECK_SESSIONS).every or self._limits.timeout)
        self._since = since = self._since or now
        good = self._good(rows, now)
        self._good_since = {host: self._good_since.get(host, now) for host in good}
        self._up_since = {row.host: self._up_since.get(row.host, now) for row in rows if row.owned}
        return [self._sight(row, since, good, now) for row in rows]

    def _times(self, now: datetime) -> dict[str, datetime | float]:
        return {
            "from": now - self._limits.timeout - _SLACK,
            "steady": now - _CRASHING,
            "ttl": current().lease_ttl,
            "fresh": CONNECTED_FOR,
        }

    def _good(self, rows: Iterable[_Row], now: datetime) -> Mapping[str, set[int]]:
        """By host: sessions that work there: they had a good check just now, or are well and connected."""
        good: dict[str, set[int]] = {}
        for row in rows:
            checked = row.proved and row.last_good is not None and now - row.last_good < self._fresh
            well = row.connected and row.ill_since is None and not row.failed
            if row.host and row.owned and (checked or well):
                good.setdefault(row.host, set()).add(row.session_id)
        return good

    def _sight(self, row: _Row, since: datetime, good: Mapping[str, set[int]], now: datetime) -> Sight:
        others = good.get(row.host, set()) - {row.session_id}
        steady = not row.cause or now - self._good_since.get(row.host, now) >= STEADY
        seen = Seen(
            before=Health(row.health),
            since=max(since, row.healthy_since or since),
            authenticated=row.authenticated,
            dead_code=row.dead_code,
            code=row.code,
            told=row.told,
            failed=row.failed,
            failing_since=row.failing_since,
            last_good=row.last_good,
            proved=row.proved,
            gone_since=None if row.owned else max(since, row.left_at or since, self._up_since.get(row.host, since)),
            sources=row.sources,
            lost=row.lost,
            crashes=row.crashes,
            shut_out=row.shut_out,
            host=row.host,
            host_good=bool(others) and steady,
            datacenter=row.datacenter,
            proxied=row.proxied,
        )
        return Sight(row.session_id, row.name, row.reason, row.cause, seen)
