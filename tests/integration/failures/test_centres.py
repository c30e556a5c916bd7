"""Accounts and files in another data centre, all the way to Discord and the destination."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from project.sandbox.faults import FaultRule
from project.sandbox.telegram.messages import NewFile
from project.sandbox.telegram.settings import OTHER_DC_ID
from project.telegram.session import MemorySession
from tests.integration.failures.rig import FailureRig, failing
from tests.integration.pairs.rig import until
from tests.integration.telegram.pictures import png

DATA = bytes(range(256)) * 3000
PARTS = {"data.bin": DATA, "p.png": png()}


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[FailureRig]:
    async with failing(pg) as rig:
        yield rig


async def test_files_of_another_data_centre_go_all_the_way(rig: FailureRig) -> None:
    far = [
        NewFile("data.bin", "application/octet-stream", DATA, dc=OTHER_DC_ID),
        NewFile("p.png", "image/png", png(), photo=True, dc=OTHER_DC_ID),
    ]
    for file in far:
        rig.world.post(rig.source, file.name, files=[file])
    rig.world.post(rig.source, "next")
    await rig.arrived("next")
    assert rig.at_destination() == ["data.bin", "p.png", "next"]
    arrived = {m.text: rig.world.file_data(m.file.id) for m in rig.standing() if m.file}
    assert arrived == PARTS
    posted = [m.files[0].sha256 for m in rig.discord.world.messages(rig.discord.channel) if m.files]
    assert posted == [hashlib.sha256(data).hexdigest() for data in PARTS.values()]
    assert rig.calls("auth.exportAuthorization") == 1


@pytest.mark.parametrize("who", ["session", "sender"])
async def test_an_account_that_telegram_moved(who: str, rig: FailureRig) -> None:
    """It goes on in the other data centre, and so does the next process."""
    rig.world.post(rig.source, "before")
    await rig.once(["before"])
    name, user = (rig.session, rig.user) if who == "session" else (rig.sender, rig.bot.user_id)
    rig.world.move_user(user, OTHER_DC_ID)
    rig.world.cut(user)
    rig.world.post(rig.source, "meanwhile")
    await rig.once(["before", "meanwhile"])
    await rig.stop()
    kept = MemorySession.restore(rig._states[name])
    assert (kept.dc_id, (kept.server_address, kept.port)) == (OTHER_DC_ID, rig.telegram.addresses[OTHER_DC_ID])
    told = _migrations(rig)
    await rig.start()
    rig.world.post(rig.source, "after")
    await rig.once(["before", "meanwhile", "after"])
    assert _migrations(rig) == told


def _migrations(rig: FailureRig) -> int:
    errors = rig.world.counters().errors
    return sum(count for counts in errors.values() for name, count in counts.items() if "_MIGRATE_" in name)


async def test_a_file_reference_that_expires_on_the_way(rig: FailureRig) -> None:
    """Twice within one download, which is as often as we ask for the message again."""
    rig.world.faults.add(FaultRule("upload.getFile", code=400, error="FILE_REFERENCE_EXPIRED", count=2))
    rig.world.post(rig.source, "file", files=[NewFile("data.bin", "application/octet-stream", DATA)])
    await until(lambda: rig.at_destination() == ["file"], "the file")
    (message,) = rig.standing()
    assert message.file is not None
    assert rig.world.file_data(message.file.id) == DATA
    assert rig.world.faults.armed == 0
