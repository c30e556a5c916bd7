"""Sessions and pairs as rows, and what the sessions' connections would answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from django.db.models import F

from pairs.models import Assignment, Pair
from project.telegram.values import ChatSight
from sessions.models import TelegramSession
from sessions.services.lookups import Looked

SOURCE, DESTINATION = 1000, 5000  # of pair n: SOURCE + n, DESTINATION + n


def session(name: str, **changes: object) -> TelegramSession:
    values = {"lifecycle": "active", "health": "healthy"} | changes
    return TelegramSession.objects.create(name=name, phone_sealed=b"", phone_hint="", device={}, **values)


def pair(number: int, owner: TelegramSession | None, **changes: object) -> Pair:
    """Pair `number`, by an id of that number; without an owner it is parked."""
    values = {"status": "active" if owner else "parked"} | changes
    made = Pair.objects.create(
        id=number,
        source_chat=SOURCE + number,
        source_title=f"News {number}",
        discord_channel=1,
        destination_chat=DESTINATION + number,
        **values,
    )
    if owner:
        Assignment.objects.create(pair=made, session=owner)
    return made


class Eyes:
    """What live connections see: everything, but for `blind` (account, chat), `mute` ones, and accounts that are `off`.

    `asked` are the looks that were taken.
    """

    def __init__(self) -> None:
        self.blind: dict[tuple[str, int], str] = {}
        self.mute: set[tuple[str, int]] = set()
        self.off: set[str] = set()
        self.asked: list[tuple[str, tuple[int, ...]]] = []

    def look(self, asked: Mapping[str, Sequence[int]]) -> dict[str, Looked]:
        """In the place of `look_at_chats`."""
        self.asked += [(account, tuple(chats)) for account, chats in asked.items()]
        return {account: self._look(account, chats) for account, chats in asked.items()}

    def _look(self, account: str, chats: Sequence[int]) -> Looked:
        if account in self.off:
            return Looked({}, "did not answer within 10 s: it is not connected.")
        return Looked(
            {
                chat: ChatSight(chat, self.blind.get((account, chat), "member"), (account, chat) not in self.mute)
                for chat in chats
            }
        )


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> Eyes:
    """The looks of all sessions."""
    made = Eyes()
    monkeypatch.setattr("pairs.services.access.look_at_chats", made.look)
    return made


def given() -> None:
    """What owners do: every wish is fulfilled."""
    for one in Pair.objects.filter(wanted_session__isnull=False, assignment__isnull=False):
        Assignment.objects.filter(pair=one).update(session=one.wanted_session, generation=F("generation") + 1)
    Pair.objects.update(wanted_session=None)


def owners() -> dict[int, str]:
    """Who has each pair."""
    return dict(Assignment.objects.order_by("pair_id").values_list("pair_id", "session__name"))


def wishes() -> dict[int, str | None]:
    """Who is to have each pair."""
    return dict(Pair.objects.order_by("pk").values_list("pk", "wanted_session__name"))
