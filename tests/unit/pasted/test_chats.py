"""B26: a Telegram chat in every spelling."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain.references import chat_number, check_chat, check_destination
from project.core.chats import LARGEST_CHANNEL, marked, read_chat
from project.core.errors import InvalidInput
from project.telegram.chats import parse_reference


@pytest.mark.parametrize(
    ("text", "chat", "number"),
    [
        ("-1620198712", "-1620198712", -1620198712),
        ("-1010000000000", "-1010000000000", 10_000_000_000),
        ("-1997852516352", "-1997852516352", 997_852_516_352),
        ("-1000000000001", "-1000000000001", 1),
        ("-100123456", "-100123456", -100123456),
        ("-1002164990312", "-1002164990312", 2164990312),
        ("1001234567890", "-1001234567890", 1234567890),  # only the minus is missing
        ("\u22121001234567890", "-1001234567890", 1234567890),
        ("\u20131001234567890", "-1001234567890", 1234567890),
        ("\u2014100\u200b1234567890", "-1001234567890", 1234567890),
        ("\u202a-1001234567890\u202c", "-1001234567890", 1234567890),
        ("\ufeff-1001234567890\u00a0", "-1001234567890", 1234567890),
        (
            "\uff0d\uff11\uff10\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10",
            "-1001234567890",
            1234567890,
        ),
        (
            "-\u06f1\u06f0\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9\u06f0",
            "-1001234567890",
            1234567890,
        ),
        ("https://web.telegram.org/k/#-1620198712", "-1620198712", -1620198712),
        ("https://web.telegram.org/a/#-1001620198712", "-1001620198712", 1620198712),
        ("https://web.telegram.org/a/#-1001620198712_15", "-1001620198712", 1620198712),
        ("https://web.telegram.org/#/im?p=c1620198712_77", "-1001620198712", 1620198712),
        ("tg://privatepost?channel=1620198712&post=5", "-1001620198712", 1620198712),
        ("https://t.me/c/1620198712", "-1001620198712", 1620198712),
        ("<https://t.me/c/1620198712/7/8>", "-1001620198712", 1620198712),
        ("https://t.me/boost?c=1620198712", "-1001620198712", 1620198712),
    ],
)
def test_b26_ids_are_read_by_their_ranges(text: str, chat: str, number: int) -> None:
    assert check_chat(text) == chat
    assert chat_number(chat) == number
    assert parse_reference(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "\uff20harbour_demo",
        "@harbour_demo\u200e",
        "\u201c@harbour_demo\u201d",
        "`@harbour_demo`",
        "[news](https://t.me/harbour_demo)",
        "harbour_demo.t.me",
        "https://harbour_demo.t.me/12",
        "HTTPS://T.ME/harbour_demo",
        "telegram.dog/harbour_demo/3?single",
        "https://t.me/s/harbour_demo?before=5",
        "https://web.telegram.org/k/#@harbour_demo",
        "tg://resolve?domain=harbour_demo&post=5",
        "tg:resolve?domain=harbour_demo",
    ],
)
def test_b26_names_are_read_in_every_spelling(text: str) -> None:
    assert check_chat(text) == "@harbour_demo"
    assert parse_reference(text) == "harbour_demo"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-1997852516353", "secret chat"),
        ("-2002147483648", "secret chat"),
        ("-2002147483649", "direct messages"),
        ("-9999999999999", "no id of a chat"),
        ("-12345678901234567890", "so many digits"),
        ("https://t.me/+AbCd", "invite link"),
        ("tg://join?invite=AbCd", "invite link"),
        ("https://t.me/addlist/AbCd", "folder"),
        ("https://t.me/addstickers/Foo", "no link to a chat"),
        ("https://example.org/news", "no link to a chat"),
        ("@ab", "at least 4"),
        ("@1abc", "begins with a letter"),
        ("two words", "a blank"),
        ("https://discord.com/api/webhooks/5/secretsecret", "a Discord webhook's URL"),
    ],
)
def test_b26_what_is_refused_says_why(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        check_chat(text)
    assert "secretsecret" not in refused.value.for_people()


def test_b26_the_way_back() -> None:
    assert marked(10_000_000_000) == "-1010000000000"
    assert marked(1234567890) == "-1001234567890"
    assert marked(-5) == "-5"


def test_b26_a_group_as_a_destination_is_told_how_channels_are_written() -> None:
    with pytest.raises(InvalidInput, match="only a source") as refused:
        check_destination("-1620198712")
    assert "channels have -100 before the number, -1001620198712" in refused.value.hint


@given(st.integers(1, LARGEST_CHANNEL) | st.integers(-(10**12) + 1, -1))
def test_b26_every_id_comes_back(chat_id: int) -> None:
    assert chat_number(check_chat(marked(chat_id))) == chat_id


@settings(deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="-@/.:#?=+0123456789tmegcsd _\u2212\u202a", max_size=40))
def test_b26_any_text_is_a_chat_or_refused(text: str) -> None:
    for beginning in ("", "https://t.me/", "https://web.telegram.org/k/#", "tg://resolve?domain=", "-100"):
        with suppress(InvalidInput):
            found = read_chat(beginning + text)
            assert read_chat(found.reference).reference == found.reference
