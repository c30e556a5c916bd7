"""The judgement finds what a bad relay would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.chaos.gaps import redis_delay, redis_gap
from tests.chaos.journal import Rows, unrecorded
from tests.chaos.judge import Verdict, judge
from tests.chaos.records import RouteRecord, Seen
from tests.chaos.recovery import Strike, anything, recovery
from tests.chaos.schedule import Fault, Kind
from tests.chaos.script import Step, What, head

EDITED, DELETED = Step(1.0, What.EDIT, 0, 3), Step(1.0, What.DELETE, 0, 4)


def seen(*numbers: int) -> tuple[Seen, ...]:
    return tuple(Seen(number, f"#{number:06d}", float(number), deleted=False) for number in numbers)


def edited(messages: Sequence[Seen], number: int = EDITED.number) -> tuple[Seen, ...]:
    return tuple(replace(m, text=head(EDITED)) if m.number == number else m for m in messages)


def deleted(messages: Sequence[Seen], number: int = DELETED.number) -> tuple[Seen, ...]:
    return tuple(replace(m, deleted=True) if m.number == number else m for m in messages)


GOOD = RouteRecord(
    readable=True,
    source=deleted(seen(1, 2, 3, 4)),
    discord=deleted(edited(seen(1, 2, 3, 4))),
    said=seen(50, 51),
    destination=deleted(edited(seen(1, 50, 2, 3, 51, 4))),
)


def verdict(record: RouteRecord, strikes: int = 0) -> Verdict:
    return judge({0: record}, [EDITED, DELETED], {0: strikes})[0]


def test_a_good_relay_is_found_good() -> None:
    assert verdict(GOOD) == Verdict(sent=6, edits=1, edits_synced=1, deletes=1, deletes_synced=1)


@pytest.mark.parametrize("place", ["discord", "destination"])
class TestOfEachPlace:
    def test_a_dropped_message_is_lost(self, place: str) -> None:
        found = verdict(replace(GOOD, **{place: tuple(m for m in getattr(GOOD, place) if m.number != 2)}))
        assert (found.lost, found.duplicated, found.out_of_order) == (1, 0, 0)
        assert found.findings == (f"route 0: lost {place.replace('discord', 'Discord')} #000002",)

    def test_a_second_copy_is_a_double_even_when_one_is_deleted(self, place: str) -> None:
        copy = replace(getattr(GOOD, place)[0], deleted=True)
        found = verdict(replace(GOOD, **{place: (*getattr(GOOD, place), copy)}))
        assert (found.lost, found.duplicated, found.out_of_order) == (0, 1, 0)

    def test_what_nobody_wrote_is_a_double(self, place: str) -> None:
        found = verdict(replace(GOOD, **{place: (*getattr(GOOD, place), *seen(77))}))
        assert (found.lost, found.duplicated) == (0, 1)

    def test_two_swapped_messages_are_out_of_order(self, place: str) -> None:
        first, second, *rest = (m for m in getattr(GOOD, place) if m.number < 50)
        said = [m for m in getattr(GOOD, place) if m.number >= 50]
        found = verdict(replace(GOOD, **{place: (second, first, *rest, *said)}))
        assert (found.lost, found.duplicated, found.out_of_order) == (0, 0, 1)

    def test_an_edit_or_a_delete_that_did_not_follow_is_missing(self, place: str) -> None:
        plain = seen(*(m.number for m in getattr(GOOD, place)))
        assert verdict(replace(GOOD, **{place: deleted(plain)})).edits_synced == 0
        assert verdict(replace(GOOD, **{place: edited(plain)})).deletes_synced == 0


def test_a_dropped_message_of_a_person_is_lost() -> None:
    found = verdict(replace(GOOD, destination=tuple(m for m in GOOD.destination if m.number != 51)))
    assert found.lost == found.missing == 1


def test_a_message_deleted_before_it_went_out_need_not_arrive() -> None:
    without = {place: tuple(m for m in getattr(GOOD, place) if m.number != 4) for place in ("discord", "destination")}
    assert verdict(replace(GOOD, **without)).missing == 0


def test_a_double_is_excused_once_per_fault_and_only_where_nobody_can_look() -> None:
    doubled = replace(GOOD, discord=(*GOOD.discord, *seen(1, 2)))
    assert (verdict(doubled, strikes=5).duplicated, verdict(doubled, strikes=5).ambiguous) == (2, 0)
    blind = replace(doubled, readable=False)
    assert (verdict(blind, strikes=1).duplicated, verdict(blind, strikes=1).ambiguous) == (1, 1)
    assert (verdict(blind, strikes=5).duplicated, verdict(blind, strikes=5).ambiguous) == (0, 2)


def strike(kind: Kind, began: float, ended: float, routes: set[int]) -> Strike:
    return Strike(Fault(0.0, kind), began, ended, frozenset(routes), tuple(sorted(routes)))


def at(*times: float) -> RouteRecord:
    """Messages that arrive everywhere as they are written."""
    arrived = tuple(Seen(n, "", time, deleted=False) for n, time in enumerate(times))
    return RouteRecord(readable=True, source=arrived, discord=arrived, said=(), destination=arrived)


def late(*trips: tuple[float, float]) -> RouteRecord:
    """Messages with the times they were written and arrived at the destination."""
    written = tuple(Seen(n, "", posted, deleted=False) for n, (posted, _) in enumerate(trips))
    arrived = tuple(Seen(n, "", arrived, deleted=False) for n, (_, arrived) in enumerate(trips))
    return RouteRecord(readable=True, source=written, discord=arrived, said=(), destination=arrived)


def test_recovery_is_the_time_to_the_next_delivery_of_the_slowest_route() -> None:
    records = {0: at(50, 130, 900), 1: at(90, 400)}
    found = recovery([strike(Kind.WORKER_KILL, 100, 100, {0, 1})], records)
    assert found.alone == found.overlapping == {"worker_kill": 300}


def test_recovery_that_never_came_is_none() -> None:
    found = recovery([strike(Kind.WORKER_KILL, 100, 100, {0})], {0: at(50)})
    assert found.alone == {"worker_kill": None}


def test_a_route_that_two_faults_hit_counts_apart() -> None:
    records = {0: at(50, 9000), 1: at(50, 300)}
    faults = [strike(Kind.WORKER_KILL, 100, 100, {0, 1}), strike(Kind.NODE_LOSS, 150, 200, {0})]
    found = recovery(faults, records)
    assert found.alone == {"worker_kill": 200, "node_loss": 8800}  # a killed worker is no excuse for that long
    assert found.overlapping == {"worker_kill": 8900, "node_loss": 8800}


def test_the_listener_is_measured_by_what_people_write() -> None:
    record = replace(at(110, 150, 700), said=(Seen(2, "", 120, deleted=False),))
    assert recovery([strike(Kind.GATEWAY_CUT, 100, 100, {0})], {0: record}).alone == {"gateway_cut": 600}


def test_neither_what_was_on_its_way_nor_a_person_on_discord_shows_recovery() -> None:
    """Both may come from a process that lives."""
    record = replace(late((90, 110), (150, 900)), said=(Seen(7, "", 130, deleted=False),))
    record = replace(record, destination=(*record.destination, Seen(7, "", 140, deleted=False)))
    found = recovery([strike(Kind.WORKER_KILL, 100, 100, {0})], {0: record})
    assert found.alone == {"worker_kill": 800}
    assert found.slowest == {"worker_kill": "route 0 at 0.0 s: "}


class TestTheNextDelivery:
    kill = strike(Kind.WORKER_KILL, 100, 100, {0})

    def found(self, discord: Sequence[tuple[int, float]], destination: Sequence[tuple[int, float]]) -> float | None:
        """Messages 0 and 1 were written before the kill, 2 after it."""
        written = tuple(Seen(n, "", time, deleted=False) for n, time in enumerate((50, 60, 150)))
        places = [tuple(Seen(n, "", time, deleted=False) for n, time in place) for place in (discord, destination)]
        record = RouteRecord(readable=True, source=written, discord=places[0], said=(), destination=places[1])
        return recovery([self.kill], {0: record}, anything).alone["worker_kill"]

    def test_an_older_message_counts_when_it_was_not_on_its_way(self) -> None:
        assert self.found([(0, 90), (1, 900), (2, 5000)], [(0, 120), (1, 1000), (2, 6000)]) == 900

    def test_both_hops_have_to_deliver(self) -> None:
        """The second may have a backlog of its own, and be in a process that lives."""
        assert self.found([(0, 40), (1, 50), (2, 7000)], [(0, 700), (1, 800), (2, 7100)]) == 6900

    def test_what_was_written_since_counts_at_once(self) -> None:
        assert self.found([(0, 40), (1, 50), (2, 160)], [(0, 60), (1, 70), (2, 180)]) == 80


def test_a_storm_of_refusals_excuses_as_long_as_it_may_last() -> None:
    records = {0: late((150, 9900))}
    kill = strike(Kind.WORKER_KILL, 100, 100, {0})
    assert recovery([kill, strike(Kind.DISCORD_429, 50, 50, {0})], records).alone == {"discord_429": 9850}
    assert recovery([kill, strike(Kind.DISCORD_429, -3000, -3000, {0})], records).alone["worker_kill"] == 9800


class TestWhileRedisIsAway:
    down = strike(Kind.REDIS_DOWN, 1000, 31_000, {0, 1})

    def test_the_slowest_message_counts(self) -> None:
        records = {0: late((500, 900), (1500, 1600), (20_000, 22_500)), 1: late((30_900, 31_000))}
        assert redis_gap([self.down], records) == (2500, "route 0 from 19.00 s on")

    def test_with_a_backlog_the_gap_is_what_a_pair_stands_still(self) -> None:
        records = {0: late((1000, 4000), (1100, 5000), (1200, 7500), (1300, 7600)), 1: late()}
        assert redis_gap([self.down], records)[0] == 3000
        assert redis_delay([self.down], records) == 6300

    def test_a_pair_without_anything_to_deliver_has_no_gap(self) -> None:
        records = {0: late((900, 1100), (20_000, 20_100)), 1: late()}
        assert redis_gap([self.down], records)[0] == 200

    def test_standing_still_counts_from_before_and_until_after_the_absence(self) -> None:
        records = {0: late((500, 1200), (30_500, 33_500)), 1: late((100, 900), (31_100, 60_000))}
        assert redis_gap([self.down], records)[0] == 3000

    def test_another_fault_excuses_its_own_time_only(self) -> None:
        """A short fault at the beginning of a long stop, and one in its midst."""
        records = {0: late((3000, 33_000), (10_000, 33_000), (20_000, 33_000)), 1: late()}
        early, amid = strike(Kind.DISCORD_5XX, 0, 100, {0}), strike(Kind.DISCORD_DROP, 20_000, 20_000, {0})
        assert redis_gap([self.down, early], records)[0] == 33_000 - 7100
        assert redis_gap([self.down, early, amid], records)[0] == 20_000 - 7100

    def test_what_another_fault_may_have_delayed_does_not(self) -> None:
        kill = strike(Kind.WORKER_KILL, 19_000, 19_000, {0})
        records = {0: late((1500, 1600), (18_500, 22_500), (30_000, 30_900)), 1: late()}
        assert redis_gap([self.down, kill], records)[0] == 900
        assert redis_gap([kill], records)[0] is None


class TestTheJournal:
    posts = late((0, 1000), (0, 2000))

    def rows(self, *attempted: float, unknown: int = 0) -> dict[tuple[int, int], Rows]:
        at_once = Rows(dict(enumerate(attempted)), unknown)
        return {(0, 1): at_once, (0, 2): at_once}

    def found(self, rows: dict[tuple[int, int], Rows]) -> list[str]:
        named = tuple(replace(seen, id=number) for number, seen in enumerate(self.posts.destination))
        return unrecorded({0: replace(self.posts, discord=named, destination=named)}, rows)

    def test_a_row_before_each_post_is_found_good(self) -> None:
        assert not self.found(self.rows(990, 1990))

    def test_a_post_without_a_row_or_before_its_row_is_unrecorded(self) -> None:
        both = ["route 0: unrecorded Discord #000001", "route 0: unrecorded destination #000001"]
        assert self.found(self.rows(990)) == both
        assert self.found(self.rows(990, 2500)) == both
        assert not self.found(self.rows(990, unknown=1))


def test_of_an_excused_double_one_copy_follows() -> None:
    """The relay knows the id of one copy only."""
    orphans = replace(GOOD, discord=(*seen(3, 4), *GOOD.discord))
    assert (verdict(orphans).edits_synced, verdict(orphans).deletes_synced) == (0, 0)
    blind = replace(orphans, readable=False)
    assert (verdict(blind, strikes=2).edits_synced, verdict(blind, strikes=2).deletes_synced) == (1, 1)
    neither = replace(blind, discord=(*seen(3, 4), *seen(1, 2, 3, 4)))
    assert (verdict(neither, strikes=2).edits_synced, verdict(neither, strikes=2).deletes_synced) == (0, 0)
