"""What people do on Discord, put into the Inbox of every pair of their channel (the pair's owner does the rest)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from pairs.domain.keys import content_hash
from pairs.journal.link import JournalLink
from project.core.link import LONG_PATIENCE, Link
from project.core.message import EventKind, Message, encode
from project.discord.objects import snowflake

REFRESH = 5.0  # seconds between looks at the pairs
HOUR, DAY = 3600.0, 86400.0
MISSED_WITHIN = 2 * DAY  # how old a message may be that was missed while later ones were heard
MOST_COMPARED = 200  # messages of people, and as many of ours: more than a page of the history holds

_CHANNELS = """
SELECT DISTINCT discord_channel, webhook_id, former_webhooks,
       status NOT IN ('removed', 'paused', 'disabled', 'parked') AS living
FROM pairs_pair
"""
# Pairs that share the channel and a destination would say each message there as often as there are such pairs: the
# first living one takes it, and whoever took it gets what follows. What nobody took may be a post of any of them.
_PUT = """
WITH known AS (
    SELECT p.id, p.destination_chat, m.id AS message_id,
           p.status NOT IN ('removed', 'paused', 'disabled', 'parked') AS living,
           EXISTS (SELECT 1 FROM pairs_event e WHERE e.pair_id = p.id AND e.scope = $2 AND e.message_id = m.id)
           OR EXISTS (SELECT 1 FROM pairs_inbox x
                      WHERE x.pair_id = p.id AND x.scope = $2 AND x.message_id = m.id AND x.act <> 'delete') AS taken
    FROM pairs_pair p CROSS JOIN unnest($3::bigint[]) AS m(id)
    WHERE p.discord_channel = $1
      AND NOT EXISTS (SELECT 1 FROM pairs_pair o WHERE o.webhook_id = $7 OR $7 = ANY(o.former_webhooks))
      -- What we posted is ours whatever the platform leaves out of its echo; only a delete of it may be a person's.
      AND ($4::varchar = 'delete' OR NOT EXISTS (
        SELECT 1 FROM pairs_pair o JOIN pairs_delivery d
          ON d.pair_id = o.id AND d.hop = 1 AND d.remote_id = m.id AND d.act = 'post'
        WHERE o.discord_channel = $1))
), ranked AS (
    SELECT *, bool_or(taken) OVER same AS by_somebody, min(id) FILTER (WHERE living) OVER same AS first
    FROM known WINDOW same AS (PARTITION BY destination_chat, message_id)
), put AS (
    INSERT INTO pairs_inbox (pair_id, scope, message_id, act, content_hash, payload, created_at)
    SELECT id, $2, message_id, $4::varchar, $5, $6::jsonb, clock_timestamp() FROM ranked
    WHERE living AND (taken OR NOT by_somebody AND ($4::varchar = 'delete' OR id = first))
    ON CONFLICT DO NOTHING RETURNING pair_id
), owners AS (
    SELECT DISTINCT 'session.' || a.session_id AS account FROM put JOIN pairs_assignment a ON a.pair_id = put.pair_id
)
SELECT count(pg_notify('relay_news', account || ' inbox')) FROM owners
"""
# A channel's people are relayed from when its first living pair came there.
_LAST_SEEN = """
SELECT greatest(
    (SELECT max(e.message_id) FROM pairs_event e JOIN pairs_pair p ON p.id = e.pair_id
     WHERE p.discord_channel = $1 AND e.scope = $2 AND e.kind = 'create'),
    (SELECT max(x.message_id) FROM pairs_inbox x WHERE x.scope = $2 AND x.act = 'create')
) AS last, (SELECT extract(epoch FROM min(coalesce(people_since, created_at))) FROM pairs_pair
            WHERE discord_channel = $1 AND status <> 'removed') AS since,
    extract(epoch FROM clock_timestamp()) AS now
