"""Hostile words of an operator: refused with the reason, in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from pairs.domain.specs import parse_spec
from project.core.errors import InvalidInput
from sessions.domain.names import name_problem
from sessions.domain.phone import parse_phone

MEGABYTE = 1_000_000
NAMES = ["../x", "a\0b", "\u202ename", "x" * 10_000, "", "ünïcode", "a b", "name;", "имя", "a\n"]
PHONES = [
    "+1; DROP TABLE pairs",
    "+1",
    "1234567890",
    "+12345678901234567",
    "",
    "+1\0234567890",
    "tel:+1; DROP",
]
SPECS = [
    "10-1",
    "-1",
    "١-٣",
    "1-",
    "all_from:",
    "all_from:../x",
    "1,,x",
    "1;2",
    "9" * 40,
    "1-2-3",
    "0x10",
    "*",
    "x" * 10_000,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.sentence("S-79", "S-81")
def test_names(name: str) -> None:
    assert name_problem(name)


def test_descriptive_names_are_fine() -> None:
    assert not any(map(name_problem, ("user1_main", "backup_session", "a", "Z" * 32)))


@pytest.mark.parametrize("phone", PHONES, ids=ascii)
def test_phones(phone: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_phone(phone)
    assert refused.value.for_people()


def test_phones_as_other_keyboards_and_links_write_them_are_read() -> None:
    assert parse_phone("+１２３４５６７８９０") == parse_phone("tel:+1234567890") == parse_phone("+1234567890")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: ascii(spec)[:30])
def test_pair_specifications(spec: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_spec(spec)
    assert len(refused.value.for_people()) < 4000


def test_a_range_of_a_thousand_million_pairs_costs_nothing() -> None:
    def parsed() -> Any:
        return parse_spec("1-999999999,5,1-9223372036854775807")

    assert peak(parsed) < MEGABYTE
    assert 999_999_999 in parsed()


@pytest.mark.parametrize("text", ["1," * 100_000, "1-2," * 50_000, "x" * MEGABYTE])
def test_long_texts_cost_little(text: str) -> None:
    def parsed() -> None:
        with pytest.raises(InvalidInput):
            parse_spec(text)

    assert peak(parsed) < MEGABYTE


def peak(run: Callable[[], Any]) -> int:
    """Bytes that a call needs at most."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
