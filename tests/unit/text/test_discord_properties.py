"""Properties of the Discord dialect that hold for any text at all."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from project.core.message import Node, Style, plain_text
from project.core.richtext import normalise, text_node
from project.discord.markdown import discord_form, emit, parse, write
from tests.unit.text.trees import any_text, trees

MORE = settings(max_examples=150, deadline=None)


@MORE
@given(any_text)
@example("*_~|`\\[x](https://x.com) @everyone <@1>")
@example("\u2060*\u2060*")
def test_plain_text_is_seen_as_it_is(source: str) -> None:
    assert parse(write(text_node(source))) == text_node(source)


@MORE
@given(trees)
def test_writing_and_reading_gives_the_same_tree(tree: tuple[Node, ...]) -> None:
    assert parse(write(tree)) == discord_form(tree)


@MORE
@given(trees)
def test_the_form_is_stable(tree: tuple[Node, ...]) -> None:
    form = discord_form(tree)
    assert discord_form(form) == form
    assert normalise(form) == form
    assert emit(form) == write(tree)


@MORE
@given(any_text)
def test_any_content_can_be_read_and_written_again(content: str) -> None:
    tree = parse(content)
    assert normalise(tree) == tree
    assert parse(write(tree)) == discord_form(tree)


@MORE
@given(any_text, st.sampled_from([Style.BOLD, Style.ITALIC, Style.UNDERLINE, Style.STRIKE, Style.SPOILER]))
def test_styled_text_is_seen_as_it_is(source: str, style: Style) -> None:
    tree = (Node(style, children=text_node(source)),)
    assert plain_text(parse(write(tree))) == source