"""
_TAKEN = """
SELECT DISTINCT e.message_id FROM pairs_event e JOIN pairs_pair p ON p.id = e.pair_id
WHERE p.discord_channel = $1 AND e.scope = $2 AND e.message_id = ANY($3::bigint[])
UNION SELECT x.message_id FROM pairs_inbox x WHERE x.scope = $2 AND x.message_id = ANY($3::bigint[])
"""
# Ours that we are deleting, or have, are written down as such before it happens.
_STANDING = """
(SELECT e.message_id FROM pairs_event e JOIN pairs_pair p ON p.id = e.pair_id
 WHERE p.discord_channel = $1 AND p.status <> 'removed' AND e.scope = $2 AND e.kind = 'create'
   AND NOT EXISTS (
    SELECT 1 FROM pairs_event x WHERE x.pair_id = e.pair_id AND x.scope = e.scope AND x.message_id = e.message_id
      AND x.kind = 'delete')
 ORDER BY e.message_id DESC LIMIT $3)
UNION
(SELECT d.remote_id FROM pairs_delivery d JOIN pairs_pair p ON p.id = d.pair_id JOIN pairs_event e ON e.id = d.event_id
 WHERE p.discord_channel = $1 AND p.status <> 'removed' AND d.hop = 1 AND d.act = 'post' AND d.state = 'sent'
   AND d.remote_id IS NOT NULL
   -- What the installation before an old backup deleted is not written down here.
   AND d.attempted_at > coalesce((SELECT resumed_at FROM core_installation), '-infinity')
   AND NOT EXISTS (
    SELECT 1 FROM pairs_delivery x WHERE x.pair_id = d.pair_id AND x.hop = 1 AND x.remote_id = d.remote_id
      AND x.act = 'delete' AND x.state NOT IN ('skipped', 'dead') AND x.reason <> 'was gone')
   AND NOT EXISTS (
    SELECT 1 FROM pairs_event x WHERE x.pair_id = e.pair_id AND x.scope = e.scope AND x.message_id = e.message_id
      AND x.kind = 'delete')
 ORDER BY d.remote_id DESC LIMIT $3)
"""
# A notice while it lasts, and one when it is over.
_UNREAD = """
WITH concerned AS (
    SELECT count(*) AS pairs, string_agg(id::text, ', ' ORDER BY id) AS ids,
           coalesce(nullif('#' || max(discord_title), '#'), $1::bigint::text) AS channel
    FROM pairs_pair WHERE discord_channel = $1 AND status <> 'removed'
), ended AS (
    UPDATE core_notice SET ended_at = clock_timestamp()
    WHERE key = $2 AND ended_at IS NULL AND severity <> 'info' AND $3 = '' RETURNING 1
)
INSERT INTO core_notice (key, text, severity, failed)
SELECT $2, CASE WHEN $3 = '' THEN 'What people write in ' || channel || ' is read again.' ELSE
       'What people write or delete in ' || channel || ' on Discord may be missed (pair' ||
       CASE pairs WHEN 1 THEN ' ' ELSE 's ' END || ids || '): ' || $3 ||
       ' Give the Discord bot View Channel and Read Message History there. It is tried again by itself.' END,
       CASE WHEN $3 = '' THEN 'info' ELSE 'warning' END, '{}'
FROM concerned
WHERE pairs > 0 AND CASE WHEN $3 = '' THEN EXISTS (SELECT 1 FROM ended) ELSE NOT EXISTS (
    SELECT 1 FROM core_notice WHERE key = $2 AND ended_at IS NULL AND severity <> 'info') END
