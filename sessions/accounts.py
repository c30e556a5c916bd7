"""What a worker needs to be an account: read from its rows, written back to its sealed secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec

from project.core.config import Config, current
from project.core.crypto import seal, unseal
from project.core.errors import FenceLost, NotFound
from project.core.leases import FENCE_SQL, Holding
from project.core.pg import Connection
from project.core.secret import Secret
from project.telegram.session import MemorySession
from project.telegram.values import App, DeviceProfile, Endpoint
from sessions.domain.accounts import split_account
from sessions.models.login import OPEN_STEPS
from sessions.models.sender import SenderState
from sessions.models.session import Lifecycle

_LOGIN = """
LEFT JOIN tg_sessions_accountsecret x ON x.account = $2
LEFT JOIN LATERAL (
    SELECT kind, sealed_answer FROM tg_sessions_loginattempt WHERE account = $2 AND step = ANY($3) LIMIT 1
) l ON true WHERE s.id = $1
"""
# ruff: noqa: S608 - made of constants
_SESSION = f"""
SELECT s.lifecycle AS state, s.device, s.api_id, s.api_hash_sealed, s.proxy_sealed, x.sealed, x.dead_code,
       l.kind AS login, CASE WHEN l.kind = 'import' THEN l.sealed_answer END AS imported
FROM tg_sessions_telegramsession s {_LOGIN}
"""
_SENDER = f"""
SELECT s.state, s.device, NULL::int AS api_id, NULL::bytea AS api_hash_sealed, NULL::bytea AS proxy_sealed,
       x.sealed, x.dead_code, l.kind AS login, NULL::bytea AS imported
FROM tg_sessions_senderbot s {_LOGIN}
"""
# Nothing is kept of an account that was removed: its worker may still have it for seconds.
_SAVE = """
INSERT INTO tg_sessions_accountsecret (account, sealed, dead_code, updated_at)
SELECT $1::text, $2::bytea, '', clock_timestamp()
WHERE CASE WHEN starts_with($1, 'session.')
    THEN EXISTS (SELECT 1 FROM tg_sessions_telegramsession WHERE id = $3 AND lifecycle <> 'deleted')
    ELSE EXISTS (SELECT 1 FROM tg_sessions_senderbot WHERE id = $3 AND state <> 'removed') END
ON CONFLICT (account) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at
"""
_DESTROY = "DELETE FROM tg_sessions_accountsecret WHERE account = $1"
_IMPORTED = "UPDATE tg_sessions_accountsecret SET imported = $2 WHERE account = $1"
_ALIVE = "UPDATE tg_sessions_accountsecret SET dead_code = '' WHERE account = $1"


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account as its rows say. `state` is the unsealed Telethon state (secret!), that of another program while it
    is taken over; `runnable` when it is logged in, wanted and not known to be dead; `open_login` when a login attempt
    (or a log-out) waits for somebody."""

    account: str
    app: App
    endpoint: Endpoint | None
    state: bytes | None
    proxy: str | None
    runnable: bool
    open_login: bool

    @property
    def new_login(self) -> bytes | None:
        """The state to log in anew from: without the key, with what spares the code. Secret."""
        return MemorySession.without_login(self.state)

    @property
    def way(self) -> tuple[App, str | None]:
        """How it connects; with another way it has to connect anew."""
        return self.app, self.proxy


async def load_account(conn: Connection, account: str) -> AccountRecord:
    """Reads and unseals an account. Raises NotFound and SecretError."""
    kind, number = split_account(account)
    query = _SESSION if kind == "session" else _SENDER
    row = await conn.fetchrow(query, number, account, [step.value for step in OPEN_STEPS])
    if row is None:
        raise NotFound(f"{account} does not exist any more.")
    keys = current().master_keys
    sealed = row["imported"] or row["sealed"]
    state = unseal(sealed, owner=account, keys=keys) if sealed else None
    return AccountRecord(
        account=account,
        app=_app(row, account),
        endpoint=endpoint(current()),
        state=state,
        proxy=unseal(row["proxy_sealed"], owner=account, keys=keys).decode() if row["proxy_sealed"] else None,
        runnable=state is not None and not row["dead_code"] and row["state"] in (Lifecycle.ACTIVE, SenderState.ACTIVE),
        open_login=row["login"] is not None,
    )


def _app(row: asyncpg.Record, account: str) -> App:
    config = current()
    device = msgspec.json.decode(row["device"], type=DeviceProfile)
    if row["api_id"] is None or row["api_hash_sealed"] is None:
        return App(config.telegram_api_id, config.telegram_api_hash, device)
    own = unseal(row["api_hash_sealed"], owner=account, keys=config.master_keys)
    return App(row["api_id"], Secret(own.decode()), device)


def endpoint(config: Config) -> Endpoint | None:
    """Where Telegram is, when it is not the real network (the sandbox, a test DC)."""
    if not config.telegram_dc:
        return None
    number, host, port = config.telegram_dc.split(":")
    return Endpoint(int(number), host, int(port), Path(config.telegram_dc_key_file).read_text())


async def save_state(conn: Connection, holding: Holding, snapshot: bytes) -> None:
    """Seals and stores the state of an account that was not removed. Raises FenceLost when another owns its lease."""
    sealed = seal(snapshot, owner=holding.account, keys=current().master_keys)
    async with conn.transaction():
        await fence(conn, holding)
        await conn.execute(_SAVE, holding.account, sealed, split_account(holding.account)[1])


async def destroy_state(conn: Connection, holding: Holding) -> None:
    """Removes an account's state for good. Raises FenceLost when the lease is somebody else's."""
    async with conn.transaction():
        await fence(conn, holding)
        await conn.execute(_DESTROY, holding.account)


async def note_import(conn: Connection, holding: Holding, key_id: str) -> None:
    """The stored key was made by another program, so somebody may bring it along once more."""
    await conn.execute(_IMPORTED, holding.account, key_id)


async def mark_alive(conn: Connection, holding: Holding) -> None:
    """A new login has replaced a dead key."""
    await conn.execute(_ALIVE, holding.account)


async def fence(conn: Connection, holding: Holding) -> None:
    """First statement of a fenced transaction. Raises FenceLost."""
    if not await conn.fetchval(FENCE_SQL, holding.account, holding.owner, holding.epoch):
        raise FenceLost(f"{holding.account}: the lease is no longer ours")
