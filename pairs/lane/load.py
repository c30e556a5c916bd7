"""Reads the pairs of an engine's accounts."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from pairs.journal.journal import Journal
from pairs.lane.config import PairConfig
from pairs.models.pair import PairStatus
from project.core.crypto import Keyring, unseal
from project.core.errors import SecretError
from project.core.secret import Secret
from project.discord.rest import Webhook

Loaded = tuple[dict[int, PairConfig], dict[int, int | None]]


async def load_pairs(journal: Journal, accounts: Sequence[str], keyring: Keyring) -> Loaded:
    """Pairs that these accounts read or post for, and the cursors of those pairs."""
    sessions = [int(name.partition(".")[2]) for name in accounts if name.startswith("session.")]
    senders = [int(name.partition(".")[2]) for name in accounts if name.startswith("sender.")]
    rows = await journal.pairs(sessions, senders) if accounts else []
    pairs: dict[int, PairConfig] = {}
    for row in rows:
        try:
            pairs[row["id"]] = _pair(row, keyring)
        except SecretError as error:
            owner = f"session.{row['session_id']}" if row["session_id"] in sessions else f"sender.{row['sender_id']}"
            await journal.stop_pair(row["id"], owner, error.for_people())
    return pairs, {row["id"]: row["cursor"] for row in rows}


def _pair(row: asyncpg.Record, keyring: Keyring) -> PairConfig:
    session = f"session.{row['session_id']}"
    return PairConfig(
        id=row["id"],
        generation=row["generation"],
        session=session,
        sender=f"sender.{row['sender_id']}" if row["sender_id"] else session,
        source_chat=row["source_chat"],
        discord_channel=row["discord_channel"],
        discord_guild=row["discord_guild"],
        webhook=_webhook(row, keyring),
        destination_chat=row["destination_chat"],
        status=PairStatus(row["status"]),
        group=row["group"],
        resumed_at=row["resumed_at"],
    )


def _webhook(row: asyncpg.Record, keyring: Keyring) -> Webhook | None:
    if row["webhook_id"] is None:
        return None
    token = unseal(bytes(row["webhook_sealed"]), owner=f"pair.{row['id']}", keys=keyring)
    return Webhook(row["webhook_id"], Secret(token.decode()))
