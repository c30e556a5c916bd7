"""What holds in every test over the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.telegram_refusals import refusals, strange


@pytest.fixture(autouse=True)
def refused_as_telegram_would() -> Iterator[None]:
    """Each refusal of a loopback Telegram in this process is one that Telegram has for its method."""
    with refusals() as found:
        yield
    assert strange(found) == [], "add it to tests/harness/telegram_refusals.tsv when Telegram's reference has it"
