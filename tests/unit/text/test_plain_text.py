"""Text without any style takes a short way: it leads to the same result as the long one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from telethon.tl import types

from pairs.text.render import CaptionUse, RenderOptions, ShowAuthor, discord_parts, telegram_parts
from project.core.message import Author, Message, Node, RichText, Style
from project.core.richtext import from_spans, merged, normalise, text_node, to_spans, unstyled, utf16_len
from project.discord.markdown import discord_form, emit, parse, write
from project.telegram.entities import JOINER, from_telegram, to_telegram
from tests.unit.text.trees import any_text, trees

MORE = settings(max_examples=100, deadline=None)
NOTHING = (Node(Style.BOLD),)
"""Shows nothing, but is a style."""
many = st.builds(lambda text, times: text * times, any_text, st.sampled_from([1, 30, 200]))
options = st.builds(
    RenderOptions, st.sampled_from(list(ShowAuthor)), st.sampled_from([(), (Node(Style.TEXT, "before"),)])
)


def message(tree: RichText) -> Message:
    return Message("tg:1", 1, 0, text=tree, author=Author("Ann_B"))


@MORE
@given(many, options)
def test_discord_parts_are_those_of_the_long_way(text: str, chosen: RenderOptions) -> None:
    plain, long_way = text_node(text), text_node(text) + NOTHING
    assert unstyled(plain) == text
    assert unstyled(long_way) is None
    assert discord_parts(message(plain), options=chosen) == discord_parts(message(long_way), options=chosen)


@MORE
@given(many, options, st.sampled_from(list(CaptionUse)))
def test_telegram_parts_are_those_of_the_long_way(text: str, chosen: RenderOptions, caption: CaptionUse) -> None:
    parts, expected = (
        telegram_parts(message(tree), options=chosen, caption=caption)
        for tree in (text_node(text), text_node(text) + NOTHING)
    )
    assert parts == expected


@MORE
@given(any_text)
def test_telegram_reads_and_takes_plain_text_as_it_is(text: str) -> None:
    assert from_telegram(text, []) == from_telegram(text, [types.MessageEntityUnknown(0, 1)]) == text_node(text)
    sent, styled = to_telegram(text_node(text))
    assert (sent, styled) == to_telegram(text_node(text) + NOTHING)
    assert (sent.replace(f"@{JOINER}", "@"), styled) == (text.replace(f"@{JOINER}", "@"), [])
    assert "@" in text or sent == text


@MORE
@given(trees)
def test_spans_in_canonical_form_are_those_of_the_canonical_tree(tree: RichText) -> None:
    spans = merged(to_spans(tree))
    assert spans == to_spans(normalise(tree))
    assert merged(spans) == spans
    assert from_spans(spans) == normalise(tree)


@MORE
@given(trees)
def test_what_is_tidy_needs_no_second_look(tree: RichText) -> None:
    form = discord_form(tree)
    assert emit(form) == emit(form + NOTHING)


@settings(max_examples=400, deadline=None)
@given(st.one_of(any_text, st.text(st.sampled_from("aZ 1.#>-+()\u2060\xa0é"), max_size=8)))
def test_what_asks_for_no_care_is_written_as_it_is(text: str) -> None:
    assert emit(text_node(text)) == write(text_node(text))
    assert parse(emit(text_node(text))) == text_node(text)


@MORE
@given(any_text)
def test_lengths_are_those_of_utf_16(text: str) -> None:
    assert utf16_len(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
