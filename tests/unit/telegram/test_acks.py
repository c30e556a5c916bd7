"""When what was received is acknowledged."""

from __future__ import annotations

from project.telegram.acks import EVERY, Acks


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_came_is_acknowledged_at_once_and_then_in_batches() -> None:
    clock = Clock()
    acks = Acks(clock)
    assert not acks
    acks.add(1)
    assert acks
    acks.clear()
    acks.update({2, 3})
    assert not acks
    clock.now += EVERY
    assert acks
    assert list(acks) == [2, 3]


def test_nothing_is_acknowledged_when_nothing_came() -> None:
    clock = Clock()
    acks = Acks(clock)
    clock.now += EVERY
    assert not acks
