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

_CHANNELS = """
SELECT DISTINCT discord_channel, webhook_id, former_webhooks,
       status NOT IN ('removed', 'paused', 'disabled', 'parked') AS living
FROM pairs_pair
"""
_PUT = """
WITH put AS (
    INSERT INTO pairs_inbox (pair_id, scope, message_id, act, content_hash, payload, created_at)
    SELECT p.id, $2, m.id, $4, $5, $6::jsonb, clock_timestamp()
    FROM pairs_pair p CROSS JOIN unnest($3::bigint[]) AS m(id)
    WHERE p.discord_channel = $1 AND p.status NOT IN ('removed', 'paused', 'disabled', 'parked')
      AND NOT EXISTS (SELECT 1 FROM pairs_pair o WHERE o.webhook_id = $7 OR $7 = ANY(o.former_webhooks))
    ON CONFLICT DO NOTHING RETURNING pair_id
), owners AS (
    SELECT DISTINCT 'session.' || a.session_id AS account FROM put JOIN pairs_assignment a ON a.pair_id = put.pair_id
)
SELECT count(pg_notify('relay_news', account || ' inbox')) FROM owners
"""
_LAST_SEEN = """
SELECT greatest(
    (SELECT max(e.message_id) FROM pairs_event e JOIN pairs_pair p ON p.id = e.pair_id
     WHERE p.discord_channel = $1 AND e.scope = $2 AND e.kind = 'create'),
    (SELECT max(x.message_id) FROM pairs_inbox x WHERE x.scope = $2 AND x.act = 'create')
) AS last, (SELECT extract(epoch FROM min(created_at)) FROM pairs_pair WHERE discord_channel = $1) AS since
"""


class DiscordPeople:
    """The listener's sink. Idempotent: an act that comes twice is one Inbox row, or no event at all."""

    def __init__(self, dsn: str) -> None:
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
        """The newest id that was taken from the channel; for a silent one, the moment its first pair was made."""
        row = (await self._fetch(_LAST_SEEN, channel_id, f"dc:{channel_id}"))[0]
        if row["last"] is not None:
            return int(row["last"])
        return None if row["since"] is None else snowflake(float(row["since"]))

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
