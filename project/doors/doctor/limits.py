"""Whether a platform keeps us from sending, or is about to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from project.core.checks import Check, warning
from project.core.config import Config
from project.core.models import RateSlot

LIMITS = "limits"
INVALID, BLOCKED = "dc:invalid:", "dc:cloudflare:"
_REFUSED = "See `discord.breaker_opened` in the audit, and the log for refusals: rights, tokens, webhooks."


def check_limits(config: Config) -> Iterator[Check]:
    """Nothing when all is well. Raises OperationalError."""
    left = ExpressionWrapper(F("blocked_until") - Now(), output_field=DurationField())
    blocked = RateSlot.objects.filter(key__startswith=BLOCKED, blocked_until__gt=Now()).annotate(left=left)
    for key, rest in blocked.values_list("key", "left"):
        text = f"Nothing is sent to Discord from {key.removeprefix(BLOCKED)} for {_seconds(rest)} s more."
        yield warning(LIMITS, text, f"It ends by itself. {_REFUSED}")
    for slot in RateSlot.objects.filter(key__startswith=INVALID, opens_at__gt=Now() - timedelta(minutes=10)):
        if slot.taken * 2 >= config.discord_invalid_limit:
            text = (
                f"Discord refused {slot.taken} requests from {slot.key.removeprefix(INVALID)} within ten minutes; at"
                f" {config.discord_invalid_limit} sending stops."
            )
            yield warning(LIMITS, text, _REFUSED)


def _seconds(left: timedelta) -> int:
    return max(1, round(left.total_seconds()))
