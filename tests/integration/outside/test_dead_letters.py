"""Poison messages: set aside after three refusals, the lane goes on, and they can be sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from pairs.services.deadletters import Wanted, find_dead, list_dead, replay, replay_all
from project.core.errors import Conflict, NotFound
from project.sandbox.faults import FaultRule
from tests.integration.outside.orm import called
from tests.integration.pairs.rig import Rig, running_rig, until, until_value

BOT, SEND = "POST /channels/{id}/messages", "messages.sendMessage"
BAD_FORM = '{"code": 50035, "message": "Invalid Form Body"}'
UNFINISHED = "SELECT count(*) FROM pairs_delivery WHERE state IN ('waiting', 'sending')"


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=False, by_bot=True) as rig:
        yield rig


async def poisoned(rig: Rig, text: str, *, both: bool = False) -> int:
    """A message that Discord (and, if `both`, Telegram) refuses three times, and one behind it that goes on; its id."""
    rig.discord.world.fault(FaultRule(BOT, code=400, error=BAD_FORM, count=3))
    if both:
        rig.world.faults.add(FaultRule(SEND, code=400, error="MESSAGE_TOO_LONG", count=3))
    message_id = rig.world.post(rig.source, text)
    rig.world.post(rig.source, "behind it")
    await rig.arrived("behind it")
    return message_id


def on_discord(rig: Rig) -> list[str]:
    """Without the line that names the author."""
    return [line.splitlines()[-1] for line in rig.on_discord()]


async def test_a_poison_message_is_sent_again_once_as_it_reads_by_then(rig: Rig, pg: asyncpg.Connection) -> None:
    message_id = await poisoned(rig, "poison")
    rig.world.edit(rig.source, message_id, "cured")
    await until(lambda: "cured" in rig.at_destination(), "the edit")
    (letter,) = await called(list_dead, Wanted())
    assert (letter.hop, letter.kind, letter.message_id, letter.parts) == (1, "create", message_id, 1)
    assert (await called(find_dead, letter.id))[1] == "cured"
    both = [called(replay, letter.id, actor="test") for _ in range(2)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "DeadLetter"]
    await until(lambda: len(rig.on_discord()) == 2, "the poison on Discord")
    await until_value(pg, UNFINISHED, 0)
    assert on_discord(rig) == ["behind it", "cured"]
    assert rig.at_destination() == ["cured", "behind it"]
    assert await pg.fetchval("SELECT count(*) FROM core_auditevent WHERE action = 'delivery.replay'") == 1
    rig.world.edit(rig.source, message_id, "edited once more")
    await until(lambda: on_discord(rig) == ["behind it", "edited once more"], "the edit of what was sent again")


async def test_both_hops_sent_again_keep_their_order(rig: Rig, pg: asyncpg.Connection) -> None:
    await poisoned(rig, "poison", both=True)
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE state = 'dead'", 2)
    done = await called(replay_all, Wanted(pair=rig.pair), actor="test")
    assert (done.sent_again, done.refused) == (2, ())
    await until(lambda: len(rig.at_destination()) == 2, "the poison at the destination")
    await until_value(pg, UNFINISHED, 0)
    assert on_discord(rig) == ["behind it", "poison"]
    assert rig.at_destination() == ["behind it", "poison"]
    first, second = await pg.fetch("SELECT attempted_at FROM pairs_delivery WHERE replays = 1 ORDER BY hop")
    assert first["attempted_at"] < second["attempted_at"]


async def test_what_is_refused_again_is_a_dead_letter_again(rig: Rig, pg: asyncpg.Connection) -> None:
    await poisoned(rig, "poison")
    rig.discord.world.fault(FaultRule(BOT, code=400, error=BAD_FORM, count=3))
    (letter,) = await called(list_dead, Wanted())
    await called(replay, letter.id, actor="test")
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE state = 'dead' AND replays = 1", 1)
    assert on_discord(rig) == ["behind it"]


async def test_only_the_part_that_was_refused_follows(rig: Rig, pg: asyncpg.Connection) -> None:
    rig.discord.world.fault(FaultRule(BOT, code=400, error=BAD_FORM, count=3))
    rig.world.post(rig.source, " ".join(f"word{number}" for number in range(400)))
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE hop = 1 AND state = 'sent'", 1)
    (letter,) = await called(list_dead, Wanted())
    await called(replay, letter.id, actor="test")
    await until(lambda: len(rig.on_discord()) == 2, "the missing part")
    last, first = on_discord(rig)
    assert first.startswith("word0 ")
    assert last.endswith(" word399")


async def test_what_makes_no_sense_is_refused_with_the_reason(rig: Rig, pg: asyncpg.Connection) -> None:
    message_id = await poisoned(rig, "poison")
    (letter,) = await called(list_dead, Wanted())
    with pytest.raises(NotFound, match="no dead letter 0"):
        await called(replay, 0, actor="test")
    delivered = await pg.fetchval("SELECT min(id) FROM pairs_delivery WHERE state = 'sent'")
    with pytest.raises(Conflict, match="it is sent"):
        await called(replay, delivered, actor="test")
    await pg.execute("UPDATE pairs_event SET payload = NULL WHERE message_id = $1", message_id)
    with pytest.raises(Conflict, match="no longer kept"):
        await called(replay, letter.id, actor="test")
    await pg.execute("UPDATE pairs_event SET payload = '{}' WHERE message_id = $1", message_id)
    rig.world.delete(rig.source, [message_id])
    await until(lambda: rig.at_destination() == ["behind it"], "the delete")
    done = await called(replay_all, Wanted(), actor="test")
    assert (done.sent_again, len(done.refused)) == (0, 1)
    assert "deleted" in done.refused[0][1]
    assert not await pg.fetchval("SELECT count(*) FROM core_auditevent")
