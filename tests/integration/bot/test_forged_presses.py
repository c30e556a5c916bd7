"""Buttons outlive releases and can be forged: whatever a press carries is answered, never an incident."""

from __future__ import annotations

from typing import Any

import pytest

from project.bot.rooms import CATALOGUE
from tests.integration.bot.conftest import OWNER
from tests.integration.bot.fakes import FakeTelegram

_ROWS_OF_NOBODY = ("1", "7", "999999999999999999", "0", "1|session", "1|5", "1|back", "session", "0|x", "2|news|paused")
_SHAPELESS = (
    "",
    "x",
    "-1",
    "1|2|3|4|5",
    "٣",
    "1.5",
    "1e9",
    "9" * 40,
    "\0",
    "1|\0",
    "' OR 1=1",
    "\ud800",
    "|",
    "1|",
    "|1",
)
_ACTS = sorted(CATALOGUE.presses)


async def _press(person: Any, telegram: FakeTelegram, data: str) -> None:
    before = len(telegram.texts(OWNER))
    await person(OWNER).press_data(data, message=1, chat=OWNER)
    said = telegram.texts(OWNER)[before:] + telegram.texts(OWNER)[-1:]
    assert not any("💥" in text for text in said), (data, said)


@pytest.mark.parametrize("act", _ACTS)
async def test_a_press_that_nobody_offered_is_no_incident(act: str, person: Any, telegram: FakeTelegram) -> None:
    for arguments in (*_ROWS_OF_NOBODY, *_SHAPELESS):
        await _press(person, telegram, f"{act}|{arguments}" if arguments else act)


async def test_a_button_of_another_shape_is_refused_in_words(person: Any, telegram: FakeTelegram) -> None:
    await person(OWNER).press_data("pshow|seven", message=1, chat=OWNER)
    assert "no longer works" in telegram.texts(OWNER)[-1]
