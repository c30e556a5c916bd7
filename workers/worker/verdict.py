"""What a worker writes about the health of its account. Judging it is not its business, except for a death."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from project.core.errors import AccountDead
from project.core.leases import Holding
from sessions.accounts import fence
from sessions.domain.accounts import split_account
from sessions.domain.health import unauthorized
from sessions.models import Health, SenderState

if TYPE_CHECKING:
    from project.core.pg import Connection

_CHECK = """
INSERT INTO tg_sessions_healthcheck (session_id, at, passed, code, detail)
VALUES ($1, clock_timestamp(), $2, $3, $4::jsonb)
"""
_FLIP = """
WITH before AS (
    SELECT id, health FROM tg_sessions_telegramsession WHERE id = $1 AND health <> $2 FOR UPDATE
), flipped AS (
    UPDATE tg_sessions_telegramsession session
    SET health = $2, health_reason = $3, health_cause = '', updated_at = clock_timestamp()
    FROM before WHERE session.id = before.id
)
INSERT INTO tg_sessions_healthflip (session_id, at, before, after, reason)
SELECT id, clock_timestamp(), health, $2, $3 FROM before
"""
# Control is woken when something is not as it was.
_ACCESS = """
WITH seen AS MATERIALIZED (
    SELECT u.chat, u.access, b.access AS before FROM unnest($2::bigint[], $3::text[]) AS u (chat, access)
    LEFT JOIN pairs_sourceaccess b ON b.session_id = $1 AND b.source_chat = u.chat
), put AS (
    INSERT INTO pairs_sourceaccess (session_id, source_chat, access, checked_at)
    SELECT $1, chat, access, clock_timestamp() FROM seen ORDER BY chat
    ON CONFLICT (session_id, source_chat) DO UPDATE SET access = excluded.access, checked_at = excluded.checked_at
)
SELECT count(pg_notify('relay_wake', 'placements')) FROM (
    SELECT 1 FROM seen WHERE access IS DISTINCT FROM before LIMIT 1) AS changed
"""
_CONNECTED = """
INSERT INTO tg_sessions_healthcheck (session_id, at, passed, code, detail)
SELECT id, clock_timestamp(), true, '', '{"connected": true}'::jsonb FROM tg_sessions_telegramsession
WHERE id = $1 AND (health IN ('unhealthy', 'expired') OR NOT coalesce((
    SELECT c.passed FROM tg_sessions_healthcheck c WHERE c.session_id = $1 ORDER BY c.at DESC LIMIT 1), true))
"""
_SENDER_DEAD = "UPDATE tg_sessions_senderbot SET state = $2, reason = $3 WHERE id = $1 AND state <> 'removed'"
_KEY_DEAD = "UPDATE tg_sessions_accountsecret SET dead_code = $2 WHERE account = $1"
_WAKE = "SELECT pg_notify('relay_wake', 'placements')"


async def record_check(
    conn: Connection,
    holding: Holding,
    *,
    passed: bool,
    code: str,
    detail: Mapping[str, object],
    access: Mapping[int, str],
) -> None:
    """One HealthCheck row, and what the sources are to the account. `code` is the platform's name of the error.
    Raises FenceLost."""
    kind, number = split_account(holding.account)
    if kind == "session":
        async with conn.transaction():
            await fence(conn, holding)
            await conn.execute(_CHECK, number, passed, code[:64], json.dumps(dict(detail)))
            if access:
                await conn.execute(_ACCESS, number, list(access), list(access.values()))


async def record_connected(conn: Connection, holding: Holding) -> None:
    """A session that was in trouble, or whose last check failed, is connected again: a good check, so that nobody waits
    for the next one. Raises FenceLost."""
    kind, number = split_account(holding.account)
    if kind == "session":
        async with conn.transaction():
            await fence(conn, holding)
            await conn.execute(_CONNECTED, number)


async def record_death(conn: Connection, holding: Holding, error: AccountDead) -> None:
    """The platform said that key, token or user is dead: a failed check and a flip, at once. Raises FenceLost."""
    kind, number = split_account(holding.account)
    reason = error.message[:200]
    async with conn.transaction():
        await fence(conn, holding)
        if kind == "session":
            health = Health.UNAUTHORIZED if unauthorized(error.code) else Health.EXPIRED
            await conn.execute(_CHECK, number, False, error.code[:64], "{}")
            await conn.execute(_FLIP, number, health.value, reason)
        else:
            await conn.execute(_SENDER_DEAD, number, SenderState.DEAD.value, reason)
        await conn.execute(_KEY_DEAD, holding.account, error.code[:64])
        await conn.execute(_WAKE)
