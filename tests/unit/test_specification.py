"""Every sentence of the specification has a test, and the page that says which is current."""

from __future__ import annotations

import pytest

from tests.acceptance.sentences import SENTENCES
from tests.acceptance.specification import PAGE, ROOT, page, shown

KEYS = [sentence.key for sentence in SENTENCES]


def test_keys_are_numbered_without_gaps() -> None:
    assert [f"S-{number:02d}" for number in range(1, len(KEYS) + 1)] == KEYS


def test_markers_name_sentences_that_exist() -> None:
    assert [item for item in shown() if item.key not in KEYS] == []


@pytest.mark.parametrize("number", sorted({sentence.adr for sentence in SENTENCES} - {""}))
def test_decisions_exist(number: str) -> None:
    assert len(list((ROOT / "docs" / "adr").glob(f"{number}-*.md"))) == 1


def test_every_sentence_has_a_test() -> None:
    assert set(KEYS) - {item.key for item in shown()} == set()


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.acceptance.specification"
