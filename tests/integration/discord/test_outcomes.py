"""What is known after a request that went wrong, and waiting as Discord asks."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp
import pytest

from project.core.errors import Ambiguous, RetryLater, TargetGone, Unreachable
from project.discord import transport
from project.discord.rest import DiscordRest, Post
from project.sandbox.discord import payloads
from project.sandbox.discord.limits import Rate
from project.sandbox.faults import FaultRule, Phase
from tests.integration.discord.conftest import EDIT, EXECUTE, READ, SEND, Place, limits_with, run_place, until


@pytest.mark.parametrize(
    "rule",
    [
        FaultRule(EXECUTE, Phase.AFTER, 502, "<html>bad gateway</html>"),
        FaultRule(EXECUTE, Phase.AFTER, 500, "oops"),
        FaultRule(EXECUTE, Phase.DROP),
    ],
)
async def test_a_webhook_post_with_a_lost_answer_is_one_message_and_found_by_looking(
    place: Place, rule: FaultRule
) -> None:
    place.world.fault(rule)
    before = await place.rest.send(place.channel, Post("before"))
    with pytest.raises(Ambiguous):
        await place.rest.execute(place.hook, Post("lost answer"))
    (found,) = await place.rest.recent(place.channel, after_id=before)
    assert (found.webhook_id, found.content) == (place.hook.id, "lost answer")
    assert place.calls(EXECUTE) == 1


@pytest.mark.parametrize("phase", [Phase.AFTER, Phase.DROP])
async def test_a_bots_post_with_a_lost_answer_is_repeated_by_nonce(place: Place, phase: Phase) -> None:
    place.world.fault(FaultRule(SEND, phase, 502, "bad gateway"))
    with pytest.raises(Ambiguous):
        await place.rest.send(place.channel, Post("once", nonce="n1"))
    sent = await place.rest.send(place.channel, Post("once", nonce="n1"))
    assert [message.id for message in place.world.messages(place.channel)] == [sent]


async def test_cut_before_it_happened_looks_the_same_and_nothing_stands(place: Place) -> None:
    place.world.fault(FaultRule(EXECUTE, Phase.LOST))
    with pytest.raises(Ambiguous):
        await place.rest.execute(place.hook, Post("x"))
    assert await place.rest.recent(place.channel, after_id=0) == []


async def test_no_answer_in_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER", aiohttp.ClientTimeout(total=0.2))
    place.world.fault(FaultRule(SEND, Phase.BEFORE, delay=3.0))
    with pytest.raises(Ambiguous):
        await place.rest.send(place.channel, Post("x", nonce="n1"))
    place.world.fault(FaultRule(READ, Phase.BEFORE, delay=3.0))
    with pytest.raises(Unreachable):
        await place.rest.recent(place.channel, after_id=0)


async def test_a_delete_is_one_attempt_also_over_a_kept_connection(place: Place) -> None:
    """Whoever repeated it would hear that the message is gone, and take our own delete for a moderator's."""
    sent = await place.rest.execute(place.hook, Post("x"))  # leaves a connection that the next call uses
    place.world.fault(FaultRule("DELETE /webhooks/{id}/{token}/messages/{message_id}", Phase.DROP))
    with pytest.raises((Ambiguous, Unreachable)):
        await place.rest.delete_executed(place.hook, sent)
    assert place.standing() == []


async def test_reading_can_always_be_repeated(place: Place) -> None:
    place.world.fault(FaultRule(READ, Phase.AFTER, 503, "down"))
    with pytest.raises(Unreachable):
        await place.rest.recent(place.channel, after_id=0)


async def test_a_refused_connection_surely_sent_nothing(place: Place, unused_tcp_port: int) -> None:
    rest = DiscordRest(http=place.http, api_url=f"http://127.0.0.1:{unused_tcp_port}/api/v10", token=place.token)
    with pytest.raises(Unreachable):
        await rest.send(place.channel, Post("x"))


