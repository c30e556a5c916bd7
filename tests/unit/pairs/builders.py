"""Journal rows for tests of pure logic."""

from __future__ import annotations

from typing import Any

from pairs.journal.rows import DueRow, StoredEvent
from pairs.lane.config import PairConfig
from pairs.models.delivery import Act, HopState
from pairs.models.pair import PairStatus
from project.core.message import EventKind, Message

PAIR = PairConfig(
    id=1,
    generation=1,
    session="session.1",
    sender="sender.1",
    source_chat=10,
    discord_channel=20,
    discord_guild=30,
    webhook=None,
    destination_chat=40,
    status=PairStatus.ACTIVE,
    group=1,
)


def event(seq: int, *, message_id: int = 0, kind: EventKind = EventKind.CREATE, revision: int = 0) -> StoredEvent:
    id_ = message_id or seq
    return StoredEvent(
        id=seq,
        pair_id=1,
        seq=seq,
        scope="tg:10",
        message_id=id_,
        revision=revision,
        kind=kind,
        hops=3,
        message=None if kind is EventKind.DELETE else Message("tg:10", id_, 1),
    )


def due(of: StoredEvent, **changes: Any) -> DueRow:
    values: dict[str, Any] = {
        "event": of,
        "part": 0,
        "act": Act.PLAN,
        "state": HopState.WAITING,
        "source_message": of.message_id,
        "rendered": None,
        "key": "",
        "identity": "",
        "age": None,
        "tries": 0,
        "wait": 0.0,
        "remote_id": None,
        "hop1_open": False,
    }
    return DueRow(**(values | changes))
