"""What a finished login changes, and when it is refused after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from project.core.leases import Holding
from project.telegram.account import TelegramAccount
from project.telegram.values import AccountInfo
from sessions.accounts import fence

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_ACTIVATE = """
UPDATE tg_sessions_telegramsession
SET user_id = $2, lifecycle = 'active', health = 'healthy', health_reason = '', updated_at = clock_timestamp()
WHERE id = $1 AND lifecycle IN ('registered', 'login', 'active') AND (user_id IS NULL OR user_id = $2)
"""
_FLIP = """
INSERT INTO tg_sessions_healthflip (session_id, at, before, after, reason)
SELECT id, clock_timestamp(), health, 'healthy', 'logged in' FROM tg_sessions_telegramsession
WHERE id = $1 AND health <> 'healthy'
"""
_SENDER = "UPDATE tg_sessions_senderbot SET state = 'active', username = $2, reason = '' WHERE id = $1 AND bot_id = $3"


async def finish_session(conn: Connection, holding: Holding, telegram: TelegramAccount, info: AccountInfo) -> str:
    """Makes the session active; "" when done. Another account than before is logged out again and refused."""
    number = int(holding.account.partition(".")[2])
    try:
        async with conn.transaction():
            await fence(conn, holding)
            await conn.execute(_FLIP, number)
            changed = await conn.execute(_ACTIVATE, number, info.user_id)
            if changed != "UPDATE 1":
                raise _MismatchError
    except _MismatchError:
        await telegram.log_out()
        return "This is another Telegram account than before; it was logged out again."
    except asyncpg.UniqueViolationError:
        await telegram.log_out()
        return "This Telegram account is used by another session already; it was logged out again."
    return ""


async def finish_sender(conn: Connection, holding: Holding, telegram: TelegramAccount, info: AccountInfo) -> str:
    """Makes the sender bot active."""
    number = int(holding.account.partition(".")[2])
    async with conn.transaction():
        await fence(conn, holding)
        await conn.execute(_SENDER, number, info.username, info.user_id)
    return ""


class _MismatchError(Exception):
    """The account is not the one that the session belongs to."""
