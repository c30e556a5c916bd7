"""/sessionhealth, typed to the bot: checks made now, by the sessions' own workers."""

from __future__ import annotations

import pytest

from pairs.models import Pair
from project.core.operators import Role
from sessions.models import TelegramSession
from tests.acceptance.rig import World


@pytest.mark.sentence("S-13", "S-39", "S-40", "S-41", "S-52", "S-85", "S-102", "S-103")
async def test_a_check_now_and_the_stored_results_of_all(world: World) -> None:
    session = await world.session("checked")
    open_, shut = await world.pair(session), await world.pair(session)
    operator = await world.operator(Role.VIEWER)
    await operator.says(f"/sessionhealth {session.name}")
    shown = (await operator.sees("Access: 2 of 2 pairs")).text
    for part in ("Check passed", "Account: answers within", "Freeze: none", "Clock:"):
        assert part in shown

    async with world.control() as control:
        await control.telegram.ban(shut.source, session.user_id)
    await operator.press("Check again")
    shown = (await operator.sees("Access: 1 of 2 pairs")).text
    assert f"🔴 {shut.pair}" in shown
    await world.until_row(lambda: _status(shut.pair) == ("error", "SOURCE_ACCESS"), "the pair to stop")
    assert await world.orm(_status, open_.pair) == ("active", "")
    await world.until_row(lambda: _reason(session.name) == "partial access 1/2", "the judgement")
    await operator.says("/sessionhealth")
    while f"healthy {session.name} · partial access 1/2" not in (await operator.sees("Health of sessions")).text:
        await operator.press("▶")  # other tests have sessions here, too

    async with world.control() as control:
        await control.telegram.join(shut.source, session.user_id)
    await operator.says(f"/sessionhealth {session.name}")
    await operator.sees("Access: 2 of 2 pairs")
    await world.until_row(lambda: _status(shut.pair) == ("active", ""), "the pair to go on")
    await world.post(shut, "open again")
    await world.arrives(shut, "open again")


def _reason(name: str) -> str:
    return TelegramSession.objects.get(name=name).health_reason


def _status(pair_id: int) -> tuple[str, str]:
    pair = Pair.objects.get(pk=pair_id)
    return pair.status, pair.status_code
