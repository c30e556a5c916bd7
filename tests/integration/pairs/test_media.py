"""Photos and documents go all the way, also when the sender's key is in another process; what cannot go is said."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.core.message import Attachment, Author, MediaKind, Message, Node, Style
from project.sandbox.discord.views import FileIn
from project.sandbox.telegram.messages import NewFile
from tests.integration.pairs.rig import Rig, running_rig, until
from tests.integration.telegram.pictures import png

DOCUMENT = bytes(range(256)) * 3000
SENDERS = ["webhook", "bot", "sender in its own process"]


@pytest.fixture(params=SENDERS)
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    webhook, apart = request.param != "bot", request.param == SENDERS[2]
    async with running_rig(pg, by_webhook=webhook, by_bot=webhook, apart=apart) as rig:
        yield rig


async def test_photos_and_documents_arrive_whole_and_in_order(rig: Rig) -> None:
    rig.world.post(rig.source, "a photo", files=[NewFile("p.png", "image/png", png(), photo=True)])
    rig.world.post(rig.source, "a document", files=[NewFile("data.bin", "application/octet-stream", DOCUMENT)])
    rig.world.post(rig.source, "text")
    await rig.arrived("text")
    assert rig.at_destination() == ["a photo", "a document", "text"]
    photo, document, _ = rig.standing()
    assert photo.file is not None
    assert document.file is not None
    assert rig.world.file_data(document.file.id) == DOCUMENT
    assert rig.world.file_data(photo.file.id) == png()
    posted = [message for message in rig.discord.world.messages(rig.discord.channel) if message.files]
    assert [m.files[0].sha256 for m in posted] == [hashlib.sha256(data).hexdigest() for data in (png(), DOCUMENT)]


async def test_a_persons_files_on_discord_arrive_at_the_destination(rig: Rig) -> None:
    world, channel = rig.discord.world, rig.discord.channel
    files = [FileIn("one.txt", b"first", "text/plain"), FileIn("two.txt", b"second", "text/plain")]
    id_ = world.post(channel, rig.discord.user, "look", files=files)
    attachments = tuple(
        Attachment(MediaKind.DOCUMENT, file.name, file.mime, len(file.data), n) for n, file in enumerate(files)
    )
    said = Message(f"dc:{channel}", id_, 1, (Node(Style.TEXT, "look"),), Author("ann"), attachments)
    people = DiscordPeople(current().database_url)
    await people.posted(said, None)
    await people.close()
    await until(lambda: len(rig.standing()) == 2, "both files")
    assert "look" in rig.standing()[0].text
    assert [rig.world.file_data(m.file.id) for m in rig.standing() if m.file] == [b"first", b"second"]


async def test_a_file_too_big_for_discord_is_said_there_and_still_arrives(pg: asyncpg.Connection) -> None:
    async with running_rig(pg, by_webhook=True, by_bot=True, file_limit=1000) as rig:
        rig.world.post(rig.source, "big", files=[NewFile("data.bin", "application/octet-stream", DOCUMENT)])
        await rig.arrived("big")
        (line,) = rig.on_discord()
        assert "too big" in line
        assert rig.standing()[0].file is not None


async def test_a_file_that_nobody_has_any_more_is_said(pg: asyncpg.Connection) -> None:
    """Too big for Discord, and the sender's process has no session to read the source with."""
    async with running_rig(pg, by_webhook=True, by_bot=True, apart=True, file_limit=1000) as rig:
        rig.world.post(rig.source, "big", files=[NewFile("data.bin", "application/octet-stream", DOCUMENT)])
        await rig.arrived("big")
        assert "cannot be fetched" in rig.at_destination()[0]
        rig.world.post(rig.source, "next")
        await rig.arrived("next")
