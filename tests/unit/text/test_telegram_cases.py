"""Real cases of Telegram's entities."""

from __future__ import annotations

import pytest
from telethon.tl import types

from project.core.message import Node, RichText, Style, plain_text
from project.discord.markdown import parse, write
from project.telegram.entities import from_telegram, to_telegram

BOLD, ITALIC, CODE, PRE = (
    types.MessageEntityBold,
    types.MessageEntityItalic,
    types.MessageEntityCode,
    types.MessageEntityPre,
)


def t(text: str) -> Node:
    return Node(Style.TEXT, text)


def s(style: Style, *children: Node, value: str = "") -> Node:
    return Node(style, value=value, children=children)


CASES: list[tuple[str, list[types.TypeMessageEntity], RichText]] = [
    ("plain", [], (t("plain"),)),
    ("😀 bold", [BOLD(3, 4)], (t("😀 "), s(Style.BOLD, t("bold")))),
    ("👨‍👩‍👧x", [BOLD(8, 1)], (t("👨‍👩‍👧"), s(Style.BOLD, t("x")))),
    (
        "abcdef",
        [BOLD(0, 4), ITALIC(2, 4)],
        (s(Style.BOLD, t("ab"), s(Style.ITALIC, t("cd"))), s(Style.ITALIC, t("ef"))),
    ),
    ("abc", [BOLD(0, 3), ITALIC(0, 3)], (s(Style.BOLD, s(Style.ITALIC, t("abc"))),)),
    ("abc", [BOLD(0, 2), BOLD(1, 2)], (s(Style.BOLD, t("abc")),)),
    ("abc", [BOLD(1, 99)], (t("a"), s(Style.BOLD, t("bc")))),
    ("abc", [BOLD(-2, 3), BOLD(5, 1), BOLD(1, -1), BOLD(1, 0)], (s(Style.BOLD, t("a")), t("bc"))),
    ("a b c", [CODE(2, 1), BOLD(0, 5)], (s(Style.BOLD, t("a ")), Node(Style.CODE, "b"), s(Style.BOLD, t(" c")))),
    ("x = 1", [PRE(0, 5, "python")], (Node(Style.PRE, "x = 1", "python"),)),
    ("site", [types.MessageEntityTextUrl(0, 4, "https://x.com")], (s(Style.LINK, t("site"), value="https://x.com"),)),
    ("x.com", [types.MessageEntityUrl(0, 5)], (s(Style.LINK, t("x.com"), value="https://x.com"),)),
    (
        "https://x.com #tag",
        [types.MessageEntityUrl(0, 13), types.MessageEntityHashtag(14, 4)],
        (t("https://x.com #tag"),),
    ),
    ("@durov", [types.MessageEntityMention(0, 6)], (Node(Style.MENTION, "@durov", "https://t.me/durov"),)),
    ("Ann", [types.MessageEntityMentionName(0, 3, 7)], (Node(Style.MENTION, "Ann"),)),
    ("Ann", [types.MessageEntityTextUrl(0, 3, "tg://user?id=7")], (Node(Style.MENTION, "Ann"),)),
    ("👍", [types.MessageEntityCustomEmoji(0, 2, 1)], (t("👍"),)),
    ("q\nx", [types.MessageEntityBlockquote(0, 1)], (s(Style.QUOTE, t("q")), t("\nx"))),
    ("q", [types.MessageEntityBlockquote(0, 1, True)], (s(Style.QUOTE, t("q"), value="collapsed"),)),
    ("secret", [types.MessageEntitySpoiler(0, 6)], (s(Style.SPOILER, t("secret")),)),
    (
        "us",
        [types.MessageEntityUnderline(0, 1), types.MessageEntityStrike(1, 1)],
        (s(Style.UNDERLINE, t("u")), s(Style.STRIKE, t("s"))),
    ),
    ("\ud83dx", [BOLD(1, 1)], (t("\ud83d"), s(Style.BOLD, t("x")))),
    ("x", None, (t("x"),)),  # type: ignore[list-item]
    ("", [BOLD(0, 1)], ()),
]


@pytest.mark.parametrize(("text", "entities", "tree"), CASES)
def test_reading(text: str, entities: list[types.TypeMessageEntity], tree: RichText) -> None:
    assert from_telegram(text, entities) == tree


SAME: list[tuple[str, list[types.TypeMessageEntity]]] = [
    ("😀 bold", [BOLD(3, 4)]),
    ("abcdef", [BOLD(0, 4), ITALIC(2, 4)]),
    ("x = 1", [PRE(0, 5, "python")]),
    ("a b", [CODE(2, 1)]),
    ("site", [types.MessageEntityTextUrl(0, 4, "https://x.com")]),
    ("q\nx", [types.MessageEntityBlockquote(0, 1)]),
    ("qq\nx", [types.MessageEntityBlockquote(0, 2, True), BOLD(0, 1)]),
    ("a" * 4094 + "😀", [BOLD(4094, 2)]),
]


@pytest.mark.parametrize(("text", "entities"), SAME)
def test_there_and_back(text: str, entities: list[types.TypeMessageEntity]) -> None:
    sent, styled = to_telegram(from_telegram(text, entities))
    assert sent == text
    assert [item.to_dict() for item in styled] == [item.to_dict() for item in entities]


def test_a_discord_mention_pings_nobody_on_telegram() -> None:
    text, entities = to_telegram((Node(Style.MENTION, "@durov"),))
    assert text == "@\u2060durov"
    assert entities == []


def test_a_discord_heading_is_bold_on_telegram() -> None:
    text, entities = to_telegram(parse("# Title\ntext"))
    assert text == "Title\ntext"
    assert [item.to_dict() for item in entities] == [BOLD(0, 5).to_dict()]


def test_code_under_a_spoiler_stays_hidden_on_telegram() -> None:
    _, entities = to_telegram(parse("||`code`||"))
    assert [type(item) for item in entities] == [types.MessageEntitySpoiler]


def test_a_telegram_post_on_discord() -> None:
    text = "Big news!\nRead more: our site, by @durov"
    entities = [BOLD(0, 10), types.MessageEntityTextUrl(21, 8, "https://x.com/a_b"), types.MessageEntityMention(34, 6)]
    content = write(from_telegram(text, entities))
    assert content == "**Big news!**\nRead more: [our site](<https://x.com/a_b>), by [@durov](<https://t.me/durov>)"
    assert plain_text(parse(content)) == text
