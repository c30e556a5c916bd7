"""The numbers of a limit profile. Discord publishes few of them: each is a setting."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.errors import InvalidInput

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` requests per window of `seconds`, counted from the window's first request."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """One profile. A rate of None does not limit; times are in seconds, sizes in bytes."""

    name: str
    buckets: dict[str, Rate]  # by bucket name: see `routes`
    token_global: Rate | None  # 50/s per token, or per address without one (topics/rate-limits)
    webhook_channel: Rate | None  # 30 per 60 s per channel for webhooks (discord-api-docs#367)
    invalid: Rate | None  # 10,000 answers of 401, 403 or 429 in 10 min ban the address
    identify: Rate | None  # max_concurrency: one IDENTIFY per 5 s
    identify_daily: int = 1000  # then the token is reset
    gateway_sends: Rate | None = None  # 120 per 60 s, else close code 4008
    nonce_window: float = 180.0  # "past few minutes" (resources/message)
    heartbeat: float = 41.25
    session_kept: float = 120.0  # how long a cut session can be resumed
    replay_buffer: int = 5000  # events kept for RESUME
    url_lifetime: float = 86_400.0  # signed CDN links
    file_bytes: int = 10 * MIB  # per file; 20-100 elsewhere, so a setting
    request_bytes: int = 25 * MIB


def real() -> Limits:
    """Discord's limits as documented or as its staff named them."""
    buckets = {
        "message_create": Rate(5, 5.0),
        "message_edit": Rate(5, 5.0),
        "message_delete": Rate(5, 1.0),
        "message_read": Rate(5, 1.0),
        "webhook_execute": Rate(5, 2.0),
        "webhook_message": Rate(5, 2.0),
        "webhook_manage": Rate(5, 2.0),
        "bulk_delete": Rate(1, 3.0),
        "read": Rate(10, 1.0),
    }
    return Limits(
        name="real",
        buckets=buckets,
        token_global=Rate(50, 1.0),
        webhook_channel=Rate(30, 60.0),
        invalid=Rate(10_000, 600.0),
        identify=Rate(1, 5.0),
        gateway_sends=Rate(120, 60.0),
    )


def off() -> Limits:
    """No waits at all, for benches only; sizes, lengths and the rest stay."""
    return Limits(name="off", buckets={}, token_global=None, webhook_channel=None, invalid=None, identify=None)


def profile(name: str) -> Limits:
    """The profile called "real" or "off"; raises InvalidInput for another name."""
    known = {"real": real, "off": off}
    if name not in known:
        raise InvalidInput(f"No limit profile is called {name!r}.", hint="Use real or off.")
    return known[name]()
