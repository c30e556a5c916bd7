"""Every sentence of the specification has a test, and the page that says which is current."""

from __future__ import annotations

import pytest

from tests.acceptance.sentences import SENTENCES
from tests.acceptance.specification import PAGE, ROOT, page, shown
from tests.acceptance.switched_off import Tried, unnoticed
from tests.acceptance.switches import SWITCHES
from tests.acceptance.switches.switch import Switch
from tests.acceptance.trial import End, Ending, Marked

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


def test_every_sentence_can_be_switched_off() -> None:
    assert set(KEYS) == {key for switch in SWITCHES for key in switch.sentences}


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.what)
def test_what_is_switched_off_stands_once_in_the_source(switch: Switch) -> None:
    compile(switch.thrown((ROOT / switch.path).read_text()), switch.path, "exec")


def test_a_test_that_stays_green_is_told_with_its_sentence() -> None:
    seen, blind, lame = Marked("a.py", "seen"), Marked("a.py", "blind"), Marked("a.py", "lame")
    endings = {seen: Ending(End.FAILED), blind: Ending(End.PASSED), lame: Ending(End.ERROR)}
    tried = Tried(Switch(("S-01",), "a", "b", "c", "d"), endings, 1.0)
    of = {"S-01": frozenset(endings), "S-02": frozenset({seen})}
    assert unnoticed([tried], ["S-01"], of) == [("S-01", blind), ("S-01", lame)]
    assert unnoticed([tried], ["S-02"], of) == [("S-02", seen)]


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.acceptance.specification"
