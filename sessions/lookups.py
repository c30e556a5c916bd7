"""The worker's side of a Lookup: asks Telegram through the live connection and writes the answer down."""

from __future__ import annotations

import msgspec

from project.core.errors import RelayError
from project.core.leases import Holding
from project.core.link import Link
from project.telegram.account import TelegramAccount
from sessions.accounts import fence

_OPEN = """
SELECT id, reference, chats, "join" FROM tg_sessions_lookup
WHERE account = $1 AND answered_at IS NULL AND created_at > clock_timestamp() - interval '2 minutes' ORDER BY id
"""
_ANSWER = """
UPDATE tg_sessions_lookup SET answer = $2, error = $3, answered_at = clock_timestamp() WHERE id = $1
"""


async def answer_lookups(link: Link, holding: Holding, telegram: TelegramAccount) -> None:
    """Answers what was asked of this account in the last two minutes. Raises FenceLost and
    DatabaseDown."""
    async with link.use() as conn:
        rows = await conn.fetch(_OPEN, holding.account)
    for row in rows:
        answer, error = await _ask(telegram, row["reference"], row["chats"], join=row["join"])
        async with link.use() as conn, conn.transaction():
            await fence(conn, holding)
            await conn.execute(_ANSWER, row["id"], answer, error[:300])


async def _ask(telegram: TelegramAccount, reference: str, chats: str | None, *, join: bool) -> tuple[str | None, str]:
    try:
        if chats is not None:
            sights = await telegram.look(msgspec.json.decode(chats, type=list[int]))
            return msgspec.json.encode(list(sights.values())).decode(), ""
        if join:
            return msgspec.json.encode(await telegram.join(reference)).decode(), ""
        found = await telegram.resolve(reference) if reference else await telegram.me()
    except RelayError as error:
        return None, error.for_people()
    return msgspec.json.encode(found).decode(), ""
