"""What a finished login changes, and when it is refused after all."""

from __future__ import annotations

import asyncpg

from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.leases import Holding
from project.core.pg import Connection
from project.telegram.values import AccountInfo
from sessions.accounts import fence
from sessions.domain.accounts import split_account
from sessions.domain.phone import masked, same_phone

_SESSION = "SELECT user_id, phone_sealed, lifecycle FROM tg_sessions_telegramsession WHERE id = $1 FOR NO KEY UPDATE"
_MAY_FINISH = ("registered", "login", "active")
_ACTIVATE = """
UPDATE tg_sessions_telegramsession
SET user_id = $2, lifecycle = 'active', health = 'healthy', health_reason = '', health_cause = '',
    updated_at = clock_timestamp()
WHERE id = $1
"""
_NUMBER = "UPDATE tg_sessions_telegramsession SET phone_sealed = $2, phone_hint = $3 WHERE id = $1"
_FLIP = """
INSERT INTO tg_sessions_healthflip (session_id, at, before, after, reason)
SELECT id, clock_timestamp(), health, 'healthy', 'logged in' FROM tg_sessions_telegramsession
WHERE id = $1 AND health <> 'healthy'
"""
_SENDER = """
UPDATE tg_sessions_senderbot SET state = 'active', username = $2, reason = ''
WHERE id = $1 AND bot_id = $3 AND state <> 'removed'
"""
_WAKE = "SELECT pg_notify('relay_wake', 'placements')"  # control brings the session's pairs back at once
_USED = "This Telegram account is used by another session already."


async def finish_session(conn: Connection, holding: Holding, info: AccountInfo) -> str:
    """Makes the session active; "" when done, else why this account is refused. Raises FenceLost.

    The account has to be the one of the registered number; later the one it was before, whose number may change.
    """
    _, number = split_account(holding.account)
    try:
        async with conn.transaction():
            await fence(conn, holding)
            row = await conn.fetchrow(_SESSION, number)
            assert row is not None, "its lease is held"
            phone = unseal(row["phone_sealed"], owner=holding.account, keys=current().master_keys).decode()
            if refusal := _refusal(row, phone, info):
                return refusal
            await conn.execute(_FLIP, number)
            await conn.execute(_ACTIVATE, number, info.user_id)
            await conn.execute(_WAKE)
            if info.phone and not same_phone(phone, info.phone):
                await _note_phone(conn, holding, number, f"+{info.phone.lstrip('+')}")
    except asyncpg.UniqueViolationError:
        return _USED
    return ""


def _refusal(row: asyncpg.Record, phone: str, info: AccountInfo) -> str:
    if row["lifecycle"] not in _MAY_FINISH:
        return f"The session is {row['lifecycle']}."
    if info.is_bot:
        return "This is a bot, not the account of a person."
    if row["user_id"] is not None and row["user_id"] != info.user_id:
        return "This is another Telegram account than before."
    if row["user_id"] is None and info.phone and not same_phone(phone, info.phone):
        return "This is another Telegram account than the one of the registered phone number."
    return ""


async def _note_phone(conn: Connection, holding: Holding, number: int, phone: str) -> None:
    """The account has another number by now; the next code goes there."""
    sealed = seal(phone.encode(), owner=holding.account, keys=current().master_keys)
    await conn.execute(_NUMBER, number, sealed, masked(phone))


async def finish_sender(conn: Connection, holding: Holding, info: AccountInfo) -> None:
    """Makes the sender bot active. Raises FenceLost."""
    _, number = split_account(holding.account)
    async with conn.transaction():
        await fence(conn, holding)
        await conn.execute(_SENDER, number, info.username, info.user_id)
