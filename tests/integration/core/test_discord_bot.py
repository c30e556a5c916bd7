"""Whose the Discord token is, is asked once for all processes; another token is another question."""

from __future__ import annotations

import os
import uuid

import asyncpg

from project.core.installation import known_bot_id, remember_bot_id
from project.core.secret import Secret


async def test_the_bot_is_known_for_its_token_only(pg: asyncpg.Connection) -> None:
    await pg.execute(
        'INSERT INTO core_installation ("only", uid, random_id_key) VALUES (true, $1, $2)', uuid.uuid4(), b""
    )
    key, token, other = os.urandom(32), Secret("token one"), Secret("token two")
    assert await known_bot_id(pg, token, key=key) is None
    await remember_bot_id(pg, token, 1234567890123456789, key=key)
    assert await known_bot_id(pg, token, key=key) == 1234567890123456789
    assert await known_bot_id(pg, other, key=key) is None
    assert "token" not in str(await pg.fetchval("SELECT discord_token_mark FROM core_installation"))
