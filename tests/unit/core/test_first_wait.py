"""How long a new owner waits, for every history of the lease."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project.core.leases import Seen, first_wait

TTL, HANDOVER = 15.0, 30.0
SEEN = st.builds(
    Seen,
    owner=st.sampled_from(["a:1", "a:2", "b:1"]),
    epoch=st.integers(0, 9),
    last_egress=st.sampled_from(["", "10.0.0.1", "10.0.0.2"]),
    released=st.booleans(),
    expired=st.booleans(),
    since_release=st.floats(0, 1000),
    not_ready=st.floats(0, 1000),
)


@given(seen=SEEN, owner=st.sampled_from(["a:9", "b:9"]), egress=st.sampled_from(["", "10.0.0.1", "10.0.0.2"]))
def test_the_wait_is_bounded_and_never_shorter_than_the_rule(seen: Seen, owner: str, egress: str) -> None:
    wait = first_wait(seen, owner=owner, egress=egress, ttl=TTL, handover_wait=HANDOVER)
    assert 0 <= wait <= HANDOVER
    if seen.epoch and not seen.released:
        assert wait >= TTL
    if seen.epoch and seen.released and seen.last_egress != egress:
        assert wait >= HANDOVER - seen.since_release
    assert wait >= min(seen.not_ready, HANDOVER)
