"""Whether a platform keeps us from sending, or is about to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from project.core.checks import Check, warning
from project.core.config import Config
from project.core.models import PlatformError, RateSlot

LIMITS = "limits"
MOST_UNKNOWN = 5
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


def check_unknown() -> Iterator[Check]:
    """Errors of the last week that were judged by their class alone. Nothing when there are none."""
    recent = PlatformError.objects.filter(last_at__gt=Now() - timedelta(days=7)).order_by("-times")
    for error in recent[:MOST_UNKNOWN]:
        text = f"{error.platform} answered {error.code} ({error.status}) to {error.method}, {_times(error.times)}."
        todo = "No table knows it: it was judged by its class. Report it, with what the pair should have done."
        yield warning("errors", text, todo)


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _seconds(left: timedelta) -> int:
    return max(1, round(left.total_seconds()))
