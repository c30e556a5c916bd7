"""Whatever Discord sends, nothing that reads it fails, and what it makes can be stored."""

from __future__ import annotations

from random import Random

import pytest

from pairs.domain.keys import content_hash
from project.core.message import decode, encode
from project.discord.convert import is_written, neutral
from project.discord.directory import Directory
from project.discord.fields import Fields, snowflake
from tests.harness.discord_payloads import FORWARD, GUILD, MESSAGE
from tests.harness.oddities import odd_json


@pytest.mark.parametrize("seed", range(20))
def test_a_message_with_odd_fields_is_a_message_all_the_same(seed: int) -> None:
    rng = Random(seed)
    directory = Directory()
    for _ in range(100):
        directory.hear("GUILD_CREATE", Fields(odd_json(GUILD, rng)))
        payload = odd_json(rng.choice([MESSAGE, FORWARD]) | {"id": "900", "channel_id": "5"}, rng)
        event = Fields(payload)
        is_written(event)
        message = neutral(event, directory)
        if snowflake(payload.get("id")) is None or snowflake(payload.get("channel_id")) is None:
            assert message is None
            continue
        assert message is not None
        assert message.note or message.text, "something of it shows"
        assert len(content_hash(message)) == 16
        assert decode(encode(message)).message_id == message.message_id
