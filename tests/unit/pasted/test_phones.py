"""B32: phone numbers as contact cards, web pages and people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project.core.errors import InvalidInput
from project.core.pasted import words_of
from sessions.domain.phone import nearest_phone, parse_phone, phone_warning
from sessions.domain.registration import UNCLEAR, parse_registration


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("\u202a+49\u00a0151\u00a01234567\u202c", "+491511234567"),
        ("+49 151/1234567", "+491511234567"),
        ("+49\u2011151\u20131234567", "+491511234567"),
        ("\uff0b49151 1234567", "+491511234567"),
        ("+\u06f4\u06f9\u06f1\u06f5\u06f1\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7", "+491511234567"),
        ("tel:+49-151-1234567", "+491511234567"),
        ("+49 (0) 151 1234567", "+491511234567"),
        ("\u201c+49 151 1234567\u201d", "+491511234567"),
        ("\ufeff+1 (202) 555-0123", "+12025550123"),
        ("+88801234567", "+88801234567"),
    ],
)
def test_b32_a_number_is_read_in_every_spelling(text: str, phone: str) -> None:
    assert parse_phone(text) == phone
    assert nearest_phone(text) == phone


@pytest.mark.parametrize("phone", ["+88801234567", "+8888000", "+9996621234", "+491511234567", "+33612345678"])
def test_b32_numbers_that_exist_are_not_doubted(phone: str) -> None:
    assert phone_warning(phone) == ""


@pytest.mark.parametrize(("phone", "why"), [("+8880123456789", "anonymous"), ("+1234567890", "No country")])
def test_b32_others_are_doubted_in_words(phone: str, why: str) -> None:
    assert why in phone_warning(phone)


@pytest.mark.parametrize(
    ("line", "phone", "numbers"),
    [
        ("anon +88801234567", "+88801234567", (None, None)),
        ("anon +888 0123 4567", "+88801234567", (None, None)),
        ("anon +888 0123 4567 3 10", "+88801234567", (3, 10)),
        ("ann +49 151 1234567 3 10", "+491511234567", (3, 10)),
        ("ann +49 151 1234567", "+491511234567", (None, None)),
        ("ann +491511234567 3 10", "+491511234567", (3, 10)),
        ('ann "\u202a+49\u00a0151\u00a01234567\u202c"', "+491511234567", (None, None)),
        ('ann "\u202a+49\u00a0151\u00a01234567\u202c" 3 10', "+491511234567", (3, 10)),
        ("ann +49 151/1234567", "+491511234567", (None, None)),
        ("ann +33 6 12 34 56 78 3 10", "+33612345678", (3, 10)),
        ("ann +33 6 12 34 56 10", "+33612345610", (None, None)),
        ("ann +7 912 345 10 20", "+79123451020", (None, None)),
        ("ann +1 (202) 555-0123 5", "+12025550123", (5, None)),
        ("ann +1234567890 3 25", "+1234567890", (3, 25)),
    ],
)
def test_b32_a_number_in_groups_is_one(line: str, phone: str, numbers: tuple[int | None, int | None]) -> None:
    draft = parse_registration(words_of(line))
    assert (draft.problems, draft.phone, (draft.priority, draft.max_pairs)) == ((), phone, numbers)


def test_b32_where_its_end_is_unclear_nothing_is_guessed_and_no_digit_is_lost() -> None:
    draft = parse_registration(["ann", "+49", "151", "123", "10", "20"])
    assert draft.problems == (UNCLEAR,)
    assert " ".join(draft.fixed) == "ann +49151123 10 20"
    draft = parse_registration(["ann", "0049", "151", "1234567", "3", "10"])
    assert "not a phone number" in draft.problems[0]
    assert " ".join(draft.fixed) == "ann +491511234567 3 10"
    assert parse_registration(draft.fixed).problems == ()


@settings(deadline=None)
@given(st.lists(st.text(alphabet="+0123456789()-/. \u00a0\u202a\"'x", max_size=16), max_size=9))
def test_b32_any_words_are_a_draft(words: list[str]) -> None:
    draft = parse_registration(words)
    assert draft.problems or parse_phone(draft.phone) == draft.phone


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="+0123456789()-/. \u202a", max_size=30))
def test_b32_any_text_is_a_number_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert parse_phone(parse_phone(text)) == parse_phone(text)
