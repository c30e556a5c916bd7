"""Pair specifications: what is meant, and everything that is wrong with what was typed."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.domain.specs import LARGEST, PairSpec, of_ids, parse_spec, shorten
from pairs.services.selection import gaps
from project.core.errors import ManyProblems


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,2,3,4", "1-4"),
        ("1-10", "1-10"),
        (" 3 , 1 - 2 ,, 9 ", "1-3,9"),
        ("7 5 6", "5-7"),
        ("1,1,1-2", "1-2"),
        ("1\u20133", "1-3"),  # an en dash, as phones write it
        (f"1-{LARGEST}", f"1-{LARGEST}"),
        ("all_from:user2_backup", "all_from:user2_backup"),
        ("ALL_FROM : user2_backup", "all_from:user2_backup"),
    ],
)
def test_what_is_meant(typed: str, meant: str) -> None:
    assert str(parse_spec(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "told", "correction"),
    [
        ("", "No pairs were named.", ""),
        (" , ,", "No pairs were named.", ""),
        ("5-1,7", "5-1: the range is the wrong way round.", "1-5,7"),
        ("0,3", "0: pair ids begin at 1.", "3"),
        ("-4,3", "-4: pair ids are positive.", "3"),
        ("\u0663,3", "\u0663: write ids with the digits 0-9.", "3"),  # ARABIC-INDIC DIGIT THREE
        ("\u00b2", "\u00b2: that is no pair id and no range.", ""),
        ("abc,3", "abc: that is no pair id and no range.", "3"),
        ("1-2-3", "1-2-3: that is no pair id and no range.", ""),
        ("1,all_from:x", "all_from:x: all_from: stands alone, without other pairs.", "1"),
        ("all_from:", "all_from: needs a session's name.", ""),
        ("all_from:a,b", "'a,b' is no session name.", ""),
        ("1-9223372036854775808", "1-9223372036854775808: no pair has so large an id.", ""),
        ("9" * 30, f"{'9' * 30}: no pair has so large an id.", ""),
        ("1," * 3000, "The pair specification is longer than 4000 characters.", ""),
        ("1," * 600, "600 items are too many at once; 500 is the most.", ""),
    ],
)
def test_what_is_wrong(typed: str, told: str, correction: str) -> None:
    with pytest.raises(ManyProblems) as refused:
        parse_spec(typed)
    assert refused.value.problems == (told,)
    assert refused.value.correction == correction


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(ManyProblems) as refused:
        parse_spec("x, 9-7, 0, x, 12")
    assert refused.value.problems == (
        "x: that is no pair id and no range.",
        "9-7: the range is the wrong way round.",
        "0: pair ids begin at 1.",
    )
    assert refused.value.correction == "7-9,12"


def test_an_absurd_range_takes_no_memory() -> None:
    tracemalloc.start()
    spec = parse_spec(f"1-{LARGEST}")
    left = list(gaps(spec.ranges, [3, 10**15]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left == [(1, 2), (4, 10**15 - 1), (10**15 + 1, LARGEST)]
    assert peak < 100_000


@given(st.sets(st.integers(1, 200), max_size=60))
def test_shortened_ids_mean_the_same_pairs(ids: set[int]) -> None:
    if not ids:
        assert shorten(ids) == ""
        return
    spec = parse_spec(shorten(ids))
    assert {pair for pair in range(1, 201) if pair in spec} == ids
    assert spec == of_ids(ids)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 20)), min_size=1, max_size=20))
def test_ranges_are_ascending_apart_and_mean_what_was_typed(spans: list[tuple[int, int]]) -> None:
    spec = parse_spec(",".join(f"{first}-{first + more}" for first, more in spans))
    wanted = {pair for first, more in spans for pair in range(first, first + more + 1)}
    assert {pair for pair in range(1, 100) if pair in spec} == wanted
    assert all(last + 1 < first for (_, last), (first, _) in zip(spec.ranges, spec.ranges[1:], strict=False))


@given(st.text(max_size=60))
def test_whatever_is_typed_is_meant_or_told(typed: str) -> None:
    meant = _meant(typed)
    if isinstance(meant, PairSpec):
        assert bool(meant.session) != bool(meant.ranges)
    else:
        assert meant.problems
        assert not meant.correction or isinstance(_meant(meant.correction), PairSpec)


def _meant(typed: str) -> PairSpec | ManyProblems:
    try:
        return parse_spec(typed)
    except ManyProblems as error:
        return error


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40), min_size=1))
def test_gaps_are_what_nobody_knows(known: set[int], named: set[int]) -> None:
    missing = PairSpec(tuple(gaps(of_ids(named).ranges, sorted(known & named))))
    assert {pair for pair in range(1, 41) if pair in missing} == named - known
