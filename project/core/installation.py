"""The secret of the installation that outlives every other key, and what need not be asked again at every start."""

from __future__ import annotations

import hashlib
import hmac
import os

from project.core.config import current
from project.core.crypto import KEY_BYTES, seal, unseal
from project.core.models import Installation
from project.core.pg import Connection
from project.core.secret import Secret

_OWNER = Installation.seal_owner


def random_id_key() -> bytes:
    """32 bytes that key Telegram's random_id; made once. With another key, a repeat would be sent twice.

    Raises SecretError when no master key opens it.
    """
    keys = current().master_keys
    row = Installation.objects.first()
    if row is None:
        fresh = seal(os.urandom(KEY_BYTES), owner=_OWNER, keys=keys)
        row, _ = Installation.objects.get_or_create(only=True, defaults={"random_id_key": fresh})
    return unseal(bytes(row.random_id_key), owner=_OWNER, keys=keys)


async def stored_random_id_key(conn: Connection) -> bytes:
    """The same for a worker: over asyncpg, since the ORM costs a process 9 MiB. It exists once a node has started.

    Raises SecretError when no master key opens it.
    """
    sealed = await conn.fetchval("SELECT random_id_key FROM core_installation")
    return unseal(sealed, owner=_OWNER, keys=current().master_keys)


async def known_bot_id(conn: Connection, token: Secret, *, key: bytes) -> int | None:
    """The Discord bot of this token, if a worker asked before. `key`: that of `stored_random_id_key`."""
    query = "SELECT discord_bot_id FROM core_installation WHERE discord_token_mark = $1"
    found: int | None = await conn.fetchval(query, _mark(token, key))
    return found


async def remember_bot_id(conn: Connection, token: Secret, bot_id: int, *, key: bytes) -> None:
    """Spare the next workers the question: many that start at once would run into Discord's limits."""
    query = "UPDATE core_installation SET discord_bot_id = $1, discord_token_mark = $2"
    await conn.execute(query, bot_id, _mark(token, key))


def _mark(token: Secret, key: bytes) -> str:
    """Tells tokens apart without telling them."""
    return hmac.new(key, b"discord token " + token.reveal().encode(), hashlib.sha256).hexdigest()
