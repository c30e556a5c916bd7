"""Whatever the message, its parts fit the limits and show all of it in order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.text.render import CaptionUse, RenderOptions, discord_parts, telegram_parts
from pairs.text.split import split
from project.core.message import Message, Node, RichText, plain_text
from project.core.richtext import normalise, text_node, utf16_len
from project.discord.markdown import discord_form, parse
from project.telegram.entities import to_telegram
from tests.unit.text.trees import any_text, trees

MORE = settings(max_examples=40, deadline=None)
OPTIONS = RenderOptions()


def message(tree: RichText) -> Message:
    return Message("tg:1", 1, 0, text=tree)


def assert_all_shown(source: str, parts: list[str]) -> None:
    """The parts, in order, make up the source but for white space between them."""
    position = 0
    for part in parts:
        place = source.find(part, position)
        assert place >= 0, part
        assert not source[position:place].strip()
        position = place + len(part)
    assert not source[position:].strip()


long_trees = st.builds(lambda tree, times: tree * times, trees, st.sampled_from([1, 12, 60]))


@MORE
@given(long_trees)
def test_discord_parts_fit_and_show_everything(tree: tuple[Node, ...]) -> None:
    parts = discord_parts(message(tree), options=OPTIONS)
    assert all(1 <= utf16_len(part.content) <= 2000 for part in parts)
    assert all(part.content == part.content.strip() for part in parts)
    assert_all_shown(plain_text(discord_form(tree)), [plain_text(parse(part.content)) for part in parts])


@MORE
@given(any_text, st.sampled_from([1, 30, 200]))
def test_plain_text_arrives_whole_on_discord(source: str, times: int) -> None:
    source *= times
    parts = discord_parts(message(text_node(source)), options=OPTIONS)
    assert_all_shown(source, [plain_text(parse(part.content)) for part in parts])


@MORE
@given(long_trees, st.sampled_from(list(CaptionUse)))
def test_telegram_parts_fit_and_show_everything(tree: tuple[Node, ...], caption: CaptionUse) -> None:
    parts = telegram_parts(message(tree), options=OPTIONS, caption=caption)
    sent = [to_telegram(part.text)[0] for part in parts]
    limits = [1024 if caption is CaptionUse.FIRST else 4096] + [4096] * len(sent)
    assert all(1 <= utf16_len(text) <= limit for text, limit in zip(sent, limits, strict=False))
    assert_all_shown(plain_text(tree), [plain_text(part.text) for part in parts])


@MORE
@given(trees, st.integers(1, 50), st.integers(1, 50))
def test_splitting_loses_no_character(tree: tuple[Node, ...], first: int, limit: int) -> None:
    tree = normalise(tree)
    pieces = split(tree, first_limit=first, limit=limit, measure=lambda piece: len(plain_text(piece)))
    assert "".join(plain_text(piece) for piece in pieces) == plain_text(tree)
    assert all(pieces)
