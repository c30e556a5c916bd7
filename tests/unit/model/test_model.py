"""Leases, epochs, generations and hand-overs, in every order that hypothesis thinks of."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.model.machine import Machine, heal
from tests.unit.model.parts import Rules, Violation
from tests.unit.model.traces import TRACES
from tests.unit.model.world import World


def test_one_owner_and_every_message_in_any_order_of_events() -> None:
    chosen = settings(
        max_examples=60,
        stateful_step_count=50,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=chosen)


def test_every_rule_can_be_broken() -> None:
    assert TRACES.keys() == {field.name for field in fields(Rules)}


@pytest.mark.parametrize("rule", TRACES)
def test_without_a_rule_the_worst_happens(rule: str) -> None:
    with pytest.raises(Violation):
        TRACES[rule](World(replace(Rules(), **{rule: False})))


@pytest.mark.parametrize("rule", TRACES)
def test_with_the_rules_it_does_not_and_everything_arrives(rule: str) -> None:
    world = World(Rules())
    TRACES[rule](world)
    heal(world)
