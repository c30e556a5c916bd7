"""Turns at limits that several processes share."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from project.core.rateslots import Grant
from project.core.secret import Secret
from project.discord import routes
from project.discord.objects import Webhook
from project.discord.turns import ASKING, Turns

SEND = routes.channel("POST", 5, "/messages")
LOOK = routes.channel("GET", 5, "/messages")
HOOK = routes.webhook("POST", Webhook(7, Secret("t" * 20)))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def slots(key: str, count: int, *, wait: float = 0.0, lasts: float = 1.0) -> Grant:
    return Grant(key, count, wait, lasts, taken=count, blocked=0.0)


def test_a_key_of_one_process_costs_nothing_and_asks_for_nothing() -> None:
    turns = Turns(Clock(), rate=50)
    turns.share({"dc:global": 1, "dc:webhook:7": 1})
    assert turns.left(SEND) == turns.left(HOOK) == 0.0
    assert turns.wishes() == []


def test_a_process_that_sends_little_needs_no_reservation() -> None:
    clock = Clock()
    turns = Turns(clock, rate=50)
    turns.share({"dc:global": 3})
    for _ in range(20):
        assert turns.left(SEND) == 0.0
        turns.spend(SEND)
        clock.now += 0.41  # 15 % of 50 a second among three: one in 0.4 s
    assert turns.wishes() == []


def test_who_sends_by_a_shared_key_looks_now_and_then_whether_others_were_told_to_wait() -> None:
    clock, looks = Clock(), []
    turns = Turns(clock, rate=50, on_need=lambda: looks.append(clock.now))
    turns.share({"dc:global": 2})
    for _ in range(100):
        clock.now += 0.3
        turns.spend(SEND)
        turns.take_stale()
    assert 10 <= len(looks) <= 15
    turns.share({"dc:global": 1})
    looks.clear()
    clock.now += 60
    turns.spend(SEND)
    assert not looks


def test_beyond_its_share_it_reserves_and_the_block_grows_with_its_need() -> None:
    clock = Clock()
    turns = Turns(clock, rate=50)
    turns.share({"dc:global": 3}, lambda scope: f"{scope}:bot")
    turns.spend(SEND)
    sizes = []
    for _ in range(4):
        assert turns.left(SEND) == ASKING
        (wish,) = turns.wishes()
        assert turns.wishes() == []
        sizes.append(wish.count)
        turns.grant(slots(wish.key, wish.count, lasts=0.2), clock.now)
        while turns.left(SEND) == 0.0:
            turns.spend(SEND)
    assert sizes == [1, 2, 3, 3]
    assert (wish.key, wish.most, wish.seconds) == ("dc:global:bot", 7, 0.2)


def test_slots_of_a_later_window_are_waited_for_and_unused_ones_pass() -> None:
    clock = Clock()
    turns = Turns(clock)
    turns.share({"dc:webhook:7": 2})
    assert turns.left(HOOK) == 0.0  # no header has told a limit
    turns.learn("dc:webhook:7", 5, 2.0)
    assert turns.left(HOOK) == ASKING
    (wish,) = turns.wishes()
    assert (wish.most, wish.seconds) == (5, 2.1)
    turns.grant(slots("dc:webhook:7", 2, wait=1.5, lasts=3.6), clock.now)
    assert turns.left(HOOK) == 1.5
    clock.now += 1.5
    assert turns.left(HOOK) == 0.0
    clock.now += 2.2
    assert turns.left(HOOK) == ASKING


def test_only_posts_use_a_channels_turns() -> None:
    turns = Turns(Clock(), rate=50)
    turns.share({"dc:channel:5": 2})
    turns.learn("dc:channel:5", 1, 5.0)
    assert turns.left(LOOK) == 0.0
    assert turns.left(SEND) == ASKING


def test_a_limit_that_was_hit_is_kept_even_alone() -> None:
    clock = Clock()
    turns = Turns(clock, rate=50)
    turns.hit("dc:global")
    sent = []
    while clock.now < 1010.0:
        wait = turns.left(SEND)
        if wait:
            clock.now += wait
            continue
        turns.spend(SEND)
        sent.append(clock.now)
    assert max(sum(start <= at < start + 1 for at in sent) for start in sent) <= 50
    assert len(sent) > 350
    clock.now += 600.0
    for _ in range(200):
        assert turns.left(SEND) == 0.0
        turns.spend(SEND)


def test_without_a_known_rate_nothing_is_held_back() -> None:
    turns = Turns(Clock(), rate=0)
    turns.share({"dc:global": 9})
    turns.hit("dc:global")
    for _ in range(100):
        assert turns.left(SEND) == 0.0
        turns.spend(SEND)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 8), st.lists(st.floats(0.0, 0.2), min_size=1, max_size=150))
def test_processes_together_never_exceed_the_platforms_window(users: int, pauses: list[float]) -> None:
    """All processes send as fast as their turns let them; the rows are kept as `project.core.rateslots` does."""
    clock = Clock()
    processes = [Turns(clock, rate=50) for _ in range(users)]
    for turns in processes:
        turns.share({"dc:global": users})
    opens, taken, sent = clock.now, 0, []
    for step, pause in enumerate(pauses * 3):
        clock.now += pause / 10
        turns = processes[step % users]
        if turns.left(SEND) == 0.0:
            turns.spend(SEND)
            sent.append(clock.now)
        for wish in turns.wishes():
            if opens + wish.seconds <= clock.now:
                opens, taken = clock.now, 0
            elif taken >= wish.most:
                opens, taken = opens + wish.seconds, 0
            count = min(wish.count, wish.most - taken)
            taken += count
            wait = max(0.0, opens - clock.now)
            turns.grant(slots(wish.key, count, wait=wait, lasts=opens + wish.seconds - clock.now), clock.now)
    assert max((sum(start <= at < start + 1 for at in sent) for start in sent), default=0) <= 50 + users
