"""Messages whose source forbids copying: each pair's option decides, before anything is kept."""

from __future__ import annotations

from dataclasses import replace

from pairs.domain.options import PairOptions, Protected
from pairs.intake.events import created, edited
from project.core.message import EventKind, Message, Node, ProtectedMessage, Style, decode, encode
from tests.unit.pairs.builders import PAIR

SKIPS = PAIR
COPIES = replace(PAIR, id=2, options=PairOptions(Protected.REUPLOAD))
TEXT = (Node(Style.TEXT, "secret words"),)
CLOSED = ProtectedMessage("tg:10", 7, 1, text=TEXT)


def test_one_pair_notes_it_and_the_other_copies_it() -> None:
    copied, noted = created(CLOSED, [SKIPS, COPIES])
    assert (copied.pair_id, noted.pair_id) == (2, 1)
    assert copied.message is not None
    assert copied.message.text == TEXT
    assert noted.message is not None
    assert (noted.message.text, noted.message.attachments) == ((), ())
    assert "forbids copying" in noted.message.note
    assert "https://t.me/c/10/7" in noted.message.note
    assert (copied.cursor_to, noted.cursor_to, noted.kind) == (7, 7, EventKind.CREATE)


def test_edits_of_what_may_not_be_copied_change_nothing() -> None:
    assert [event.pair_id for event in edited(CLOSED, [SKIPS, COPIES])] == [2]


def test_an_open_message_is_nobodys_business() -> None:
    message = Message("tg:10", 7, 1, text=TEXT)
    assert [event.message for event in created(message, [SKIPS, COPIES])] == [message, message]


def test_the_journal_keeps_a_copied_one_like_any_other() -> None:
    assert decode(encode(CLOSED)) == Message("tg:10", 7, 1, text=TEXT)
