"""A secret must not get out by accident."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest

from project.core.secret import Secret

TEXT = "123456:very-secret-token"


@dataclasses.dataclass(frozen=True)
class Holder:
    token: Secret


@pytest.mark.parametrize(
    "shown",
    [str(Secret(TEXT)), repr(Secret(TEXT)), f"{Secret(TEXT)}", f"{Secret(TEXT)!r:>40}", str(Holder(Secret(TEXT)))],
)
def test_it_never_shows_itself(shown: str) -> None:
    assert TEXT not in shown
    assert "***" in shown


@pytest.mark.parametrize("leave", [pickle.dumps, json.dumps, copy.deepcopy])
def test_it_leaves_the_process_by_no_door(leave: object) -> None:
    with pytest.raises(TypeError):
        leave(Secret(TEXT))  # type: ignore[operator]


def test_it_compares_and_is_false_when_empty() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT).reveal() == TEXT
    assert not Secret("")
