"""Whatever a field of Telegram's objects holds: a message costs itself at most, and never those behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.errors import TypeNotFoundError
from telethon.tl import types

from project.core.message import PARTLY, UNREADABLE, Message, encode
from project.telegram.messages import neutral_message, neutral_updates
from project.telegram.names import Names
from project.telegram.sender import why_unreadable
from project.telegram.updates import Deleted, Gap, Posted

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = (
    *("date", "message", "entities", "from_id", "media", "reply_to", "grouped_id", "edit_date", "edit_hide"),
    *("post_author", "noforwards", "post"),
)
ODD = (None, 0, -1, "", "odd", b"\xff", [None], {}, types.PeerUser(1), 10**30, object)


def raw(**changed: Any) -> types.Message:
    made = types.Message(
        id=5,
        peer_id=types.PeerChannel(42),
        date=NOW,
        message="some text",
        entities=[types.MessageEntityBold(0, 4)],
        media=types.MessageMediaDocument(
            document=types.Document(1, 2, b"ref", NOW, "text/plain", 9, dc_id=2, attributes=[])
        ),
        reply_to=types.MessageReplyHeader(reply_to_msg_id=3),
    )
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def read(message: types.Message) -> Message | None:
    return neutral_message(message, Names(), "session.1")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ODD, ids=[type(value).__name__ + str(place) for place, value in enumerate(ODD)])
def test_one_odd_field_leaves_a_message(field: str, value: Any) -> None:
    found = read(raw(**{field: value}))
    assert found is not None
    assert (found.scope, found.message_id) == ("tg:42", 5)


@given(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ODD)))
def test_neither_do_several(changed: dict[str, Any]) -> None:
    assert read(raw(**changed)) is not None


@pytest.mark.parametrize(
    ("changed", "text", "files", "note"),
    [
        ({"date": None}, True, 1, ""),
        ({"entities": 5}, True, 1, PARTLY),
        (
            {"media": types.MessageMediaDocument(document=types.Document(1, 2, b"", NOW, None, 9, 2, None))},
            True,
            0,
            PARTLY,
        ),
        ({"media": types.MessageMediaPoll(poll=None, results=None), "message": ""}, False, 0, UNREADABLE),
    ],
    ids=["date", "entities", "a file", "all there is"],
)
def test_what_can_be_read_is_carried_and_a_line_says_what_is_missing(
    changed: dict[str, Any], text: bool, files: int, note: str
) -> None:
    found = read(raw(**changed))
    assert found is not None
    assert (bool(found.text), len(found.attachments), found.note) == (text, files, note)
    assert ("some" in encode(found)) is text


@pytest.mark.parametrize("id_", [None, "5", 0.5])
def test_without_an_id_it_is_passed_over(id_: Any) -> None:
    assert read(raw(id=id_)) is None


def test_an_update_that_breaks_is_a_gap_of_its_chat_and_those_behind_it_come() -> None:
    broken = types.UpdateDeleteChannelMessages(42, None, 7, 1)
    strange = types.UpdateDeleteMessages(None, 7, 1)
    fine = [types.UpdateNewChannelMessage(raw(), 8, 1), types.UpdateDeleteChannelMessages(42, [5], 9, 1)]
    told = list(neutral_updates([broken, strange, *fine], Names(), "session.1"))
    assert told[0] == Gap("tg:42")
    assert isinstance(told[1], Posted)
    assert told[2:] == [Deleted("tg:42", (5,))]


def test_a_name_that_cannot_be_read_is_not_known() -> None:
    names = Names()
    names.learn([types.User(7, first_name="Ann"), object(), types.Channel(1, None, None, None)])
    assert names.of(types.PeerUser(7)) == "Ann"


def test_the_log_names_the_constructor_and_nothing_that_somebody_wrote() -> None:
    told = why_unreadable(TypeNotFoundError(0x0BADC0DE, b"somebody's words"))
    assert told == "unknown constructor 0badc0de"
    assert why_unreadable(ValueError("somebody's words")) == "ValueError"
