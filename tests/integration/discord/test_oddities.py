"""Odd JSON, live and in the history: the channel goes on, and whatever comes later arrives."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from project.discord import gateway, pacing
from tests.harness.discord_payloads import FORWARD, GUILD, MESSAGE
from tests.harness.oddities import odd_json
from tests.integration.discord.conftest import Place, until
from tests.integration.discord.test_listener import Sink, listening


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "SECONDS_BETWEEN", 0.1)
    monkeypatch.setattr(gateway, "AFTER_INVALID", (0.1, 0.2))


def odd(payload: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Odd, but still JSON."""
    while True:
        found = odd_json(payload, rng)
        try:
            msgspec.json.encode(found)
        except (UnicodeEncodeError, OverflowError):
            continue
        return found


def changes(payload: dict[str, Any], rng: Random) -> dict[str, Any]:
    """What makes a message's JSON odd, as the sandbox takes it."""
    found = odd(payload, rng)
    return {"overrides": found, "without": sorted(payload.keys() - found.keys())}


@pytest.mark.parametrize("seed", range(4))
async def test_odd_events_and_odd_pages_never_stop_a_channel(place: Place, seed: int) -> None:
    rng, sink = Random(seed), Sink(start=1)
    told = {"guild_id": str(place.guild), "channel_id": str(place.channel)}
    async with listening(place, sink):
        good = [place.world.post(place.channel, place.person, "good")]
        await until(lambda: good[-1] in sink.ids())
        for step in range(60):
            event, data = rng.choice([
                ("MESSAGE_CREATE", MESSAGE | told | {"id": str(2**62 + step)}),
                ("MESSAGE_CREATE", FORWARD | told | {"id": str(2**62 + step)}),
                ("MESSAGE_UPDATE", MESSAGE | told | {"id": str(good[0])}),
                ("MESSAGE_DELETE", told | {"id": "900"}),
                ("MESSAGE_DELETE_BULK", told | {"ids": ["900", "901"]}),
                ("GUILD_CREATE", GUILD | {"id": str(place.guild)}),
                ("CHANNEL_UPDATE", GUILD["channels"][0]),
            ])  # fmt: skip
            place.world.dispatch(event, odd(data, rng))
        good.append(place.world.post(place.channel, place.person, "good"))
        await until(lambda: good[-1] in sink.ids(), seconds=30)
        place.world.kill_gateway("forget")
        strange = []
        for _ in range(40):
            made = changes(rng.choice([MESSAGE, FORWARD]) | {"author": MESSAGE["author"]}, rng)
            strange.append(place.world.post(place.channel, place.person, "x", **made))
            good.append(place.world.post(place.channel, place.person, "good"))
        await until(lambda: good[-1] in sink.ids(), seconds=30)
    heard = sink.ids()
    assert [one for one in heard if one in good] == good
    assert {one for one in strange if one in heard} == set(strange) - wrong_type(place, strange)


def wrong_type(place: Place, ids: list[int]) -> set[int]:
    """Messages whose type now says that nobody wrote them."""
    stored = place.world.state.channels[place.channel].messages
    return {
        one for one in ids if type(kind := stored[one].overrides.get("type")) is int and kind not in (0, 19, 20, 23)
    }
