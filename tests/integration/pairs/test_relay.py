"""What a user sees: a message posted at the source stands on Discord and at the destination, once, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.core.message import Author, Message, Node, Style
from tests.integration.pairs.rig import Rig, running_rig, until


@pytest.fixture(params=["webhook and sender bot", "bot and session"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    webhook = request.param.startswith("webhook")
    async with running_rig(pg, by_webhook=webhook, by_bot=webhook) as rig:
        yield rig


async def test_messages_arrive_once_and_in_order(rig: Rig) -> None:
    texts = [f"message {number}" for number in range(20)]
    for text in texts:
        rig.world.post(rig.source, text)
    await rig.arrived(texts[-1])
    assert rig.at_destination() == texts
    assert [line.splitlines()[-1] for line in rig.on_discord()] == texts


async def test_edits_and_deletes_follow(rig: Rig) -> None:
    first = rig.world.post(rig.source, "first")
    second = rig.world.post(rig.source, "second")
    await rig.arrived("second")
    rig.world.edit(rig.source, first, "first, corrected")
    await rig.arrived("first, corrected")
    rig.world.delete(rig.source, [second])
    await until(lambda: rig.at_destination() == ["first, corrected"], "the delete at the destination")
    await until(lambda: len(rig.on_discord()) == 1, "the delete on Discord")


async def test_replies_are_replies_at_the_destination(rig: Rig) -> None:
    first = rig.world.post(rig.source, "a question")
    await rig.arrived("a question")
    rig.world.post(rig.source, "an answer", reply_to=first)
    await rig.arrived("an answer")
    question, answer = rig.world.messages(rig.destination)
    assert answer.reply_to == question.id


async def test_no_message_of_an_interruption_is_lost(rig: Rig) -> None:
    rig.world.post(rig.source, "before")
    await rig.arrived("before")
    await rig.stop()
    texts = [f"while away {number}" for number in range(150)]
    for text in texts:
        rig.world.post(rig.source, text)
    await rig.start()
    await rig.arrived(texts[-1])
    assert rig.at_destination() == ["before", *texts]


async def test_a_persons_message_on_discord_goes_on_to_the_destination(rig: Rig, pg: asyncpg.Connection) -> None:
    people = DiscordPeople(current().database_url)
    id_ = rig.discord.world.post(rig.discord.channel, rig.discord.user, "hello from Discord")
    said = Message(f"dc:{rig.discord.channel}", id_, 1, (Node(Style.TEXT, "hello from Discord"),), Author("ann"))
    await people.posted(said, None)
    await people.posted(said, None)
    rig.engine.wake()
    await until(lambda: any("hello from Discord" in text for text in rig.at_destination()), "the person's message")
    rig.world.post(rig.source, "next")
    await rig.arrived("next")
    assert sum("hello from Discord" in text for text in rig.at_destination()) == 1
    await people.deleted(rig.discord.channel, [id_])
    rig.engine.wake()
    await until(lambda: rig.at_destination() == ["next"], "the delete")
    await people.close()
