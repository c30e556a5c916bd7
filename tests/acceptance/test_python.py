"""`AdvancedSessionManager` against the running product: what needs Telegram, and pairs that really move."""

from __future__ import annotations

import pytest

from project.manager import advanced_session_manager as manager
from tests.acceptance.rig import World

PASSWORD = "correct horse"


@pytest.mark.sentence("S-04", "S-115", "S-116")
async def test_python_logs_in_verifies_moves_and_deletes(world: World) -> None:
    account = await world.account("api", password=PASSWORD)
    assert await manager.register_session(account.name, account.phone, priority=2, max_pairs=25)
    assert not await manager.verify_session(account.name)

    begun = await manager.authenticate_session(account.name)
    assert begun
    assert begun.step == "code_sent"
    async with world.control() as control:
        code = await control.telegram.login_code(account.phone)
    wrong = await manager.authenticate_session(account.name, code[:-1] + str((int(code[-1]) + 1) % 10))
    assert not wrong
    assert "wrong" in wrong.reason
    asked = await manager.authenticate_session(account.name, code)
    assert asked
    assert asked.step == "password_needed"
    done = await manager.authenticate_session(account.name, password=PASSWORD)
    assert done
    assert done.done

    async def verified() -> bool:
        return bool(await manager.verify_session(account.name))

    await world.until(verified, "a check that passes")
    status = await manager.get_session_status(account.name)
    assert status
    assert (status.health, status.lifecycle, status.worker) == ("healthy", "active", "up")

    other = await world.session("other")
    route = await world.pair(other)
    async with world.control() as control:
        await control.telegram.join(route.source, account.user_id)
        await control.telegram.join(route.destination, account.user_id, admin=True)
    moved = await manager.bulk_reassign_session([route.pair], account.name)
    assert moved, moved
    assert moved.moved == (route.pair,)
    await world.post(route, "read by the other account")
    await world.arrives(route, "read by the other account")

    async def left() -> bool:
        found = await manager.get_session_status(other.name)
        return bool(found and found.pairs == 0)

    await world.until(left, "the pair to change hands")
    deleted = await manager.delete_session(other.name)
    assert deleted
    assert deleted.logged_out
