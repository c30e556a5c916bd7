"""An owner (7), an operator (8), a viewer (9), and whoever else writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from project.bot.rooms import CATALOGUE
from project.botkit.bot import AdminBot
from project.core.models import Operator
from tests.integration.bot.fakes import FakeTelegram, Person, admin_bot

OWNER, OPERATOR, VIEWER, STRANGER = 7, 8, 9, 666
People = Callable[[int], Person]


@pytest.fixture
def whitelist(transactional_db: None, settings: Settings) -> None:
    """7 by ADMIN_USER_IDS, 8 and 9 by rows."""
    settings.RELAY = replace(django_settings.RELAY, admin_user_ids=(OWNER,))
    Operator.objects.create(user_id=OPERATOR, role="operator")
    Operator.objects.create(user_id=VIEWER, role="viewer")


@pytest.fixture
def telegram() -> FakeTelegram:
    """The recorded Bot API."""
    return FakeTelegram()


@pytest.fixture
async def admin(whitelist: None, telegram: FakeTelegram) -> AsyncIterator[AdminBot]:
    """The whole bot."""
    async with admin_bot(CATALOGUE, telegram) as bot:
        yield bot


@pytest.fixture
def person(admin: AdminBot, telegram: FakeTelegram) -> People:
    """Anybody, by user id."""
    return partial(Person, admin, telegram)