async def test_an_answer_that_is_no_json_is_no_success(place: Place) -> None:
    place.world.fault(FaultRule(EXECUTE, Phase.AFTER, 200, "<html>captive portal</html>"))
    with pytest.raises(Ambiguous):
        await place.rest.execute(place.hook, Post("x"))


async def test_redirects_are_not_followed(place: Place) -> None:
    place.world.fault(FaultRule(EXECUTE, Phase.BEFORE, 302, "<html>elsewhere</html>"))
    with pytest.raises(Unreachable):
        await place.rest.execute(place.hook, Post("x"))
    assert place.standing() == []


async def test_no_error_shows_the_webhooks_token(place: Place) -> None:
    for rule in (FaultRule(EXECUTE, Phase.DROP), FaultRule(EXECUTE, Phase.AFTER, 502, "bad")):
        place.world.fault(rule)
        with pytest.raises(Ambiguous) as lost:
            await place.rest.execute(place.hook, Post("x"))
        assert lost.value.__cause__ is None
        assert lost.value.__context__ is None
        assert place.hook.token.reveal() not in repr(lost.value)


@pytest.mark.parametrize(
    ("problem", "wait", "scope"),
    [
        ({"retry_after": 0.7, "global": False}, 0.7, "dc:webhook:{hook}"),
        ({"retry_after": 0.7, "global": False, "scope": "shared"}, 0.7, "dc:webhook:{hook}"),
        ({"retry_after": 0.9, "global": True}, 0.9, "dc:address"),
    ],
)
async def test_429_names_who_waits_and_how_long(
    place: Place, problem: dict[str, object], wait: float, scope: str
) -> None:
    place.world.fault(FaultRule(EXECUTE, Phase.BEFORE, 429, json.dumps({"message": "slow", **problem})))
    with pytest.raises(RetryLater) as limited:
        await place.rest.execute(place.hook, Post("x"))
    assert limited.value.retry_after == wait
    assert limited.value.scope == scope.format(hook=place.hook.id)
    assert 0 < place.rest.wait_before_execute(place.hook) <= wait
    assert place.rest.wait_before_send(place.channel) == 0.0


async def test_a_global_429_of_the_bot_stops_the_bot_everywhere(place: Place) -> None:
    place.world.fault(FaultRule(SEND, Phase.BEFORE, 429, '{"message":"slow","retry_after":5,"global":true}'))
    with pytest.raises(RetryLater) as limited:
        await place.rest.send(place.channel, Post("x"))
    assert limited.value.scope == "dc:global"
    assert place.rest.wait_before_send(place.channel + 1) > 4
    assert place.rest.wait_before_execute(place.hook) == 0.0


async def test_cloudflares_page_stops_the_address(place: Place) -> None:
    place.world.fault(FaultRule(EXECUTE, Phase.BEFORE, 429, "<html>access denied</html>"))
    with pytest.raises(RetryLater) as limited:
        await place.rest.execute(place.hook, Post("x"))
    assert (limited.value.scope, limited.value.code) == ("dc:cloudflare", "cloudflare")
    assert place.rest.wait_before_execute(place.hook) > 30
    assert place.rest.wait_before_send(place.channel) > 30


async def test_who_waits_as_told_never_sees_a_429() -> None:
    limits = limits_with(buckets={"message_create": Rate(2, 0.3), "webhook_execute": Rate(2, 0.3)})
    async with run_place(limits) as place:
        for i in range(5):
            await asyncio.sleep(place.rest.wait_before_send(place.channel))
            await place.rest.send(place.channel, Post(f"bot {i}"))
            await asyncio.sleep(place.rest.wait_before_execute(place.hook))
            await place.rest.execute(place.hook, Post(f"hook {i}"))
        assert len(place.standing()) == 10
        assert place.server.rest.invalid.total == 0


