"""What a session's health is, from what was seen of it (docs/explanation/health.md has the table). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNAUTHORIZED_CODES = frozenset(
    {"USER_DEACTIVATED", "USER_DEACTIVATED_BAN", "INPUT_USER_DEACTIVATED", "FROZEN_METHOD_INVALID"}
)
FROZEN = "FROZEN"
"""Our code of a check that found the account frozen (help.getAppConfig: freeze_since_date)."""

APPEAL = "Its owner can appeal at https://t.me/SpamBot."


class Health(StrEnum):
    """The six states of the specification."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    EXPIRED = "expired"
    UNAUTHORIZED = "unauthorized"
    DELETED = "deleted"


DEAD = frozenset({Health.EXPIRED, Health.UNAUTHORIZED})
"""What only a person mends: the login is over, or the account may do nothing any more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When trouble counts. `timeout` without a good check ends a session; `gone` is how long a worker may be away."""

    failures: int = 3
    gone: timedelta = timedelta(minutes=2)
    timeout: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a session.

    `since`: when it had to work from (its login, or when we began to watch). `dead_code`: Telegram's error that ended
    its key. `failed`: checks since the last good one, the first of them `failing_since`; `code` that of the newest,
    `told` what it says to people; `proved`: the last good one came after its last trouble. `gone_since`: since when
    no worker has it, None while one does; `crashes`: how its worker ends again and again. `lost` of its `sources` it
    cannot read; `shut_out`: every chat where it ever looked. `host`: where it is placed; `host_good`: another session
    there works, by a good check just now or, when none are made, by its connection. `datacenter`: whether, at the
    last failed check, a handshake without its key was answered by its data centre; None when that was not tried.
    `proxied`: that was through the session's proxy.
    """

    before: Health
    since: datetime
    authenticated: bool = True
    removed: bool = False
    dead_code: str = ""
    code: str = ""
    told: str = ""
    failed: int = 0
    failing_since: datetime | None = None
    last_good: datetime | None = None
    proved: bool = True
    gone_since: datetime | None = None
    crashes: str = ""
    sources: int = 0
    lost: int = 0
    shut_out: bool = False
    host: str = ""
    host_good: bool = False
    datacenter: bool | None = None
    proxied: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is for people. `cause` names what all sessions with the same trouble share, "" for its own trouble."""

    state: Health
    reason: str = ""
    cause: str = ""


def judge(seen: Seen, now: datetime, limits: Limits) -> Verdict | None:
    """The session's health; None when what was seen does not tell yet, and it stays what it is.

    That no checks are made tells nothing of the session: only what failed, or is gone, counts against it.
    """
    ended = _ended(seen)
    if ended is not None:
        return ended
    failing = seen.failed >= limits.failures
    quiet = failing and seen.failing_since is not None and now - max(seen.since, seen.failing_since) >= limits.timeout
    gone = seen.gone_since is not None and now - seen.gone_since >= limits.gone
    if quiet and (seen.host_good or seen.datacenter):
        others = "others there have them" if seen.host_good else "its data centre answers"
        return Verdict(Health.EXPIRED, f"No good check for {_span(limits.timeout)}, while {others}.")
    if seen.crashes and seen.before is not Health.EXPIRED:
        return Verdict(Health.UNHEALTHY, f"Its worker keeps crashing ({seen.crashes}).")
    if gone or failing:
        return _trouble(seen, limits, gone=gone)
    if seen.failed and seen.before is Health.HEALTHY:
        return Verdict(Health.HEALTHY, f"check failed {seen.failed} of {limits.failures} ({seen.code})")
    if seen.failed or seen.last_good is None or seen.gone_since is not None or not seen.proved:
        return None
    if seen.before is Health.UNAUTHORIZED and seen.shut_out and not seen.sources:
        return None  # others have its pairs now; that alone makes it no better
    return Verdict(Health.HEALTHY, f"partial access {seen.sources - seen.lost}/{seen.sources}" if seen.lost else "")


def unauthorized(code: str) -> bool:
    """Whether this error is about the account itself, not about its login."""
    return code in UNAUTHORIZED_CODES


def _ended(seen: Seen) -> Verdict | None:
    """What holds at once, whatever the checks say."""
    if seen.removed:
        return Verdict(Health.DELETED)
    if not seen.authenticated:
        return Verdict(Health.UNKNOWN, "never logged in")
    if (seen.dead_code.partition("_")[0] or seen.code) == FROZEN:
        terms = seen.told if seen.code == FROZEN else ""
        return Verdict(Health.UNAUTHORIZED, f"Telegram has frozen the account. {terms or APPEAL}")
    if seen.dead_code:
        state = Health.UNAUTHORIZED if unauthorized(seen.dead_code) else Health.EXPIRED
        return Verdict(state, f"Telegram says {seen.dead_code}.")
    if seen.sources and seen.lost >= seen.sources:
        return Verdict(Health.UNAUTHORIZED, f"Access to all {seen.sources} sources is lost.")
    return None


def _trouble(seen: Seen, limits: Limits, *, gone: bool) -> Verdict | None:
    """Its own, or of everybody on its host. An expired session stays that until it has a good check."""
    if seen.before is Health.EXPIRED:
        return None
    silent = not gone and seen.datacenter is False
    reason = "Its worker is gone." if gone else f"{seen.failed} checks failed in a row ({seen.code})."
    if silent:
        reason += " Telegram does not answer through its proxy." if seen.proxied else " Telegram does not answer."
    cause = "host" if not silent else "proxy" if seen.proxied else "telegram"
    return Verdict(Health.UNHEALTHY, reason, "" if seen.host_good else f"{cause}.{seen.host}")


def _span(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60} h" if minutes and minutes % 60 == 0 else f"{minutes} min"
