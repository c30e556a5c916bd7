"""The secret of the installation that outlives every other key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import asyncpg

from project.core.config import current
from project.core.crypto import KEY_BYTES, seal, unseal
from project.core.models import Installation

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_OWNER = "installation"


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
