"""Reading the pairs again and again: what is unsealed once is kept, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pairs.lane.load import PairLoader
from project.core.crypto import Keyring, new_key, seal

KEYS = Keyring.parse(new_key())


class Table:
    """Stands in for the journal: rows to read, and what was stopped."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.stopped: list[tuple[int, str]] = []

    async def pairs(self, sessions: Sequence[int], senders: Sequence[int]) -> list[dict[str, Any]]:
        return self.rows

    async def stop_pair(self, pair_id: int, owner: str, reason: str) -> None:
        self.stopped.append((pair_id, owner))


@pytest.fixture
def table() -> Table:
    return Table()


def row(pair_id: int, sealed: bytes | None, webhook_id: int = 7) -> dict[str, Any]:
    return {
        "id": pair_id,
        "generation": 1,
        "session_id": 1,
        "sender_id": None,
        "source_chat": 10,
        "discord_channel": 20,
        "discord_guild": None,
        "webhook_id": None if sealed is None else webhook_id,
        "webhook_sealed": sealed,
        "destination_chat": 30,
        "status": "active",
        "status_code": "",
        "group": 1,
        "cursor": 5,
        "resumed_at": 0,
        "options": "{}",
    }


def sealed(token: str, pair_id: int = 1) -> bytes:
    return seal(token.encode(), owner=f"pair.{pair_id}", keys=KEYS)


async def tokens(loader: PairLoader) -> dict[int, tuple[int, str]]:
    pairs, _ = await loader.load(["session.1"])
    return {id_: (p.webhook.id, p.webhook.token.reveal()) for id_, p in pairs.items() if p.webhook}


async def test_a_token_is_unsealed_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = PairLoader(table, KEYS)  # type: ignore[arg-type]
    table.rows = [row(1, sealed("first")), row(2, None)]
    assert await tokens(loader) == {1: (7, "first")}
    monkeypatch.setattr("pairs.lane.load.unseal", lambda *a, **k: pytest.fail("unsealed again"))
    assert await tokens(loader) == {1: (7, "first")}


async def test_a_rotated_webhook_is_taken_over(table: Table) -> None:
    loader = PairLoader(table, KEYS)  # type: ignore[arg-type]
    table.rows = [row(1, sealed("first"))]
    await loader.load(["session.1"])
    table.rows = [row(1, sealed("second"))]
    assert await tokens(loader) == {1: (7, "second")}
    table.rows = [row(1, sealed("second"), webhook_id=8)]
    assert await tokens(loader) == {1: (8, "second")}


async def test_a_token_sealed_for_another_pair_stops_the_pair(table: Table) -> None:
    loader = PairLoader(table, KEYS)  # type: ignore[arg-type]
    token = sealed("first")
    table.rows = [row(1, token)]
    await loader.load(["session.1"])
    table.rows = [row(1, token), row(2, token)]
    assert await tokens(loader) == {1: (7, "first")}
    assert table.stopped == [(2, "session.1")]


async def test_a_shut_source_is_left_alone_until_the_checks_say_that_it_is_open(table: Table) -> None:
    table.rows = [
        row(1, None) | {"status": "error", "status_code": "SOURCE_ACCESS"},
        row(2, None) | {"status": "error", "status_code": "50013"},
    ]
    pairs, _ = await PairLoader(table, KEYS).load(["session.1"])  # type: ignore[arg-type]
    assert [pairs[1].journals, pairs[2].journals] == [False, True]
