"""Times, chats, links and options as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain.durations import parse_duration
from pairs.domain.options import PairOptions, Protected, check_option, read_options
from pairs.domain.references import (
    DiscordPost,
    TelegramPost,
    chat_number,
    check_chat,
    check_destination,
    find_post,
)
from project.core.chats import LARGEST_CHANNEL, marked
from project.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2H", 7200), ("3d", 259200), ("1w", 604800), ("1d12h", 129600)]
)
def test_times(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0s", "2", "h", "-2h", "99999w", "2h!", "²h", "2 h", "367d"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "chat"),
    [
        ("@news_chat", "@news_chat"),
        ("news_chat", "@news_chat"),
        ("https://t.me/news_chat/17?single", "@news_chat"),
        ("t.me/s/news_chat", "@news_chat"),
        ("https://t.me/c/1234/99", "-1000000001234"),
        ("-1001234567890", "-1001234567890"),
        ("1234567890", "-1001234567890"),
        ("-4012345678", "-4012345678"),
    ],
)
def test_chats_have_one_spelling(text: str, chat: str) -> None:
    assert check_chat(text) == chat
    assert check_chat(chat) == chat


@pytest.mark.parametrize(
    "text",
    ["", "-0", "-5x", "t.me/+AbC", "https://t.me/joinchat/AbC", "@a", "x" * 5000, "@na\0me", "1;DROP", "../x"],
)
def test_what_names_no_chat(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_chat(text)
    assert len(refused.value.message) < 120


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_chat_or_refused(text: str) -> None:
    try:
        assert check_chat(check_chat(text)) == check_chat(text)
    except InvalidInput:
        return


@settings(deadline=None)
@given(st.integers(1, LARGEST_CHANNEL))
def test_ids_of_chats(chat_id: int) -> None:
    assert chat_number(check_chat(str(chat_id))) == chat_id


@pytest.mark.parametrize("chat_id", [-4012345678, -5, 5, 1234567890])
def test_an_id_and_its_spelling(chat_id: int) -> None:
    assert chat_number(check_chat(marked(chat_id))) == chat_id


def test_a_basic_group_is_a_source_only() -> None:
    assert check_destination("-1001234567890") == check_chat("-1001234567890")
    with pytest.raises(InvalidInput, match="cannot be a destination, only a source") as refused:
        check_destination("-4012345678")
    assert "supergroup" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "post"),
    [
        ("why not https://t.me/news_chat/17 ?", TelegramPost(None, "news_chat", 17)),
        ("t.me/c/1234/5/99", TelegramPost(1234, "", 99)),
        ("<https://discord.com/channels/1/22222/33333>", DiscordPost(22222, 33333)),
        ("https://ptb.discord.com/channels/@me/22222/33333", None),
        ("https://t.me/news_chat", None),
        ("hello", None),
        ("https://discord.com.evil/channels/1/2/3", None),
    ],
)
def test_links_to_messages(text: str, post: object) -> None:
    assert find_post(text) == post


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_a_link_or_none(text: str) -> None:
    find_post(text)


def test_options() -> None:
    assert read_options({"protected": "reupload"}) == PairOptions(Protected.REUPLOAD)
    assert read_options({"protected": 5, "later": "x"}) == PairOptions(Protected.SKIP)
    check_option("protected", "skip")
    for name, value in (("protected", "yes"), ("other", "skip")):
        with pytest.raises(InvalidInput):
            check_option(name, value)
