"""Rate limits, bans and faults of the loopback Discord."""

from __future__ import annotations

import time

import aiohttp
import discord
import pytest

from project.core.errors import InvalidInput
from project.sandbox.discord.limits import Rate, profile
from project.sandbox.faults import FaultRule, Phase
from tests.integration.sandbox.conftest_discord import (
    Caller,
    LoopbackDiscord,
    call,
    calls,
    client_for,
    limits_with,
    loopback,
    real_loopback,
    run_discord,
)

__all__ = ["call", "loopback", "real_loopback"]
POST = "POST /channels/{id}/messages"
EXECUTE = "POST /webhooks/{id}/{token}"


async def test_the_sixth_post_in_five_seconds(real_loopback: LoopbackDiscord) -> None:
    path = f"/channels/{real_loopback.channel}/messages"
    async with calls(real_loopback) as call:
        left = []
        for _ in range(5):
            answer = await call("POST", path, json={"content": "x"})
            left.append(answer.headers["X-RateLimit-Remaining"])
        assert left == ["4", "3", "2", "1", "0"]
        assert answer.headers["X-RateLimit-Limit"] == "5"
        assert 0 < float(answer.headers["X-RateLimit-Reset-After"]) <= 5
        assert abs(float(answer.headers["X-RateLimit-Reset"]) - time.time()) < 6
        refused = await call("POST", path, json={"content": "x"})
        assert (refused.status, refused.json["global"], refused.headers["X-RateLimit-Scope"]) == (429, False, "user")
        assert 0 < refused.json["retry_after"] <= 5
        assert int(refused.headers["Retry-After"]) >= refused.json["retry_after"]
        assert refused.headers["X-RateLimit-Bucket"] == answer.headers["X-RateLimit-Bucket"]
    assert len(real_loopback.texts()) == 5


async def test_buckets_are_per_channel(real_loopback: LoopbackDiscord) -> None:
    other = real_loopback.world.create_channel(real_loopback.guild, "other")
    async with calls(real_loopback) as call:
        for channel in (real_loopback.channel, other):
            for _ in range(5):
                assert (await call("POST", f"/channels/{channel}/messages", json={"content": "x"})).status == 200


async def test_a_stock_client_waits_as_the_headers_say() -> None:
    limits = limits_with(buckets={"message_create": Rate(2, 0.2)})
    async with run_discord(limits) as running, client_for(running) as client:
        for number in range(6):
            await client.get_channel(running.channel).send(str(number))
        assert running.texts() == ["0", "1", "2", "3", "4", "5"]
        assert running.world.counters().invalid_requests == 0


async def test_thirty_webhook_posts_a_minute_per_channel() -> None:
    async with run_discord(limits_with(webhook_channel=Rate(30, 60.0))) as running, calls(running) as call:
        hooks = [running.world.create_webhook(running.channel, str(n)) for n in range(3)]
        answers = [await call("POST", hooks[n % 3], json={"content": "x"}) for n in range(31)]
        assert [answer.status for answer in answers] == [204] * 30 + [429]
        assert answers[-1].headers["X-RateLimit-Scope"] == "shared"
        assert running.world.counters().invalid_requests == 0


async def test_five_posts_in_two_seconds_per_webhook(real_loopback: LoopbackDiscord) -> None:
    hooks = [real_loopback.world.create_webhook(real_loopback.channel, str(n)) for n in range(2)]
    async with calls(real_loopback) as call:
        statuses = [(await call("POST", hooks[0], json={"content": "x"})).status for _ in range(6)]
        assert statuses == [204] * 5 + [429]
        assert (await call("POST", hooks[1], json={"content": "x"})).status == 204


async def test_the_global_limit_is_per_token() -> None:
    async with run_discord(limits_with(token_global=Rate(3, 60.0))) as running, calls(running) as call:
        other = running.world.create_bot("other")
        statuses = [(await call("GET", "/users/@me")).status for _ in range(3)]
        refused = await call("GET", "/users/@me")
        assert (statuses, refused.status, refused.json["global"]) == ([200] * 3, 429, True)
        assert (refused.headers["X-RateLimit-Global"], refused.headers["X-RateLimit-Scope"]) == ("true", "global")
        assert (await call("GET", "/users/@me", token=other.token)).status == 200


