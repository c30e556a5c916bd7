"""What `doctor` says about limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from project.core.checks import Level
from project.core.config import current
from project.core.models import PlatformError, RateSlot
from project.doors.doctor.limits import check_limits, check_unknown


def told() -> list[str]:
    found = list(check_limits(current()))
    assert all(check.level is Level.WARNING and check.todo for check in found)
    return [check.text for check in found]


@pytest.mark.usefixtures("transactional_db")
def test_nothing_is_said_while_all_is_well() -> None:
    RateSlot.objects.create(key="dc:invalid:host", taken=3, most=2**31 - 1, seconds=600)
    RateSlot.objects.create(key="dc:webhook:7", taken=5, most=5, seconds=2, blocked_until=Now() + timedelta(seconds=9))
    assert told() == []


@pytest.mark.usefixtures("transactional_db")
def test_an_open_breaker_and_one_that_is_about_to_open_are_told() -> None:
    close = current().discord_invalid_limit - 1
    RateSlot.objects.create(key="dc:cloudflare:host", blocked_until=Now() + timedelta(seconds=300))
    RateSlot.objects.create(key="dc:invalid:other", taken=close, most=2**31 - 1, seconds=600)
    opened, warned = told()
    assert "Nothing is sent to Discord from host for" in opened
    assert f"refused {close} requests from other" in warned


@pytest.mark.usefixtures("transactional_db")
def test_what_is_over_is_not_told() -> None:
    RateSlot.objects.create(key="dc:cloudflare:host", blocked_until=Now() - timedelta(seconds=1))
    long_ago = Now() - timedelta(minutes=11)
    RateSlot.objects.create(key="dc:invalid:host", taken=9000, most=2**31 - 1, seconds=600, opens_at=long_ago)
    assert told() == []


@pytest.mark.usefixtures("transactional_db")
def test_errors_that_no_table_knows_are_told_for_a_week() -> None:
    PlatformError.objects.create(platform="Telegram", code="NEW", status="400", method="SendMessage", times=3)
    long_ago = Now() - timedelta(days=8)
    PlatformError.objects.create(
        platform="Discord", code="9", status="400", method="POST /webhooks/*", last_at=long_ago
    )
    (check,) = check_unknown()
    assert check.level is Level.WARNING
    assert check.text == "Telegram answered NEW (400) to SendMessage, 3 times."
