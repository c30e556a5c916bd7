"""When a session's own process checks it beside the schedule."""

from __future__ import annotations

from workers.worker.rechecks import AGAIN, LATER, NEWS, Rechecks


def test_a_loss_is_checked_at_once_then_every_30_s_then_rarely_and_the_return_at_once() -> None:
    now = [0.0]
    checks = Rechecks(lambda: now[0])
    assert not checks.is_due(connected=True, lost=False)
    assert not checks.is_due(connected=False, lost=False)  # nobody wants it connected
    assert checks.is_due(connected=False, lost=True)
    made = []
    while now[0] < 1000:
        if checks.is_due(connected=False, lost=True):
            checks.note(passed=False, connected=False)
            made.append(now[0])
        now[0] += 1
    assert made[:NEWS] == [AGAIN * turn for turn in range(NEWS)]
    assert made[2] < 120  # the third failed check makes it unhealthy: within two minutes
    assert made[NEWS:] == [made[NEWS - 1] + LATER * turn for turn in range(1, len(made) - NEWS + 1)]
    assert checks.is_due(connected=True, lost=False)
    checks.note(passed=True, connected=True)
    assert not checks.is_due(connected=True, lost=False)


def test_a_check_that_failed_while_connected_is_repeated_after_30_s() -> None:
    now = [0.0]
    checks = Rechecks(lambda: now[0])
    checks.note(passed=False, connected=True)
    assert not checks.is_due(connected=True, lost=False)
    now[0] = AGAIN
    assert checks.is_due(connected=True, lost=False)
