"""Cutting long answers: nothing is lost, every part fits and has balanced tags."""

from __future__ import annotations

import re
from html import escape

from hypothesis import given
from hypothesis import strategies as st

from project.botkit.longtext import LIMIT, split, visible, visible_length

WORDS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
LINES = st.lists(st.tuples(WORDS, st.sampled_from(["", "b", "code", "i"])), max_size=40)


def html_of(lines: list[tuple[str, str]]) -> str:
    marked = [f"<{tag}>{escape(text)}</{tag}>" if tag else escape(text) for text, tag in lines]
    return "\n".join(marked)


@given(LINES, st.integers(20, 200))
def test_parts_fit_and_together_are_the_text(lines: list[tuple[str, str]], limit: int) -> None:
    html = html_of(lines)
    parts = split(html, limit)
    for part in parts:
        assert visible_length(part) <= limit
        for tag in ("b", "code", "i"):
            assert part.count(f"<{tag}>") == part.count(f"</{tag}>")
    assert re.sub(r"\s", "", "".join(map(visible, parts))) in (re.sub(r"\s", "", visible(html)), "…")


def test_lines_stay_whole_where_they_can() -> None:
    line = "x" * 100
    parts = split("\n".join([f"<b>{line}</b>"] * 100))
    assert len(parts) == 3
    assert all(set(part.split("\n")) == {f"<b>{line}</b>"} for part in parts)


def test_surrogates_count_as_telegram_counts() -> None:
    assert visible_length("😀&amp;") == 3
    assert len(split("😀" * (LIMIT // 2))) == 1
    assert len(split("😀" * (LIMIT // 2 + 1))) == 2


def test_one_endless_bold_line_is_cut_within() -> None:
    parts = split(f"<b>{'y' * 50}</b>", 20)
    assert parts == [f"<b>{'y' * 20}</b>", f"<b>{'y' * 20}</b>", f"<b>{'y' * 10}</b>"]
