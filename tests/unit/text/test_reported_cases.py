"""Text cases of public reports, by their ids."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from pairs.text.quote import quote_line
from pairs.text.render import CaptionUse, RenderOptions, ShowAuthor, discord_parts, telegram_length, telegram_parts
from project.core.message import Author, Message, Node, Style, plain_text
from project.core.richtext import utf16_len
from project.discord.markdown import discord_form, parse, write
from project.telegram.entities import from_telegram, to_telegram

G = "\u2060"
EMOJI = re.compile(r"(?<!\\):[A-Za-z0-9_+-]+:")
PREFIXES = "Withdrawn 2a14:6f42:c::/48 and 2001:db8:a:100::/56, score 5:100:7, class :ok: as typed"


@pytest.mark.parametrize(
    "entity", [None, types.MessageEntityBold(0, 86), types.MessageEntityTextUrl(0, 86, "https://example.org/x")]
)
def test_b01_colons_are_no_emoji(entity: types.TypeMessageEntity | None) -> None:
    tree = from_telegram(PREFIXES, [entity] if entity else [])
    content = write(tree)
    assert not EMOJI.search(content)
    assert parse(content) == discord_form(tree)
    assert plain_text(parse(content)) == PREFIXES


def test_b01_in_a_quotes_author_and_in_parts() -> None:
    answered = Message("tg:1", 1, 1, (Node(Style.TEXT, "yes"),), Author("on :100: duty"))
    assert not EMOJI.search(write(quote_line(answered)))
    (part,) = discord_parts(
        Message("tg:1", 2, 1, (Node(Style.TEXT, PREFIXES),)), options=RenderOptions(prefix=quote_line(answered))
    )
    assert not EMOJI.search(part.content)


def test_b01_code_stays_as_it_is() -> None:
    assert write((Node(Style.CODE, ":ok:"),)) == "`:ok:`"
    assert write((Node(Style.PRE, ":ok:"),)) == "```\n:ok:\n```"


@given(st.text(":ok_+-1 a*\n\\", max_size=30))
def test_b01_no_text_makes_an_emoji(text: str) -> None:
    content = write((Node(Style.TEXT, text),))
    assert not re.search(r"(?<!\\)(?:\\\\)*:[A-Za-z0-9_+-]+:", content)
    assert plain_text(parse(content)) == plain_text(discord_form((Node(Style.TEXT, text),)))


URL, TEXT_URL = types.MessageEntityUrl, types.MessageEntityTextUrl


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("Docs: example.org/wiki/Ruby_(gem) and example.com/a|b", [URL(6, 27), URL(38, 15)]),
        ("88 😆 Kq7Zp 😆 example.com/jZ66hv，скопируй！\n\n#choice", [URL(15, 28)]),
        ("Read our report: https://example.org", [TEXT_URL(17, 19, "https://example.org/")]),
        ("see EXAMPLE.org/Ä", [URL(4, 13)]),
        ("see example.org/a]b", [URL(4, 15)]),
        ("http://example.org/a%20b", [TEXT_URL(0, 24, "https://example.org/a b")]),
    ],
)
def test_b09_each_address_stands_once(text: str, entities: list[types.TypeMessageEntity]) -> None:
    assert plain_text(parse(write(from_telegram(text, entities)))) == text


@pytest.mark.parametrize("shown", ["example.org", "https://example.org", "example.com.org/a", "www.example.org"])
def test_b09_another_host_is_told(shown: str) -> None:
    content = write(from_telegram(shown, [TEXT_URL(0, len(shown), "https://example.com/a")]))
    assert "https://example.com/a" in plain_text(parse(content))


def test_b10_every_style_of_time_stamps() -> None:
    text, _ = to_telegram(parse("Doors open <t:1618953630:s>, start <t:1618953630:S>, over <t:-1:s>"))
    assert text == "Doors open 2021-04-20 21:20 UTC, start 2021-04-20 21:20:30 UTC, over 1969-12-31 23:59 UTC"
    assert plain_text(parse("<t:1618953630:q>")) == "2021-04-20 21:20 UTC"


@pytest.mark.parametrize("style", "tTdDfFRsSxZ")
def test_b10_no_style_stays_markup(style: str) -> None:
    assert "<" not in plain_text(parse(f"<t:1618953630:{style}>"))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("@harbour_demo", f"@{G}harbour_demo:"),
        ("Discord Dan", "Discord Dan:"),
        ("all @everyone", f"all @{G}everyone:"),
        ("#news", "#news:"),
        ("/start", "/start:"),
        ("mail me: a@example.org", "mail me: a@example.org:"),
    ],
)
def test_b15_the_author_line_pings_nobody_and_keeps_the_name(name: str, line: str) -> None:
    message = Message("dc:1", 1, 1, (Node(Style.TEXT, "hi"),), Author(name))
    (part,) = telegram_parts(message, options=RenderOptions(show_author=ShowAuthor.LINE), caption=CaptionUse.NONE)
    assert to_telegram(part.text)[0] == f"{line}\nhi"
    assert to_telegram(quote_line(message))[0] == f"{line} hi"


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (
            "@everyone meeting at six, @here too, thanks @harbour_demo_team and mail a@example.org",
            f"@{G}everyone meeting at six, @{G}here too, thanks @{G}harbour_demo_team and mail a@example.org",
        ),
        ("https://example.org/@harbour_demo and example.org/@harbour_demo", None),
        ("`@harbour_demo` 5 @ 3, @abc", None),
        ("@**harbour_demo**", f"@{G}harbour_demo"),
        ("**(@harbour_demo)**", f"(@{G}harbour_demo)"),
        ("[@harbour_demo](https://example.org/)", "@harbour_demo"),
    ],
)
def test_b19_a_typed_name_pings_nobody(content: str, sent: str | None) -> None:
    assert to_telegram(parse(content))[0] == (content.replace("`", "") if sent is None else sent)


def test_b19_telegrams_own_mention_stays_one() -> None:
    assert to_telegram(from_telegram("thanks @durov", [types.MessageEntityMention(7, 6)]))[0] == "thanks @durov"


@given(st.text("@ab_c1 ./:\n", max_size=60))
def test_b19_what_is_sent_fits_its_measure(text: str) -> None:
    sent, _ = to_telegram((Node(Style.TEXT, text),))
    assert sent.replace(G, "") == text
    assert utf16_len(sent) <= telegram_length((Node(Style.TEXT, text),))
    assert not re.search(r"(?:^|\s)@[a-z0-9_]{5}", sent)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("<https://x.example/a>", "\\<<https://x.example/a>>"),
        ("<https://x.example/a> and more", "\\<<https://x.example/a>> and more"),
        ("see https://x.example/a>b", "see <https://x.example/a>>b"),
    ],
)
def test_an_address_ends_before_a_closing_angle(text: str, content: str) -> None:
    """As Telegram's entity does; Discord would take the ">" into the link."""
    place = text.index("https")
    tree = from_telegram(text, [URL(place, 19)])
    assert write(tree) == content
    assert plain_text(parse(content)) == text
