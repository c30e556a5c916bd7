"""A login that Telegram ended: it is never connected again, and a new one goes on where it stopped."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from project.core.errors import AccountDead
from project.sandbox.faults import FaultRule
from tests.integration.failures.rig import FailureRig, failing


def end(rig: FailureRig, error: str) -> None:
    """Ends the session's login: by a second connection somewhere, or from another device."""
    if error == "AUTH_KEY_DUPLICATED":
        rig.world.faults.add(FaultRule("*", code=406, error=error, count=99, account=str(rig.user)))
        rig.world.cut(rig.user)
    else:
        rig.world.revoke(rig.user, error=error)


@pytest.mark.parametrize("error", ["AUTH_KEY_DUPLICATED", "AUTH_KEY_UNREGISTERED", "SESSION_REVOKED"])
async def test_a_dead_login_stays_away_and_a_new_one_goes_on_at_the_cursor(error: str, pg: asyncpg.Connection) -> None:
    async with failing(pg) as rig:
        rig.world.post(rig.source, "before")
        await rig.once(["before"])
        dead, running = rig._accounts[rig.session], rig._runs[0]
        end(rig, error)
        with pytest.raises(AccountDead):
            await asyncio.wait_for(running, 15)
        rig.world.post(rig.source, "meanwhile")
        asked = rig.world.counters().calls
        with pytest.raises(AccountDead) as caught:
            await dead.connect()
        assert caught.value.code == error
        assert rig.world.counters().calls == asked
        assert (rig.said(), rig.at_destination()) == (["before"], ["before"])

        rig.world.faults.clear()
        del rig._states[rig.session]
        await rig.crash()
        await rig.start()  # with a login by code
        await rig.once(["before", "meanwhile"])
