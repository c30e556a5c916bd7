"""What a message answers is gone at the destination, or its file may not be sent there: its text arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from pairs.lane import attempts
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.messages import NewFile
from project.telegram.account import TelegramAccount
from tests.integration.pairs.rig import Rig, running_rig, until_value
from tests.integration.telegram.pictures import png

PHOTO = NewFile("p.png", "image/png", png(), photo=True)
BAD = """
SELECT (SELECT count(*) FROM pairs_delivery WHERE state = 'dead')
     + (SELECT count(*) FROM pairs_pair WHERE status <> 'active')
"""


@pytest.fixture(params=[True, False], ids=["sender bot", "session"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=request.param, by_bot=request.param) as rig:
        yield rig


async def answered_copy(rig: Rig) -> tuple[int, int]:
    """A message at the source, and its copy at the destination."""
    original = rig.world.post(rig.source, "shall we meet?")
    await rig.arrived("shall we meet?")
    return original, rig.standing()[0].id


@pytest.mark.parametrize("files", [[], [PHOTO]], ids=["text", "photo"])
async def test_b06_a_reply_to_a_copy_that_an_administrator_deleted(
    rig: Rig, pg: asyncpg.Connection, files: list[NewFile]
) -> None:
    original, copy = await answered_copy(rig)
    rig.world.delete(rig.destination, [copy])
    rig.world.post(rig.source, "yes, at six", reply_to=original, files=files)
    rig.world.post(rig.source, "and bring chairs")
    await rig.arrived("and bring chairs")
    answer, last = rig.standing()
    assert answer.text.splitlines() == ["Source: shall we meet?", "yes, at six"]
    assert (answer.reply_to, last.text) == (None, "and bring chairs")
    assert (answer.file is not None) == bool(files)
    assert await pg.fetchval(BAD) == 0


async def test_b06_the_copy_is_deleted_between_plan_and_send(
    rig: Rig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, copy = await answered_copy(rig)
    send = TelegramAccount.send_text

    async def too_late(self: TelegramAccount, chat: int, text: Any, **more: Any) -> Any:
        if more.get("reply_to"):
            rig.world.delete(rig.destination, [copy])
        return await send(self, chat, text, **more)

    monkeypatch.setattr(TelegramAccount, "send_text", too_late)
    rig.world.post(rig.source, "yes, at six", reply_to=original)
    rig.world.post(rig.source, "and bring chairs")
    await rig.arrived("and bring chairs")
    assert [text.splitlines()[-1] for text in rig.at_destination()] == ["yes, at six", "and bring chairs"]
    assert await pg.fetchval(BAD) == 0


async def test_b06_with_a_lost_answer_nothing_comes_twice(
    rig: Rig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repeat is of another process that knows no key: it looks for the quoting form too."""
    monkeypatch.setattr(attempts, "SETTLE_TIME", 0.1)
    monkeypatch.setattr("pairs.forward.telegram_hop.RANDOM_ID_LIFETIME", 0.0)
    original, copy = await answered_copy(rig)
    rig.world.delete(rig.destination, [copy])
    sent = asyncio.Event()
    send = TelegramAccount.send_text

    async def unanswered(self: TelegramAccount, chat: int, text: Any, **more: Any) -> Any:
        result = await send(self, chat, text, **more)
        sent.set()
        await asyncio.Event().wait()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(TelegramAccount, "send_text", unanswered)
        rig.world.post(rig.source, "yes, at six", reply_to=original)
        await asyncio.wait_for(sent.wait(), 10)
        await rig.crash()
    await rig.start()
    rig.world.post(rig.source, "and bring chairs")
    await rig.arrived("and bring chairs")
    assert [text.splitlines()[-1] for text in rig.at_destination()] == ["yes, at six", "and bring chairs"]


async def test_b06_on_discord_a_reply_whose_post_is_gone_arrives(rig: Rig, pg: asyncpg.Connection) -> None:
    """Deleted while nobody listened."""
    original, _ = await answered_copy(rig)
    (post,) = [m.id for m in rig.discord.world.messages(rig.discord.channel)]
    rig.discord.world.delete(rig.discord.channel, [post])
    rig.world.post(rig.source, "yes, at six", reply_to=original)
    await rig.arrived("yes, at six")
    assert await pg.fetchval(BAD) == 0


@pytest.mark.parametrize("code", ["CHAT_SEND_PHOTOS_FORBIDDEN", "CHAT_SEND_MEDIA_FORBIDDEN"])
async def test_a_photo_where_photos_are_forbidden_leaves_its_caption(
    rig: Rig, pg: asyncpg.Connection, code: str
) -> None:
    rig.world.faults.add(FaultRule("messages.sendMedia", Phase.BEFORE, code=403, error=code, count=99))
    rig.world.post(rig.source, "look at this", files=[PHOTO])
    rig.world.post(rig.source, "next")
    await rig.arrived("next")
    assert rig.at_destination() == ["look at this\nA file of this message may not be sent in this chat.", "next"]
    await until_value(pg, BAD, 0)


NOTES = {
    "destination": "A file of this message may not be sent in this chat.",
    "Discord": "-# A file of this message is too big for Discord.",
}


@pytest.mark.parametrize("place", NOTES)
async def test_the_note_in_place_of_a_file_outlives_edits(rig: Rig, pg: asyncpg.Connection, place: str) -> None:
    """Also one after which there is nothing else to show."""
    if place == "Discord":
        method = "POST /webhooks/{id}/{token}" if rig.webhook else "POST /channels/{id}/messages"
        large = '{"code": 40005, "message": "Request entity too large"}'
        rig.discord.world.fault(FaultRule(method, code=413, error=large))
    else:
        rig.world.faults.add(FaultRule("messages.sendMedia", code=403, error="CHAT_SEND_PHOTOS_FORBIDDEN"))
    id_ = rig.world.post(rig.source, "look at this", files=[PHOTO])
    for number, text in enumerate(["look at this", "look again", ""]):
        if number:
            rig.world.edit(rig.source, id_, text)
        await until_value(pg, f"SELECT count(*) FROM pairs_delivery WHERE state = 'sent' AND {number} < seq", 2)
        (shown,) = rig.on_discord() if place == "Discord" else rig.at_destination()
        lines = [line for line in shown.splitlines() if not line.startswith("**Source:**")]
        assert lines[:-1] == [text] * bool(text)
        assert lines[-1].startswith(NOTES[place])
    assert await pg.fetchval(BAD) == 0
