"""B31: values in the quotes of every language."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from project.core.errors import InvalidInput
from project.core.quotes import QUOTES, quote, split_words
from sessions.domain.changes import parse_changes, read_metadata


@pytest.mark.parametrize(
    "value",
    [
        "\u201cnight shift\u201d",
        "\u201cnight shift\u201c",
        "\u201dnight shift\u201d",
        "\u201enight shift\u201c",
        "\u201enight shift\u201d",
        "\u00abnight shift\u00bb",
        "\u00bbnight shift\u00ab",
        "\u2039night shift\u203a",
        "\u2018night shift\u2019",
        "\u201anight shift\u2018",
        "\u300cnight shift\u300d",
        "\uff02night shift\uff02",
        '"night shift"',
        "'night shift'",
        '"night shift\u201d',
        '\u201cnight shift"',
    ],
)
def test_b31_a_value_in_quotes_is_one(value: str) -> None:
    for text in (
        f"meta.team={value} priority=5",
        f"priority=5 meta.team={value}",
        f"meta.team\uff1d{value}\npriority=5",
    ):
        draft = parse_changes(text)
        assert draft.problems == ()
        assert (dict(draft.changes.metadata), draft.changes.priority) == ({"team": "night shift"}, 5)
        assert 'meta.team="night shift"' in draft.fixed
    assert read_metadata(f"team={value}".split()) == read_metadata([f"team={value}"]) == {"team": "night shift"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('meta.note="5\u201d hose"', "5\u201d hose"),
        ('meta.note=5"', '5"'),
        ("meta.note='tis", "'tis"),
        ("meta.note=it\u2019s", "it\u2019s"),
        ("meta.note=\u201cthe 5\u2033 hose\u201d", "the 5\u2033 hose"),
        ('meta.note=""', ""),
        ("\u201cmeta.note=night shift\u201d", "night shift"),
    ],
)
def test_b31_signs_within_a_value_stay_text(text: str, value: str) -> None:
    draft = parse_changes(text)
    assert (draft.problems, dict(draft.changes.metadata)) == ((), {"note": value})
    assert parse_changes(" ".join(draft.fixed)).changes == draft.changes
    assert read_metadata(["note=5\u201d hose"]) == {"note": "5\u201d hose"}


@pytest.mark.parametrize("opening", [sign for sign in QUOTES if sign not in "'\u2018\u2019\u201a"])
def test_b31_a_quote_that_is_never_closed_is_named_and_nothing_is_dropped(opening: str) -> None:
    draft = parse_changes(f"meta.team={opening}night shift priority=5")
    assert draft.changes == parse_changes("").changes
    assert f"The quote that opens with {opening} is never closed" in draft.problems[0]
    assert draft.fixed == ()


def test_b31_a_correction_keeps_the_whole_value() -> None:
    assert parse_changes("meta.team=night shift crew priority=5").fixed == (
        'meta.team="night shift crew"',
        "priority=5",
    )
    draft = parse_changes("meta.team=\u201cnight shift\u201d priority=11")
    assert draft.fixed == ('meta.team="night shift"', "priority=10")
    assert parse_changes(" ".join(draft.fixed)).problems == ()


@example("==")
@example("=a b=c")
@given(st.text(max_size=80) | st.text(alphabet="".join(QUOTES) + " =ab\n", max_size=40))
def test_b31_any_line_is_words_or_one_typed_error(text: str) -> None:
    with suppress(InvalidInput):
        assert all("=" not in word.key for word in split_words(text))


@given(st.text(alphabet="".join(sorted(set(QUOTES) - set('"'))) + " ab", min_size=1, max_size=20))
def test_b31_what_is_quoted_comes_back(value: str) -> None:
    (word,) = split_words(f"key={quote(value)}")
    assert (word.key, word.value) == ("key", value)


def test_b31_a_hostile_line_takes_no_time() -> None:
    begin = time.process_time()
    parse_changes("'a " * 1300)
    assert time.process_time() - begin < 5, "it blocks the bot's loop"
