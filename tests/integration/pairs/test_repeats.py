"""A post whose answer was lost, and which would be posted otherwise by now: its repeat finds what stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.messages import NewFile
from project.telegram.account import TelegramAccount
from tests.integration.pairs.rig import Rig, running_rig, until, until_value
from tests.integration.telegram.pictures import png

PHOTO = NewFile("p.png", "image/png", png(), photo=True)
UNFINISHED = "SELECT count(*) FROM pairs_delivery WHERE state NOT IN ('sent', 'skipped')"
UNKNOWN = "SELECT count(*) FROM pairs_delivery WHERE state = 'sent' AND act = 'post' AND remote_id IS NULL"


@pytest.fixture(params=[True, False], ids=["sender bot", "session"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=True, by_bot=request.param) as rig:
        yield rig


async def crash_before_the_answer(rig: Rig, monkeypatch: pytest.MonkeyPatch, method: str, post: dict[str, Any]) -> int:
    """Posts at the source; the process dies when the call has happened, before anything of it is known."""
    sent = asyncio.Event()
    send = getattr(TelegramAccount, method)

    async def unanswered(self: TelegramAccount, *arguments: Any, **more: Any) -> Any:
        await send(self, *arguments, **more)
        sent.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(TelegramAccount, method, unanswered)
        id_ = rig.world.post(rig.source, **post)
        await asyncio.wait_for(sent.wait(), 10)
        await rig.crash()
    return id_


@pytest.mark.parametrize("text", ["", "caption"], ids=["without text", "with text"])
async def test_a_file_that_is_gone_by_now(
    rig: Rig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    id_ = await crash_before_the_answer(rig, monkeypatch, "send_file", {"text": text, "files": [PHOTO]})
    assert len(rig.standing()) == 1
    rig.world.delete(rig.source, [id_])
    await rig.start()
    await until(lambda: rig.standing() == [], "the delete")
    await until_value(pg, UNFINISHED, 0)
    assert await pg.fetchval(UNKNOWN) == 0


async def test_a_file_that_may_be_sent_by_now(
    rig: Rig, pg: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.world.faults.add(FaultRule("messages.sendMedia", Phase.BEFORE, code=403, error="CHAT_SEND_PHOTOS_FORBIDDEN"))
    id_ = await crash_before_the_answer(rig, monkeypatch, "send_text", {"text": "look", "files": [PHOTO]})
    await rig.start()
    await until_value(pg, UNFINISHED, 0)
    assert await pg.fetchval(UNKNOWN) == 0
    rig.world.delete(rig.source, [id_])
    await until(lambda: rig.standing() == [], "the delete")
