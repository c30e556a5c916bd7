"""/sessionstatus, typed to the bot, with a session at work behind it."""

from __future__ import annotations

import pytest

from project.core.operators import Role
from sessions.services.finding import find_session
from tests.acceptance.rig import World


@pytest.mark.sentence("S-03", "S-05", "S-30", "S-31", "S-32", "S-51", "S-55", "S-84", "S-94")
async def test_one_session_and_all_of_them(world: World) -> None:
    session = await world.session("shown", priority=3, max_pairs=25)
    await world.pair(session)
    operator = await world.operator(Role.VIEWER)
    await operator.says(f"/sessionstatus {session.name.upper()}")
    shown = (await operator.sees(session.name)).text
    for part in ("Status: 🟢 active", "Health: 🟢 healthy", "Priority: 3", "Pairs: 1/25 (4 %)", "Groups: 1: 1/30"):
        assert part in shown
    for part in ("on node", "Lag:", "Last check:", "Last change: unknown → healthy", "Account: id"):
        assert part in shown
    assert session.phone not in shown
    await world.orm(_note, session.name)
    await operator.press("🔄")
    await operator.sees("meta.owner: Ann")

    await operator.says("/sessionstatus")
    await operator.sees("Sessions")
    await operator.says("/sessionstatus nobody_at_all")
    await operator.sees("There is no session named nobody_at_all")
    await operator.says(f"/sessionstatus {session.name} more words")
    assert f"/sessionstatus {session.name}" in (await operator.sees("One name at most")).text


def _note(name: str) -> None:
    session = find_session(name)
    session.metadata = {"owner": "Ann"}
    session.save()
