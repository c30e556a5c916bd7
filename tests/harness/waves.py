"""Sets a large world up in waves: during a login each bot has a process of its own, and PostgreSQL 300 connections."""

from __future__ import annotations

from dataclasses import replace

from tests.harness.rows import add_pairs, log_in_all
from tests.harness.world import SHARED_BY, World

WAVE = 2 * SHARED_BY  # sessions; those that share a bot come together


def settle_in(world: World, control_url: str) -> None:
    """Every person logged in at once with those of the same wave, then their pairs relayed."""
    for start in range(0, len(world.people), WAVE):
        part = _part(world, start)
        log_in_all(part, control_url)
        add_pairs(part)


def _part(world: World, start: int) -> World:
    people = world.people[start : start + WAVE]
    names = {person.name for person in people}
    routes = tuple(route for route in world.routes if route.session in names)
    senders = {route.sender for route in routes}
    bots = {name: token for name, token in world.bots.items() if name in senders}
    return replace(world, people=people, bots=bots, routes=routes)
