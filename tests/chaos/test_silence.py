"""The judgement of a silence finds what an operator or a reader would."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.silence_judge import Report, Told, count, right_counts

LOST = Told("🔴 Nothing works on host node1 (its worker is gone): 60 sessions affected.\n/workerstatus …", 137.0, None)
BACK = Told("🟢 Host node1 works again, 3 min after it was reported; sessions that recovered: 60.", 341.0, 41.0)
GOOD = Report(
    profile="real",
    sessions=60,
    pairs=120,
    rate=3.0,
    seed=1,
    lease=15.0,
    setup_seconds=200.0,
    absent_seconds=300.0,
    watched_seconds=390.0,
    notices=[LOST, BACK],
    notices_count=1,
    recoveries_count=1,
    sent=1200,
    lost=0,
    duplicated=0,
    duplicated_webhook_ambiguous=0,
    out_of_order=0,
    edits=80,
    edits_synced=80,
    deletes=50,
    deletes_synced=50,
    concurrent_owners=1,
    unknown_methods=0,
    worst_recovery_ms=41_000.0,
    settled_seconds=61.0,
    flips={"healthy -> unhealthy, host.node1": 60, "unhealthy -> healthy, host.node1": 60},
    most_flips_of_a_session=2,
    healthy_again_seconds=40.0,
    disabled_pairs=[],
    failed_over_pairs=[],
    statuses={"active": 120},
    unasked_restarts={},
    findings=[],
)


def test_one_notice_and_one_recovery_with_every_message_is_flawless() -> None:
    assert GOOD.flawless


@pytest.mark.parametrize(
    "wrong",
    [
        {"notices_count": 0, "recoveries_count": 0},
        {"notices_count": 2},
        {"recoveries_count": 0},
        {"recoveries_count": 2},
        {"notices_count": 2, "recoveries_count": 2},
        {"lost": 1},
        {"duplicated": 1},
        {"out_of_order": 1},
        {"edits_synced": 79},
        {"deletes_synced": 49},
        {"concurrent_owners": 2},
        {"unknown_methods": 1},
        {"disabled_pairs": [7]},
        {"failed_over_pairs": [7]},
        {"statuses": {"active": 119, "degraded": 1}},
    ],
)
def test_anything_else_is_found(wrong: dict[str, object]) -> None:
    assert not replace(GOOD, **wrong).flawless


def test_a_short_absence_may_be_told_of_or_not_but_never_without_its_end() -> None:
    short = replace(GOOD, absent_seconds=30.0)
    assert short.flawless
    assert replace(short, notices_count=0, recoveries_count=0).flawless
    assert not replace(short, recoveries_count=0).flawless


@pytest.mark.parametrize(("absent", "counts"), [(30, {0, 1}), (144, {0, 1}), (145, {1}), (300, {1})])
def test_two_minutes_begin_when_the_leases_end(absent: float, counts: set[int]) -> None:
    assert right_counts(absent, 15.0) == counts


def test_what_one_message_gathers_counts_singly_and_whatever_is_no_recovery_is_trouble() -> None:
    gathered = Told("🔔 3 notices\n\n🔴 Session a is expired.\n\n🟢 Session b has recovered.\n\n🔀 Pairs", 1.0, None)
    order = Told("Workers: all in order again.", 2.0, 1.0)
    assert count([]) == (0, 0)
    assert count([LOST, BACK]) == (1, 1)
    assert count([gathered, order]) == (2, 2)