"""


class DiscordPeople:
    """The listener's sink. Idempotent: an act that comes twice is one Inbox row, or no event at all."""

    def __init__(self, dsn: str, *, link_days: int = 30) -> None:
        """`link_days`: what the journal forgets after so many days would look as if it had never been taken."""
        self._missed_within = min(MISSED_WITHIN, link_days * DAY - HOUR)
        self._connection = Link("people", patience=LONG_PATIENCE, url=dsn)
        self._link = JournalLink(self._connection)
        self._channels: frozenset[int] = frozenset()
        self._webhooks: frozenset[int] = frozenset()

    def webhooks(self) -> frozenset[int]:
        """Webhooks of any pair, a removed one included, and those that pairs had before."""
        return self._webhooks

    def channels(self) -> frozenset[int]:
        """Channels of living pairs."""
        return self._channels

    async def follow_pairs(self, catch_up: Callable[[int], None]) -> None:
        """Keeps `channels` fresh until cancelled. What was said in a channel between its pair's beginning, or return,
        and our notice of it stands in its history only: `catch_up` has to read it."""
        while True:
            for channel_id in await self.refresh():
                catch_up(channel_id)
            await asyncio.sleep(REFRESH)

    async def refresh(self) -> frozenset[int]:
        """Reads the channels of all living pairs; those that were not among them before."""
        before = self._channels
        rows = await self._fetch(_CHANNELS)
        self._channels = frozenset(row["discord_channel"] for row in rows if row["living"])
        self._webhooks = frozenset(row["webhook_id"] for row in rows if row["webhook_id"]).union(
            *(row["former_webhooks"] for row in rows)
        )
        return self._channels - before

    async def posted(self, message: Message, webhook_id: int | None) -> None:
        """A message by a person, a foreign bot or a foreign webhook; posts by the webhook of any pair, a removed one
        included, are dropped: they are ours."""
        await self._put_message(message, webhook_id, EventKind.CREATE)

    async def edited(self, message: Message, webhook_id: int | None) -> None:
        """The message as it reads now."""
        await self._put_message(message, webhook_id, EventKind.EDIT)

    async def deleted(self, channel_id: int, message_ids: Sequence[int]) -> None:
        """Anybody's messages, ours too."""
        await self._put(channel_id, list(message_ids), EventKind.DELETE)

    async def last_seen(self, channel_id: int) -> int | None:
        """The newest id that was taken from the channel, or the moment its first pair came there, when that is later;
        None without a pair."""
        row = await self._position(channel_id)
        return None if row["since"] is None else max(int(row["last"] or 0), snowflake(float(row["since"])))

    async def untaken(self, channel_id: int, message_ids: Sequence[int]) -> frozenset[int]:
        """Of these ids, those of messages since the first pair came that no pair of the channel has. Older ones than
        two days, or than the journal remembers, are left alone."""
        row = await self._position(channel_id)
        if row["since"] is None:
            return frozenset()
        oldest = snowflake(max(float(row["since"]), float(row["now"]) - self._missed_within))
        young = [message_id for message_id in message_ids if message_id >= oldest]
        taken = await self._fetch(_TAKEN, channel_id, f"dc:{channel_id}", young) if young else []
        return frozenset(young).difference(row["message_id"] for row in taken)

    async def standing(self, channel_id: int) -> frozenset[int]:
        """Of people's messages and of our own posts the newest that nobody has deleted as far as known."""
        found = await self._fetch(_STANDING, channel_id, f"dc:{channel_id}", MOST_COMPARED)
        return frozenset(row["message_id"] for row in found)

    async def unread(self, channel_id: int, trouble: str) -> None:
        """A notice to the operators: once when it begins, and once when it is over."""
        await self._fetch(_UNREAD, channel_id, f"discord.{channel_id}", trouble)

    async def _position(self, channel_id: int) -> asyncpg.Record:
        return (await self._fetch(_LAST_SEEN, channel_id, f"dc:{channel_id}"))[0]

    async def close(self) -> None:
        """Ends the database connection."""
        await self._link.close()
        self._connection.close()

    async def _put_message(self, message: Message, webhook_id: int | None, kind: EventKind) -> None:
        channel_id = int(message.scope.removeprefix("dc:"))
        await self._put(channel_id, [message.message_id], kind, message, webhook_id)

    async def _put(
        self,
        channel_id: int,
        ids: list[int],
        kind: EventKind,
        message: Message | None = None,
        webhook_id: int | None = None,
    ) -> None:
        digest, payload = (None, None) if message is None else (content_hash(message), encode(message))
        await self._fetch(_PUT, channel_id, f"dc:{channel_id}", ids, kind.value, digest, payload, webhook_id)

    async def _fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self._link.run(lambda connection: connection.fetch(statement, *arguments))
