"""What is typed after the commands about pairs: read, or refused with everything that is wrong."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain.requests import parse_add, parse_edit, parse_pause
from project.core.errors import InvalidInput, ManyProblems

URL = "https://discord.com/api/webhooks/123456789012345678/secretsecretsecret"


def test_a_pair_in_one_line() -> None:
    asked = parse_add(f"t.me/news_chat {URL} -1000000001234 sender=@copy_bot session=main protected=skip".split())
    assert (asked.source, asked.destination, asked.sender, asked.session) == (
        "@news_chat",
        "-1000000001234",
        "@copy_bot",
        "main",
    )
    assert asked.discord.reveal() == URL
    assert asked.options == {"protected": "skip"}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ["Missing: source, discord, destination"]),
        ("@news 123456789", ["Missing: destination"]),
        ("@n x -5 colour=red sender= protected=maybe", ["'colour'", "sender has no value", "maybe", "'@n'", "basic"]),
        (f"@news {URL}x/../.. @copy extra", ["4 chats are too many"]),
        ("@news not-a-channel @copy_chat", ["'not-a-channel' is no channel's id or link"]),
    ],
)
def test_everything_that_is_wrong_with_a_new_pair(text: str, pieces: list[str]) -> None:
    with pytest.raises(ManyProblems) as refused:
        parse_add(text.split())
    for piece in pieces:
        assert piece in " ".join(refused.value.problems)
    assert "secret" not in str(refused.value) + refused.value.correction


def test_signs_that_no_table_takes_are_replaced() -> None:
    assert parse_pause("3 2h a\0b\ud800").reason == "a\ufffdb\ufffd"
    assert parse_add(f"@news_chat {URL} @copy_chat session=a\0b".split()).session == "a\ufffdb"


def test_what_changes_about_a_pair() -> None:
    text = f"#7 discord={URL} destination=@copy_chat sender=session titles protected=reupload"
    pair_id, wish = parse_edit(text.split())
    assert (pair_id, wish.destination, wish.sender, wish.titles) == (7, "@copy_chat", "session", True)
    assert wish.discord is not None
    assert wish.discord.reveal() == URL


@pytest.mark.parametrize("text", ["", "x", "0", "7 destination=x sender=@a sender=@b", "7 something", "٣", "9" * 30])
def test_what_cannot_be_changed(text: str) -> None:
    with pytest.raises(ManyProblems):
        parse_edit(text.split())


@pytest.mark.parametrize(
    ("text", "pairs", "hours", "reason"),
    [
        ("3 2h maintenance", "3", 2, "maintenance"),
        ("1,2, 5-7   1d  at   night", "1-2,5-7", 24, "at night"),
        ("all_from:main moving house", "all_from:main", None, "moving house"),
        ("3", "3", None, ""),
    ],
)
def test_pauses(text: str, pairs: str, hours: int | None, reason: str) -> None:
    asked = parse_pause(text)
    assert (str(asked.pairs), asked.reason) == (pairs, reason)
    assert asked.duration == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    "text", ["", "x 2h", "3 2hours", "3 0s", "3 " + "y" * 201, "10-1 2h", "3 99999w", "3 -5m", "3 +2h"]
)
def test_pauses_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_pause(text)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_a_request_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        parse_pause(text)
    with suppress(ManyProblems):
        parse_add(text.split())
    with suppress(ManyProblems):
        parse_edit(text.split())
