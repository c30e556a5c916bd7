"""What several tests of pairs share beside their rigs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pairs.people import DiscordPeople
from project.core.config import current


@pytest.fixture
async def people() -> AsyncIterator[DiscordPeople]:
    """The listener's sink."""
    people = DiscordPeople(current().database_url)
    yield people
    await people.close()
