"""A moderator deletes our post before Discord's answer to it has reached us."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.discord.rest import DiscordRest
from tests.integration.pairs.rig import running_rig, until, until_value


@pytest.mark.parametrize("by_webhook", [True, False])
async def test_a_delete_before_our_own_answer(
    pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, by_webhook: bool
) -> None:
    """Nobody knows the id yet: the delete waits, and reaches the destination once the id is known."""
    monkeypatch.setattr("pairs.intake.inbox.LEAST_WAIT", 0.1)
    answer = asyncio.Event()
    method = "execute" if by_webhook else "send"
    send = getattr(DiscordRest, method)

    async def answered_late(*arguments: Any) -> Any:
        result = await send(*arguments)
        await answer.wait()
        return result

    people = DiscordPeople(current().database_url)
    async with running_rig(pg, by_webhook=by_webhook, by_bot=True) as rig:
        monkeypatch.setattr(DiscordRest, method, answered_late)
        rig.world.post(rig.source, "rude")
        await until(lambda: any("rude" in line for line in rig.on_discord()), "the post")
        post = rig.discord.world.messages(rig.discord.channel)[-1]
        rig.discord.world.delete(rig.discord.channel, [post.id])
        await people.deleted(rig.discord.channel, [post.id])
        rig.engine.wake()
        await until_value(pg, "SELECT count(*) FROM pairs_inbox WHERE not_before IS NOT NULL", 1)
        assert await pg.fetchval("SELECT state FROM pairs_delivery WHERE hop = 1") == "sending"
        answer.set()
        rig.world.post(rig.source, "polite")
        await rig.arrived("polite")
        await until_value(pg, "SELECT count(*) FROM pairs_inbox", 0)
        await until(lambda: rig.at_destination() == ["polite"], "the delete at the destination")
        assert [line for line in rig.on_discord() if "rude" in line] == []
    await people.close()
