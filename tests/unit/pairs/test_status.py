"""What a pair's status becomes, row by row, and that nothing a person did is undone."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.domain.status import SOURCE_ACCESS, Facts, PairStatus, Reader, Standing, next_standing, parked, unparked

TABLE = [
    ("active", Reader.WELL, {}, "active"),
    ("active", Reader.STRAINED, {}, "degraded"),
    ("active", Reader.OUT, {}, "disabled"),
    ("active", Reader.UNSEEN, {}, "active"),
    ("active", Reader.WELL, {"lost": True}, "error"),
    ("active", Reader.STRAINED, {"lost": True}, "degraded"),
    ("degraded", Reader.WELL, {}, "active"),
    ("degraded", Reader.OUT, {}, "disabled"),
    ("disabled", Reader.WELL, {}, "active"),
    ("disabled", Reader.STRAINED, {}, "degraded"),
    ("disabled", Reader.UNSEEN, {}, "disabled"),
    ("parked", Reader.NONE, {}, "parked"),
    ("parked", Reader.OUT, {}, "active"),
    *(("paused", reader, {"lost": lost}, "paused") for reader, lost in product(Reader, (False, True))),
    *(("removed", reader, {}, "removed") for reader in Reader),
    *(("error", reader, {"reached": True}, "error") for reader in Reader),
]


@pytest.mark.parametrize(("status", "reader", "facts", "wanted"), TABLE)
def test_table(status: str, reader: Reader, facts: dict[str, bool], wanted: str) -> None:
    assert next_standing(Standing(PairStatus(status)), Facts(reader, **facts)).status == wanted


@pytest.mark.parametrize("reader", Reader)
def test_a_source_that_opens_again_ends_only_the_error_that_it_caused(reader: Reader) -> None:
    shut = Standing(PairStatus.ERROR, "cannot read", SOURCE_ACCESS)
    after = next_standing(shut, Facts(reader, reached=True)).status
    assert after == (PairStatus.ACTIVE if reader is Reader.WELL else PairStatus.ERROR)
    assert next_standing(shut, Facts(reader)) is shut


STANDINGS = st.builds(
    Standing,
    st.sampled_from([PairStatus.ACTIVE, PairStatus.PAUSED, PairStatus.DEGRADED, PairStatus.DISABLED, PairStatus.ERROR]),
    st.text(max_size=5),
    st.sampled_from(["", SOURCE_ACCESS, "50013"]),
)
FACTS = st.builds(Facts, st.sampled_from(Reader), st.booleans(), st.booleans(), st.text(max_size=5))


@given(STANDINGS, FACTS)
def test_settling_twice_is_settling_once(standing: Standing, facts: Facts) -> None:
    once = next_standing(standing, facts)
    if not (facts.lost and facts.reached):  # a source is the one or the other
        assert next_standing(once, facts).status == once.status


@given(STANDINGS)
def test_parking_gives_back_what_a_person_or_a_hop_had_done(standing: Standing) -> None:
    back = unparked(parked(standing, "no session"))
    if standing.status in (PairStatus.PAUSED, PairStatus.ERROR):
        assert back == standing
    else:
        assert back.status is PairStatus.ACTIVE


@given(STANDINGS, st.lists(FACTS, max_size=6))
def test_whatever_happens_a_well_session_brings_back_all_but_what_others_stopped(
    standing: Standing, course: list[Facts]
) -> None:
    now = standing
    for facts in [*course, Facts(Reader.WELL, reached=True)]:
        now = next_standing(now, facts)
    at_fault = standing.status is PairStatus.ERROR and standing.code != SOURCE_ACCESS
    stopped = standing.status is PairStatus.PAUSED or at_fault
    assert now.status == (standing.status if stopped else PairStatus.ACTIVE)