async def test_too_many_invalid_requests_ban_the_address() -> None:
    async with run_discord(limits_with(invalid=Rate(3, 60.0))) as running, calls(running) as call:
        for _ in range(3):
            assert (await call("GET", "/users/@me", token="wrong")).status == 401
        banned = await call("GET", "/users/@me")
        assert (banned.status, banned.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
        assert "Via" not in banned.headers
        assert int(banned.headers["Retry-After"]) > 0
        assert running.world.counters().invalid_requests == 3


def test_off_has_no_waits_but_keeps_sizes() -> None:
    off, real = profile("off"), profile("real")
    assert not off.buckets
    assert off.token_global is off.webhook_channel is off.invalid is off.identify is None
    assert (off.file_bytes, off.nonce_window) == (real.file_bytes, real.nonce_window)
    with pytest.raises(InvalidInput):
        profile("half")


# --- faults


async def test_before_means_it_did_not_happen(loopback: LoopbackDiscord, call: Caller) -> None:
    loopback.world.fault(FaultRule(POST, code=503, error="unavailable", count=2))
    path = f"/channels/{loopback.channel}/messages"
    statuses = [(await call("POST", path, json={"content": str(n)})).status for n in range(3)]
    assert (statuses, loopback.texts()) == ([503, 503, 200], ["2"])


async def test_after_means_it_happened(loopback: LoopbackDiscord, call: Caller) -> None:
    loopback.world.fault(FaultRule(POST, Phase.AFTER, 502, "<html>bad gateway</html>"))
    answer = await call("POST", f"/channels/{loopback.channel}/messages", json={"content": "x"})
    assert (answer.status, answer.json) == (502, b"<html>bad gateway</html>")
    assert loopback.texts() == ["x"]


@pytest.mark.parametrize(("phase", "texts"), [(Phase.DROP, ["x"]), (Phase.LOST, [])])
async def test_a_cut_connection(loopback: LoopbackDiscord, call: Caller, phase: Phase, texts: list[str]) -> None:
    loopback.world.fault(FaultRule(POST, phase))
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("POST", f"/channels/{loopback.channel}/messages", json={"content": "x"})
    assert loopback.texts() == texts


async def test_the_body_of_an_error_can_be_given(loopback: LoopbackDiscord, call: Caller) -> None:
    body = '{"message": "You are being rate limited.", "retry_after": 1.5, "global": true}'
    loopback.world.fault(FaultRule("GET /users/@me", code=429, error=body))
    answer = await call("GET", "/users/@me")
    assert (answer.json["retry_after"], answer.headers["Retry-After"]) == (1.5, "2")
    assert (answer.headers["X-RateLimit-Global"], answer.headers["Via"]) == ("true", "1.1 google")


async def test_a_fault_can_strike_one_webhook_only(loopback: LoopbackDiscord, call: Caller) -> None:
    one, other = (loopback.world.create_webhook(loopback.channel, name) for name in ("one", "other"))
    loopback.world.fault(FaultRule(EXECUTE, code=500, account=one.split("/")[-2]))
    assert (await call("POST", other, json={"content": "x"})).status == 204
    assert (await call("POST", one, json={"content": "x"})).status == 500


async def test_a_stock_webhook_post_doubles_when_the_answer_is_lost(loopback: LoopbackDiscord) -> None:
    """Why the product has its own transport: discord.py repeats a webhook POST after any 5xx."""
    async with client_for(loopback) as client:
        webhook = await client.get_channel(loopback.channel).create_webhook(name="relay")
        loopback.world.fault(FaultRule(EXECUTE, Phase.AFTER, 502))
        await webhook.send("once?", wait=True)
    assert loopback.texts() == ["once?", "once?"]


async def test_a_stock_bot_post_does_not_since_it_has_a_nonce(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        loopback.world.fault(FaultRule(POST, Phase.AFTER, 502))
        await client.get_channel(loopback.channel).send("once")
    assert loopback.texts() == ["once"]


async def test_cloudflare_answers_are_not_retried_by_a_stock_client(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        loopback.world.fault(FaultRule(POST, code=429, error="<html>banned</html>"))
        with pytest.raises(discord.HTTPException) as problem:
            await client.get_channel(loopback.channel).send("x")
        assert problem.value.status == 429
    assert loopback.texts() == []


async def test_a_fault_on_an_unknown_method_is_refused(loopback: LoopbackDiscord) -> None:
    with pytest.raises(InvalidInput):
        loopback.world.fault(FaultRule("POST /channels/{channel.id}/messages", code=500))


async def test_the_cdn_can_fail(loopback: LoopbackDiscord, call: Caller) -> None:
    async with client_for(loopback) as client:
        posted = await client.get_channel(loopback.channel).send(file=discord.File(__file__))
        loopback.world.fault(FaultRule("GET /attachments/{channel_id}/{attachment_id}/{name}", code=503))
        assert (await call("GET", posted.attachments[0].url)).status == 503
        assert (await call("GET", posted.attachments[0].url)).status == 200
