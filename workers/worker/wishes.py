"""What a session's owner has to look at, and whether somebody waits for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sessions.domain.accounts import split_account

if TYPE_CHECKING:
    from project.core.pg import Connection

_SOURCES = """
SELECT DISTINCT p.source_chat FROM pairs_assignment a JOIN pairs_pair p ON p.id = a.pair_id
WHERE a.session_id = $1 AND p.status <> 'removed' ORDER BY 1
"""
_ASKED = """
UPDATE tg_sessions_telegramsession s SET check_asked = NULL
FROM (SELECT id, check_asked FROM tg_sessions_telegramsession WHERE id = $1 AND check_asked IS NOT NULL FOR UPDATE) o
WHERE s.id = o.id RETURNING o.check_asked
"""


async def sources_of(conn: Connection, account: str) -> Sequence[int]:
    """The source chats of a session's pairs; none for a sender bot."""
    kind, number = split_account(account)
    return [row[0] for row in await conn.fetch(_SOURCES, number)] if kind == "session" else []


async def take_check_wish(conn: Connection, account: str) -> str:
    """The mark of a check that somebody waits for, given out once; "" when nobody does."""
    kind, number = split_account(account)
    mark = await conn.fetchval(_ASKED, number) if kind == "session" else None
    return str(mark) if mark else ""
