"""`/whoami` typed to the running bot."""

from __future__ import annotations

from project.core.operators import Role
from tests.acceptance.rig import World


async def test_whoami_tells_id_and_role(world: World) -> None:
    viewer = await world.operator(Role.VIEWER)
    await viewer.says("/whoami")
    shown = await viewer.sees("viewer")
    assert str(viewer.user_id) in shown.text
