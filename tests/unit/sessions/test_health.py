"""The table of health, row by row, and what holds whatever was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain.health import FROZEN, Health, Limits, Seen, Verdict, judge

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIMITS = Limits()
MINUTE = timedelta(minutes=1)
WELL = Seen(
    before=Health.HEALTHY, since=NOW - timedelta(days=1), last_good=NOW - 3 * MINUTE, host="node1", host_good=True
)
ALONE = replace(WELL, host_good=False)
UNCHECKED = replace(WELL, last_good=NOW - timedelta(hours=1))
QUIET = replace(UNCHECKED, failed=9, failing_since=NOW - timedelta(hours=1), code="LOST")
LONE = replace(QUIET, host_good=False)

TABLE = [
    ("all is well", WELL, "healthy", ""),
    ("the first good check after trouble", replace(WELL, before=Health.UNHEALTHY), "healthy", ""),
    ("in trouble, the last good check was before", replace(WELL, before=Health.UNHEALTHY, proved=False), None, ""),
    ("never authenticated", replace(WELL, authenticated=False), "unknown", ""),
    ("removed", replace(WELL, removed=True, dead_code="SESSION_REVOKED"), "deleted", ""),
    *(
        (code, replace(WELL, dead_code=code), "expired", "")
        for code in ("AUTH_KEY_DUPLICATED", "AUTH_KEY_UNREGISTERED", "SESSION_REVOKED", "SESSION_EXPIRED")
    ),
    *(
        (code, replace(WELL, dead_code=code), "unauthorized", "")
        for code in ("USER_DEACTIVATED", "USER_DEACTIVATED_BAN", "FROZEN_METHOD_INVALID")
    ),
    ("a check found the account frozen", replace(WELL, code=FROZEN, failed=1), "unauthorized", ""),
    ("a frozen account was not let write", replace(WELL, dead_code="FROZEN_METHOD_INVALID"), "unauthorized", ""),
    ("frozen first, revoked later", replace(WELL, dead_code="SESSION_REVOKED", code=FROZEN), "expired", ""),
    ("no access to any source", replace(WELL, sources=3, lost=3), "unauthorized", ""),
    ("no access to some sources", replace(WELL, sources=3, lost=1), "healthy", ""),
    ("shut out, and others have its pairs", replace(WELL, before=Health.UNAUTHORIZED, shut_out=True), None, ""),
    ("two failed checks", replace(WELL, failed=2, code="LOST"), "healthy", ""),
    ("two failed checks in trouble", replace(WELL, before=Health.UNHEALTHY, failed=2, code="LOST"), None, ""),
    ("three failed checks", replace(WELL, failed=3, code="LOST"), "unhealthy", ""),
    ("three failed checks, as of everybody there", replace(ALONE, failed=3, code="LOST"), "unhealthy", "host.node1"),
    ("worker gone for 119 s", replace(WELL, gone_since=NOW - timedelta(seconds=119)), None, ""),
    ("worker gone for 2 min", replace(WELL, gone_since=NOW - 2 * MINUTE), "unhealthy", ""),
    ("worker gone, as everybody's there", replace(ALONE, gone_since=NOW - 2 * MINUTE), "unhealthy", "host.node1"),
    ("worker keeps crashing", replace(ALONE, crashes="signal 11"), "unhealthy", ""),
    ("no good check for an hour, others there had one", QUIET, "expired", ""),
    ("no good check for an hour, nobody there had one", LONE, "unhealthy", "host.node1"),
    ("the same, and its data centre answers", replace(LONE, datacenter=True), "expired", ""),
    ("the same, and Telegram does not answer", replace(LONE, datacenter=False), "unhealthy", "telegram.node1"),
    ("the same, through its proxy", replace(LONE, datacenter=False, proxied=True), "unhealthy", "proxy.node1"),
    ("its proxy is silent, others work", replace(WELL, failed=3, datacenter=False, proxied=True), "unhealthy", ""),
    ("no good check for an hour, but logged in 5 min ago", replace(QUIET, since=NOW - 5 * MINUTE), "unhealthy", ""),
    ("nobody made a check for an hour, and then one fails", replace(LONE, failed=1, datacenter=True), "healthy", ""),
    (
        "nobody made a check for an hour, and then three fail",
        replace(LONE, failed=3, failing_since=NOW - MINUTE, datacenter=True),
        "unhealthy",
        "host.node1",
    ),
    ("nobody made a check for an hour", UNCHECKED, "healthy", ""),
    ("nobody made a check for an hour, of anybody", replace(UNCHECKED, host_good=False), "healthy", ""),
    ("nobody made a check since it was ill", replace(UNCHECKED, before=Health.UNHEALTHY, proved=False), None, ""),
    ("no check yet", replace(WELL, last_good=None, since=NOW - 5 * MINUTE), None, ""),
    ("expired, and then its worker goes", replace(WELL, before=Health.EXPIRED, gone_since=NOW - 9 * MINUTE), None, ""),
]


@pytest.mark.sentence("S-51", "S-52", "S-53", "S-54", "S-55", "S-72")
@pytest.mark.parametrize(("seen", "state", "cause"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_table(seen: Seen, state: str | None, cause: str) -> None:
    verdict = judge(seen, NOW, LIMITS)
    assert (verdict.state if verdict else None, verdict.cause if verdict else "") == (state, cause)


def test_reasons_are_for_people() -> None:
    assert judge(replace(WELL, sources=9, lost=2), NOW, LIMITS) == Verdict(Health.HEALTHY, "partial access 7/9")
    verdict = judge(replace(WELL, failed=3, code="LOST"), NOW, LIMITS)
    assert verdict is not None
    assert verdict.reason == "3 checks failed in a row (LOST)."
    assert judge(replace(WELL, failed=1, code="LOST"), NOW, LIMITS) == Verdict(
        Health.HEALTHY, "check failed 1 of 3 (LOST)"
    )
    silent = judge(replace(WELL, failed=3, code="LOST", datacenter=False, proxied=True), NOW, LIMITS)
    assert silent is not None
    assert silent.reason == "3 checks failed in a row (LOST). Telegram does not answer through its proxy."
    quiet = judge(QUIET, NOW, LIMITS)
    assert quiet is not None
    assert quiet.reason == "No good check for 1 h, while others there have them."


AGES = st.one_of(st.none(), st.integers(0, 100_000).map(lambda s: NOW - timedelta(seconds=s)))


@st.composite
def sights(draw: st.DrawFn) -> Seen:
    sources = draw(st.integers(0, 50))
    failed = draw(st.integers(0, 5))
    return Seen(
        before=draw(st.sampled_from(Health)),
        since=draw(AGES.filter(lambda at: at is not None)),
        authenticated=draw(st.booleans()),
        removed=draw(st.booleans()),
        dead_code=draw(st.sampled_from(["", "SESSION_REVOKED", "USER_DEACTIVATED_BAN"])),
        code=draw(st.sampled_from(["LOST", FROZEN])) if failed else "",
        failed=failed,
        failing_since=draw(AGES) if failed else None,
        last_good=draw(AGES),
        proved=draw(st.booleans()),
        gone_since=draw(AGES),
        sources=sources,
        lost=draw(st.integers(0, sources)),
        host=draw(st.sampled_from(["", "node1"])),
        host_good=draw(st.booleans()),
        datacenter=draw(st.sampled_from([None, True, False])) if failed else None,
        proxied=draw(st.booleans()),
    )


@given(sights())
def test_what_always_holds(seen: Seen) -> None:
    verdict = judge(seen, NOW, LIMITS)
    if seen.removed:
        assert verdict == Verdict(Health.DELETED)
        return
    if verdict is None:
        return
    assert (verdict.state is Health.UNKNOWN) == (not seen.authenticated)
    if verdict.cause:  # a whole host is blamed for nothing that a session has done, and never ends a login
        assert verdict.state is Health.UNHEALTHY
        assert not seen.host_good
        assert not seen.dead_code
    if verdict.state is Health.HEALTHY:
        assert not seen.dead_code
        if seen.before is not Health.HEALTHY:  # what makes it well again
            assert seen.last_good is not None
            assert not seen.failed
            assert seen.gone_since is None
            assert seen.proved
    if verdict.state is Health.EXPIRED:
        assert seen.dead_code or seen.host_good or seen.datacenter
    if not seen.failed and seen.gone_since is None and not _shows(seen):  # that nobody looked is no trouble
        assert verdict.state in (Health.HEALTHY, seen.before)


def _shows(seen: Seen) -> bool:
    """Whether something but the checks shows trouble."""
    return bool(
        seen.dead_code or seen.crashes or not seen.authenticated or (seen.sources and seen.lost >= seen.sources)
    )


@given(sights())
def test_judging_again_says_the_same(seen: Seen) -> None:
    verdict = judge(seen, NOW, LIMITS)
    if verdict is not None:
        again = judge(replace(seen, before=verdict.state), NOW, LIMITS)
        assert again is None or again.state == verdict.state


@given(sights(), st.integers(1, 10_000))
def test_time_alone_heals_nothing(seen: Seen, seconds: int) -> None:
    now = judge(seen, NOW, LIMITS)
    later = judge(seen, NOW + timedelta(seconds=seconds), LIMITS)
    if now is not None and now.state is not Health.HEALTHY:
        assert later is None or later.state is not Health.HEALTHY


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"code": FROZEN, "told": "It will be deleted on 2026-12-01. Appeal at https://t.me/x."}, "https://t.me/x."),
        ({"dead_code": "FROZEN_METHOD_INVALID"}, "https://t.me/SpamBot."),
        ({"dead_code": "FROZEN_METHOD_INVALID", "code": "LOST", "told": "No connection."}, "https://t.me/SpamBot."),
    ],
)
def test_a_frozen_account_is_told_with_the_way_to_appeal(found: dict[str, str], says: str) -> None:
    verdict = judge(replace(WELL, failed=1, **found), NOW, Limits())
    assert verdict is not None
    assert verdict.reason.startswith("Telegram has frozen the account.")
    assert verdict.reason.endswith(says)
