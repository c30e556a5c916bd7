"""Asking for another session: what is refused, what is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pairs.models import Assignment, Pair, SourceAccess
from pairs.services.handover import NewReader, change_session, hand_over_state
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.models import AuditEvent
from project.telegram.values import ChatInfo
from sessions.models import TelegramSession

pytestmark = pytest.mark.django_db

SOURCE = ChatInfo(10, "News", "", is_broadcast=True, protected=False, can_post=False, top_message_id=5)
DESTINATION = ChatInfo(30, "Copy", "", is_broadcast=True, protected=False, can_post=True, top_message_id=0)


def session(name: str, **changes: object) -> TelegramSession:
    values = {"lifecycle": "active", "health": "healthy"} | changes
    return TelegramSession.objects.create(name=name, phone_sealed=b"", phone_hint="", device={}, **values)


@pytest.fixture
def pair() -> Pair:
    made = Pair.objects.create(source_chat=10, discord_channel=20, destination_chat=30)
    Assignment.objects.create(pair=made, session=session("one"))
    return made


def ask(pair: Pair, reader: NewReader) -> None:
    change_session(actor="me", pair_id=pair.pk, reader=reader, reason="holiday")


def test_a_wish_is_written_down_and_can_be_taken_back(pair: Pair) -> None:
    two = session("two")
    ask(pair, NewReader(two, SOURCE, DESTINATION))
    state = hand_over_state(pair.pk)
    assert (state.session, state.wanted, state.done, state.generation) == ("one", "two", False, 1)
    event = AuditEvent.objects.get()
    assert (event.action, event.before, event.after, event.reason) == (
        "pair.session",
        {"session": "one"},
        {"session": "two"},
        "holiday",
    )
    assert SourceAccess.objects.get().access == "member"
    ask(pair, NewReader(pair.assignment.session, SOURCE, DESTINATION))
    assert hand_over_state(pair.pk).done


@pytest.mark.parametrize(
    ("changes", "source", "destination", "error"),
    [
        ({"health": "expired"}, SOURCE, DESTINATION, Conflict),
        ({"lifecycle": "disabled"}, SOURCE, DESTINATION, Conflict),
        ({}, replace(SOURCE, chat_id=11), DESTINATION, InvalidInput),
        ({}, replace(SOURCE, protected=True), DESTINATION, InvalidInput),
        ({}, SOURCE, replace(DESTINATION, can_post=False), InvalidInput),
        ({}, SOURCE, None, InvalidInput),
    ],
    ids=["dead", "disabled", "another source", "protected source", "may not post", "not looked"],
)
def test_what_could_not_work_is_refused(
    pair: Pair, changes: dict[str, object], source: ChatInfo, destination: ChatInfo | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(pair, NewReader(session("two", **changes), source, destination))
    assert hand_over_state(pair.pk).wanted == "one"
    assert not AuditEvent.objects.exists()


def test_a_pair_on_its_way_takes_a_seat(pair: Pair) -> None:
    two = session("two", max_pairs=1)
    ask(pair, NewReader(two, SOURCE, DESTINATION))
    ask(pair, NewReader(two, SOURCE, DESTINATION))  # its own seat
    another = Pair.objects.create(source_chat=10, discord_channel=21, destination_chat=30)
    Assignment.objects.create(pair=another, session=session("three"))
    with pytest.raises(Conflict):
        ask(another, NewReader(two, SOURCE, DESTINATION))


def test_a_removed_pair_goes_nowhere(pair: Pair) -> None:
    Pair.objects.update(status="removed")
    with pytest.raises(NotFound):
        ask(pair, NewReader(session("two"), SOURCE, DESTINATION))
