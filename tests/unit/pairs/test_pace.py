import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.domain.pace import Pace
from project.telegram.governor import FRESH, FRESH_HOURLY, HOUR, HOURLY, least_poll

DAY = 86_400.0


@pytest.mark.parametrize(
    ("quiet", "seconds"), [(0, 20), (HOUR, 20), (2 * HOUR, 40), (8 * HOUR, 160), (DAY, 170), (30 * DAY, 170)]
)
def test_a_guests_source_is_looked_at_often_while_it_is_fresh(quiet, seconds):
    assert Pace().of_guest(quiet, 0.0) == seconds


@given(st.floats(0, 90 * DAY), st.floats(0, 600))
def test_never_oftener_than_the_budget_allows(quiet, least):
    assert Pace().of_guest(quiet, least) >= max(20, least)


@pytest.mark.parametrize(("age", "hourly"), [(0.0, FRESH_HOURLY), (FRESH - 1, FRESH_HOURLY), (FRESH, HOURLY)])
def test_polls_leave_a_quarter_of_the_budget(age, hourly):
    assert HOUR / least_poll(age=age) == pytest.approx(hourly * 0.75)


def test_an_old_login_may_poll_each_20_seconds():
    assert least_poll(age=FRESH) <= Pace().guest
