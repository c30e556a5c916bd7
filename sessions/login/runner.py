"""The worker's side of a login: takes the step that waits for it, and leaves the rest to the person.

Every step is one fenced transaction, so a worker that dies between two steps leaves an attempt that goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.errors import GatewayError, RelayError
from project.core.leases import Holding
from project.core.secret import Secret
from project.telegram.account import TelegramAccount
from project.telegram.login import CodeExpired, CodeInvalid, PasswordInvalid, PasswordNeeded
from project.telegram.values import AccountInfo
from sessions.accounts import fence, mark_alive, save_state
from sessions.login.finish import finish_sender, finish_session
from sessions.models.login import LoginStep

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

MOST_TRIES = 5
_FOR_WORKER = (LoginStep.REQUESTED, LoginStep.CODE_GIVEN, LoginStep.PASSWORD_GIVEN)
_OPEN = """
SELECT id, step, sealed_state, sealed_answer, tries, expires_at < clock_timestamp() AS expired
FROM tg_sessions_loginattempt WHERE account = $1 AND step NOT IN ('done', 'failed')
"""
_STEP = """
UPDATE tg_sessions_loginattempt
SET step = $3, sealed_state = coalesce($4, sealed_state), sealed_answer = NULL, delivery = coalesce($5, delivery),
    code_length = coalesce($6, code_length), tries = tries + $7, error = $8, updated_at = clock_timestamp()
WHERE id = $1 AND step = $2
"""


async def run_login(conn: Connection, holding: Holding, telegram: TelegramAccount) -> bool:
    """Takes the step that waits for the worker, if any. True when the account has just been logged in."""
    row = await conn.fetchrow(_OPEN, holding.account)
    if row is None:
        return False
    if row["expired"]:
        await _move(conn, holding, row, LoginStep.FAILED, error="Nobody answered in time.")
        return False
    if row["step"] not in _FOR_WORKER:
        return False
    try:
        return await _step(conn, holding, telegram, row)
    except (CodeInvalid, PasswordInvalid) as error:
        await _again(conn, holding, row, error)
    except PasswordNeeded:
        await _move(conn, holding, row, LoginStep.PASSWORD_NEEDED)
    except (CodeExpired, GatewayError, RelayError) as error:
        await _move(conn, holding, row, LoginStep.FAILED, error=error.for_people())
    return False


async def _step(conn: Connection, holding: Holding, telegram: TelegramAccount, row: asyncpg.Record) -> bool:
    if holding.account.startswith("sender."):
        info = await telegram.import_bot(await _token(conn, holding))
        return await _done(conn, holding, telegram, row, info)
    if row["step"] == LoginStep.REQUESTED:
        if await _send_code(conn, holding, telegram, row):
            return False
        return await _done(conn, holding, telegram, row, await telegram.me())
    answer = Secret(unseal(row["sealed_answer"], owner=holding.account, keys=current().master_keys).decode())
    if row["step"] == LoginStep.CODE_GIVEN:
        phone = await _phone(conn, holding)
        code_hash = unseal(row["sealed_state"], owner=holding.account, keys=current().master_keys).decode()
        info = await telegram.sign_in(phone.reveal(), code_hash, answer)
    else:
        info = await telegram.check_password(answer)
    return await _done(conn, holding, telegram, row, info)


async def _send_code(conn: Connection, holding: Holding, telegram: TelegramAccount, row: asyncpg.Record) -> bool:
    """False when no code is needed: a kept token of an earlier login sufficed."""
    sent = await telegram.send_code((await _phone(conn, holding)).reveal())
    if sent.kind == "none":
        return False
    await save_state(conn, holding, telegram.snapshot())  # the code belongs to this half-made key
    sealed = seal(sent.phone_code_hash.encode(), owner=holding.account, keys=current().master_keys)
    await _move(conn, holding, row, LoginStep.CODE_SENT, state=sealed, delivery=sent.kind, length=sent.length or None)
    return True


async def _done(
    conn: Connection, holding: Holding, telegram: TelegramAccount, row: asyncpg.Record, info: AccountInfo
) -> bool:
    finish = finish_sender if holding.account.startswith("sender.") else finish_session
    refusal = await finish(conn, holding, telegram, info)
    if refusal:
        await _move(conn, holding, row, LoginStep.FAILED, error=refusal)
        return False
    await save_state(conn, holding, telegram.snapshot())
    await mark_alive(conn, holding)
    await _move(conn, holding, row, LoginStep.DONE)
    return True


async def _again(conn: Connection, holding: Holding, row: asyncpg.Record, error: RelayError) -> None:
    """A wrong answer may be given again, five times in all."""
    asked = LoginStep.CODE_SENT if row["step"] == LoginStep.CODE_GIVEN else LoginStep.PASSWORD_NEEDED
    if row["tries"] + 1 >= MOST_TRIES:
        await _move(conn, holding, row, LoginStep.FAILED, error="Too many wrong answers. Start a new login.")
    else:
        await _move(conn, holding, row, asked, tries=1, error=error.for_people())


async def _move(
    conn: Connection,
    holding: Holding,
    row: asyncpg.Record,
    step: LoginStep,
    *,
    state: bytes | None = None,
    delivery: str | None = None,
    length: int | None = None,
    tries: int = 0,
    error: str = "",
) -> None:
    async with conn.transaction():
        await fence(conn, holding)
        await conn.execute(_STEP, row["id"], row["step"], step.value, state, delivery, length, tries, error[:300])


async def _phone(conn: Connection, holding: Holding) -> Secret:
    number = int(holding.account.partition(".")[2])
    sealed = await conn.fetchval("SELECT phone_sealed FROM tg_sessions_telegramsession WHERE id = $1", number)
    return Secret(unseal(sealed, owner=holding.account, keys=current().master_keys).decode())


async def _token(conn: Connection, holding: Holding) -> Secret:
    number = int(holding.account.partition(".")[2])
    sealed = await conn.fetchval("SELECT token_sealed FROM tg_sessions_senderbot WHERE id = $1", number)
    return Secret(unseal(sealed, owner=holding.account, keys=current().master_keys).decode())
