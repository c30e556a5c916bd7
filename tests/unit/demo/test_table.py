"""The live table recognises what a person typed on the chat page."""

from __future__ import annotations

import pytest

from project.demo.records import RouteRecord, Seen
from project.demo.table import Table


def _seen(text: str, arrived: float, *, ours: bool) -> Seen:
    return Seen(1, text, None, arrived, deleted=False, edited=False, reply_to=None, ours=ours)


@pytest.mark.parametrize(
    ("written", "on_discord"),
    [
        ("@everyone **look** at_this", r"[@everyone](https://t.me/everyone) \*\*look\*\* at\_this"),
        ("@news now", "[@news](<https://t.me/news>) now"),
        ("plain", "plain"),
    ],
)
def test_a_message_in_discords_markdown_is_the_same_message(written: str, on_discord: str) -> None:
    record = RouteRecord(
        "News",
        (_seen(written, 0, ours=False),),
        (_seen(on_discord, 20, ours=True),),
        (_seen(written, 40, ours=True),),
    )
    (row,) = Table().new_rows([record], now=50)
    assert (row.state, row.milliseconds) == ("delivered", 40)


def test_another_text_is_not_the_same_message() -> None:
    record = RouteRecord("News", (_seen("one", 0, ours=False),), (_seen("two", 20, ours=True),), ())
    (row,) = Table().new_rows([record], now=20_000)
    assert (row.state, row.on_discord) == ("late", False)
