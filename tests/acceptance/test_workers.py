"""/workerstatus and /restartworker, typed to the bot, with a session at work behind it."""

from __future__ import annotations

import pytest

from project.core.operators import Role
from sessions.services.registry import find_session
from tests.acceptance.rig import World
from workers.models import Placement, WorkerGroup


@pytest.mark.sentence("S-49", "S-50", "S-97", "S-99", "S-111", "S-113")
async def test_workerstatus_shows_groups_and_nodes(world: World) -> None:
    session = await world.session("aaa_shown")
    await world.pair(session)
    operator = await world.operator(Role.VIEWER)

    async def reported() -> bool:
        await operator.says("/workerstatus")
        text = (await operator.sees("Workers")).text
        return f"{session.name} · up · node" in text and "1: 1/30" in text and "CPU" in text

    await world.until(reported, "the worker on the page")
    shown = await operator.sees("Nodes")
    line = next(part for part in shown.text.split("\n\n") if session.name in part)
    for figure in ("pid", "pairs 1/30", "restarts 0", "lag", "memory"):
        assert figure in line
    await operator.press("🔄")


@pytest.mark.sentence("S-07", "S-63")
async def test_restartworker_restarts_one_worker_or_one_group(world: World) -> None:
    session, bystander = await world.session("restarted"), await world.session("bystander")
    route = await world.pair(session)
    operator = await world.operator(Role.OPERATOR)
    pids = await world.orm(_pids, session.name, bystander.name)

    await operator.says("/restartworker")
    assert "/restartworker" in (await operator.sees("session/group")).text
    await operator.says("/restartworker nobody_at_all")
    await operator.sees("nobody_at_all")

    await operator.says(f"/restartworker {session.name}")
    await world.post(route, "while it restarts")
    await operator.sees("runs again")
    await world.arrives(route, "while it restarts")
    after = await world.orm(_pids, session.name, bystander.name)
    assert after[0] != pids[0]
    assert after[1] == pids[1], "the other session's worker is not touched"

    group = WorkerGroup.objects.filter(session__name=session.name, state="running")
    await world.until_row(group.exists, "the report of its group")
    await operator.says(f"/restartworker {session.name}/1")
    await operator.sees("runs again")
    await world.post(route, "afterwards")
    await world.arrives(route, "afterwards")
    assert await world.at_destination(route) == ["while it restarts", "afterwards"]
    assert await world.orm(_pids, session.name, bystander.name) == after

    await operator.says(f"/restartworker {session.name}/7")
    await operator.sees(f"{session.name}/1")
    viewer = await world.operator(Role.VIEWER)
    await viewer.says(f"/restartworker {session.name}")
    await viewer.sees("operator")
    assert await world.orm(_pids, session.name, bystander.name) == after


def _pids(*names: str) -> list[int | None]:
    found = {place.account: place.pid for place in Placement.objects.all()}
    return [found.get(find_session(name).account) for name in names]