async def test_who_does_not_wait_is_told_how_long_and_then_may() -> None:
    async with run_place(limits_with(buckets={"message_create": Rate(1, 0.4)})) as place:
        await place.rest.send(place.channel, Post("one"))
        assert place.rest.wait_before_send(place.channel) > 0
        with pytest.raises(RetryLater) as limited:
            await place.rest.send(place.channel, Post("two"))
        await asyncio.sleep(limited.value.retry_after)
        await place.rest.send(place.channel, Post("two"))
        assert [message.content for message in place.standing()] == ["one", "two"]


async def test_edits_have_a_bucket_of_their_own(place: Place) -> None:
    sent = await place.rest.send(place.channel, Post("x"))
    place.world.fault(FaultRule(EDIT, Phase.AFTER, 503, "down"))
    with pytest.raises(Ambiguous):
        await place.rest.edit(place.channel, sent, Post("y"))
    await place.rest.edit(place.channel, sent, Post("y"))
    assert place.standing()[0].content == "y"


async def test_a_cancelled_call_leaves_at_once(place: Place) -> None:
    place.world.fault(FaultRule(SEND, Phase.BEFORE, delay=5.0))
    started = time.monotonic()
    call = asyncio.create_task(place.rest.send(place.channel, Post("x")))
    await until(lambda: place.calls(SEND))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - started < 4
    assert not place.http.closed


async def test_nothing_leaves_before_a_wait_is_over(place: Place) -> None:
    place.world.fault(FaultRule(SEND, Phase.BEFORE, 429, '{"message":"slow","retry_after":60,"global":true}'))
    with pytest.raises(RetryLater):
        await place.rest.send(place.channel, Post("first"))
    for ask in (place.rest.send(place.channel, Post("again")), place.rest.me(), place.rest.recent(1, after_id=0)):
        with pytest.raises(RetryLater) as limited:
            await ask
        assert limited.value.scope == "dc:global"
        assert 55 < limited.value.retry_after <= 60
    assert sum(sum(calls.values()) for calls in place.world.counters().calls.values()) == 1
    await place.rest.execute(place.hook, Post("by webhook"))


async def test_answers_that_count_towards_a_ban_are_told(place: Place) -> None:
    told: list[int] = []
    place.rest.on_invalid = lambda: told.append(1)
    shared = '{"message":"slow","retry_after":0.01,"scope":"shared"}'
    place.world.fault(FaultRule(EXECUTE, Phase.BEFORE, 429, shared))
    with pytest.raises(RetryLater):
        await place.rest.execute(place.hook, Post("x"))
    assert not told
    place.world.set_permissions(place.channel, place.bot, [])
    with pytest.raises(TargetGone):
        await place.rest.send(place.channel, Post("x"))
    assert len(told) == 1


async def test_an_answer_that_cannot_be_read_names_route_and_field(place: Place) -> None:
    place.world.fault(FaultRule(SEND, Phase.AFTER, 200, '{"id": null}'))
    with pytest.raises(Ambiguous, match=r"POST /channels/\*/messages cannot be read: .*`\$\.id`"):
        await place.rest.send(place.channel, Post("x", nonce="n1"))


async def test_looking_back_passes_over_a_message_that_cannot_be_read(place: Place) -> None:
    first = await place.rest.send(place.channel, Post("first"))
    place.world.post(place.channel, place.person, "odd", overrides={"author": None})
    place.world.post(place.channel, place.person, "odd", without=["id"])
    last = await place.rest.send(place.channel, Post("last"))
    found = await place.rest.recent(place.channel, after_id=0)
    assert [(item.id, item.content) for item in found] == [(first, "first"), (last, "last")]


async def test_odd_roles_and_overwrites_do_not_keep_the_rights_from_being_read(place: Place) -> None:
    rights = await place.rest.permissions(place.channel)
    guild = payloads.guild(place.world.state.guilds[place.guild])
    odd = [None, {"id": "7"}, {"id": 7, "permissions": None}]
    answer = json.dumps(guild | {"roles": [*odd, *guild["roles"]]})  # type: ignore[misc]
    place.world.fault(FaultRule("GET /guilds/{id}", Phase.BEFORE, 200, answer))
    assert await place.rest.permissions(place.channel) == rights
