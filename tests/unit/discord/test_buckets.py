"""Waiting by what Discord's headers said."""

from __future__ import annotations

import pytest

from project.core.secret import Secret
from project.discord import routes
from project.discord.buckets import Buckets
from project.discord.objects import Webhook

SEND = routes.channel("POST", 5, "/messages")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def said(remaining: int, after: float, bucket: str = "abc") -> dict[str, str]:
    return {
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset-After": str(after),
        "X-RateLimit-Bucket": bucket,
    }


def call(buckets: Buckets, route: routes.Route, headers: dict[str, str]) -> None:
    buckets.begin(route)
    buckets.end(route, headers)


def test_unknown_routes_may_go() -> None:
    assert Buckets(Clock()).wait_for(SEND) == 0.0


def test_waits_for_the_reset_when_nothing_remains() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    call(buckets, SEND, said(1, 4.0))
    assert buckets.wait_for(SEND) == 0.0
    call(buckets, SEND, said(0, 4.0))
    assert buckets.wait_for(SEND) == 4.0
    clock.now += 4.0
    assert buckets.wait_for(SEND) == 0.0


def test_calls_under_way_count() -> None:
    buckets = Buckets(Clock())
    call(buckets, SEND, said(2, 4.0))
    buckets.begin(SEND)
    assert buckets.wait_for(SEND) == 0.0
    buckets.begin(SEND)
    assert buckets.wait_for(SEND) == 4.0


def test_answers_that_overtake_each_other_do_not_give_back() -> None:
    buckets = Buckets(Clock())
    call(buckets, SEND, said(3, 4.0))
    buckets.begin(SEND)
    buckets.begin(SEND)
    buckets.end(SEND, said(0, 4.0))
    buckets.end(SEND, said(1, 4.0))
    assert buckets.wait_for(SEND) == 4.0


def test_a_lost_answer_does_not_keep_its_place_for_ever() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    call(buckets, SEND, said(1, 4.0))
    call(buckets, SEND, {})
    clock.now += 4.0
    assert buckets.wait_for(SEND) == 0.0


def test_other_channels_and_methods_are_free() -> None:
    buckets = Buckets(Clock())
    call(buckets, SEND, said(0, 4.0))
    assert buckets.wait_for(routes.channel("POST", 6, "/messages")) == 0.0
    assert buckets.wait_for(routes.message("PATCH", 5, 1)) == 0.0


def test_one_bucket_behind_two_routes() -> None:
    buckets = Buckets(Clock())
    edit, look = routes.message("PATCH", 5, 1), routes.message("GET", 5, 1)
    call(buckets, edit, said(4, 4.0))
    call(buckets, look, said(0, 4.0))
    assert buckets.wait_for(edit) == 4.0


def test_all_messages_of_a_channel_share_one_key() -> None:
    buckets = Buckets(Clock())
    call(buckets, routes.message("PATCH", 5, 1), said(0, 4.0))
    assert buckets.wait_for(routes.message("PATCH", 5, 2)) == 4.0


def test_a_429_pauses_its_scope() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    hook = routes.webhook("POST", Webhook(7, Secret("t" * 20)))
    buckets.pause("dc:global", 3.0)
    assert buckets.wait_for(SEND) == 3.0
    assert buckets.wait_for(hook) == 0.0
    buckets.pause("dc:address", 9.0)
    buckets.pause("dc:address", 2.0)
    assert buckets.wait_for(hook) == 9.0
    clock.now += 9.0
    assert buckets.wait_for(hook) == buckets.wait_for(SEND) == 0.0
    buckets.pause("dc:cloudflare", 60.0)
    assert buckets.wait_for(hook) == buckets.wait_for(SEND) == 60.0


def test_a_429_of_a_route_stops_its_bucket_alone() -> None:
    buckets = Buckets(Clock())
    hook = routes.webhook("POST", Webhook(7, Secret("t" * 20)))
    buckets.limited(SEND, SEND.scope, 3.0)
    assert buckets.paused(SEND) == ("dc:channel:5", 3.0)
    assert buckets.wait_for(SEND) == 3.0
    for free in (routes.message("PATCH", 5, 1), routes.channel("POST", 6, "/messages"), hook):
        assert buckets.wait_for(free) == 0.0


def test_a_global_429_stops_everything_of_its_token_and_nothing_else() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    hook = routes.webhook("POST", Webhook(7, Secret("t" * 20)))
    buckets.limited(SEND, "dc:global", 3.0)
    for held in (SEND, routes.message("PATCH", 9, 1), routes.plain("/users/@me")):
        assert buckets.paused(held) == ("dc:global", 3.0)
    assert buckets.paused(hook) == ("", 0.0)
    buckets.limited(hook, "dc:cloudflare", 60.0)
    assert buckets.paused(hook) == ("dc:cloudflare", 60.0)
    clock.now += 61.0
    assert buckets.paused(hook) == buckets.paused(SEND) == ("", 0.0)


@pytest.mark.parametrize("odd", ["", "x", "-1", "nan", "inf", "1e999"])
def test_headers_that_are_no_numbers_are_as_if_they_were_absent(odd: str) -> None:
    buckets = Buckets(clock=Clock())
    call(buckets, SEND, said(0, 5.0) | {"X-RateLimit-Limit": odd})
    assert buckets.wait_for(SEND) == 5.0
    for name in ("X-RateLimit-Remaining", "X-RateLimit-Reset-After"):
        call(buckets, SEND, said(3, 1.0) | {name: odd})
    assert buckets.wait_for(SEND) == 5.0


def test_b07_after_a_block_of_the_address_one_request_goes_first() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    other = routes.channel("POST", 6, "/messages")
    buckets.begin(SEND)
    buckets.end(SEND, {"Server": "cloudflare"})
    buckets.limited(SEND, routes.CLOUDFLARE, 60.0)
    assert buckets.wait_for(other) == 60.0
    clock.now += 61
    assert buckets.wait_for(other) == 0.0
    buckets.begin(SEND)
    assert buckets.paused(other) == (routes.CLOUDFLARE, 2.0)
    buckets.end(SEND, {"Via": "1.1 google"})
    assert buckets.wait_for(other) == 0.0
