"""Sets a large world up in waves: during a login each bot has a process of its own."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from project.core.models import Lease
from tests.harness.rows import add_pairs, log_in_all, wait
from tests.harness.world import SHARED_BY, World
from workers.models import Placement

WAVE = 2 * SHARED_BY  # sessions; those that share a bot come together


def settle_in(world: World, control_url: str) -> None:
    """Every person logged in at once with those of the same wave, then their pairs relayed. Returns when no account
    waits for a hand-over any more (a bot may have logged in on the other node)."""
    for start in range(0, len(world.people), WAVE):
        part = _part(world, start)
        log_in_all(part, control_url)
        add_pairs(part)
    wait(_at_home, "every account to be where it belongs")


def _at_home() -> bool:
    """Whether each account is held by the process of its host, and may be connected."""
    held = Lease.objects.filter(released_at=None, expires_at__gt=timezone.now(), ready_at__lte=timezone.now())
    owners = dict(held.values_list("name", "owner"))
    placed = Placement.objects.values_list("account", "host")
    return all(account in owners and owners[account] == owners.get(host) for account, host in placed)


def _part(world: World, start: int) -> World:
    people = world.people[start : start + WAVE]
    names = {person.name for person in people}
    routes = tuple(route for route in world.routes if route.session in names)
    senders = {route.sender for route in routes}
    bots = {name: token for name, token in world.bots.items() if name in senders}
    return replace(world, people=people, bots=bots, routes=routes)
