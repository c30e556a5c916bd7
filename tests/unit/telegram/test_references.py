"""How people name chats."""

from __future__ import annotations

import pytest

from project.core.errors import InvalidInput
from project.telegram.chats import parse_reference


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@some_news", "some_news"),
        ("some_news", "some_news"),
        (" https://t.me/some_news ", "some_news"),
        ("http://telegram.me/some_news/15", "some_news"),
        ("https://t.me/s/some_news", "some_news"),
        ("t.me/some_news?before=3", "some_news"),
        ("-1001234567890", 1234567890),
        ("1234567890", 1234567890),
        ("-4012345678", -4012345678),
        ("https://t.me/c/1234567890/55", 1234567890),
        ("https://t.me/c/1234567890/2/55", 1234567890),
    ],
)
def test_usual_forms_are_understood(text: str, meant: int | str) -> None:
    assert parse_reference(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "-",
        "-0",
        "-12a",
        "https://t.me/+AbCdEf",
        "https://t.me/joinchat/AbC",
        "two words",
        "https://example.org/news",
    ],
)
def test_others_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_reference(text)
    assert caught.value.message.endswith(".")
