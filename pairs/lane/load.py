"""Reads the pairs of an engine's accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from pairs.domain.options import read_options
from pairs.domain.status import SOURCE_ACCESS, PairStatus
from pairs.journal.journal import Journal
from pairs.lane.config import PairConfig
from project.core.crypto import Keyring, unseal
from project.core.errors import SecretError
from project.core.secret import Secret
from project.discord.rest import Webhook
from sessions.domain.accounts import split_account

Loaded = tuple[dict[int, PairConfig], dict[int, int | None]]
Sealed = tuple[int, int, bytes]  # (pair, webhook, its sealed token)


class PairLoader:
    """Reads pairs again and again, but unseals a token only once."""

    def __init__(self, journal: Journal, keyring: Keyring) -> None:
        self._journal = journal
        self._keyring = keyring
        self._webhooks: dict[Sealed, Webhook] = {}

    async def load(self, accounts: Sequence[str]) -> Loaded:
        """Pairs that these accounts read or post for, and the cursors of those pairs."""
        sessions, senders = numbers(accounts)
        rows = await self._journal.pairs(sessions, senders) if accounts else []
        known, self._webhooks = self._webhooks, {}
        pairs: dict[int, PairConfig] = {}
        for row in rows:
            try:
                pairs[row["id"]] = _pair(row, self._webhook(row, known))
            except SecretError as error:
                owner = (
                    f"session.{row['session_id']}" if row["session_id"] in sessions else f"sender.{row['sender_id']}"
                )
                await self._journal.stop_pair(row["id"], owner, error.for_people())
        return pairs, {row["id"]: row["cursor"] for row in rows}

    def _webhook(self, row: asyncpg.Record, known: Mapping[Sealed, Webhook]) -> Webhook | None:
        if row["webhook_id"] is None:
            return None
        sealed = (row["id"], row["webhook_id"], bytes(row["webhook_sealed"]))
        webhook = known.get(sealed)
        if webhook is None:
            token = unseal(sealed[2], owner=f"pair.{row['id']}", keys=self._keyring)
            webhook = Webhook(row["webhook_id"], Secret(token.decode()))
        self._webhooks[sealed] = webhook
        return webhook


def numbers(accounts: Iterable[str]) -> tuple[list[int], list[int]]:
    """The numbers of the sessions and of the sender bots among these accounts."""
    kinds: dict[str, list[int]] = {"session": [], "sender": []}
    for name in accounts:
        kind, number = split_account(name)
        kinds[kind].append(number)
    return kinds["session"], kinds["sender"]


def _pair(row: asyncpg.Record, webhook: Webhook | None) -> PairConfig:
    session = f"session.{row['session_id']}"
    return PairConfig(
        id=row["id"],
        generation=row["generation"],
        session=session,
        sender=f"sender.{row['sender_id']}" if row["sender_id"] else session,
        source_chat=row["source_chat"],
        discord_channel=row["discord_channel"],
        discord_guild=row["discord_guild"],
        webhook=webhook,
        destination_chat=row["destination_chat"],
        status=PairStatus(row["status"]),
        shut=row["status_code"] == SOURCE_ACCESS,
        group=row["group"],
        resumed_at=row["resumed_at"],
        options=read_options(json.loads(row["options"])),
    )
