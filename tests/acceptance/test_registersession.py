"""/registersession, /editsession, /disablesession and /enablesession, typed to the bot."""

from __future__ import annotations

import pytest

from project.core.models import AuditEvent
from project.core.operators import Role
from sessions.models import TelegramSession
from tests.acceptance.rig import World


@pytest.mark.sentence("S-04", "S-18", "S-19", "S-21", "S-22", "S-23", "S-24", "S-70", "S-80", "S-90", "S-91")
async def test_a_session_is_registered_as_the_specification_writes_it(world: World) -> None:
    operator = await world.operator(Role.OPERATOR)
    await operator.says("/registersession user1_main +1234567890 3 25")
    shown = await operator.sees("is registered: priority 3, up to 25 pairs")
    assert "+1234567890" not in shown.text
    row = await world.orm(TelegramSession.objects.get, name="user1_main")
    assert (row.priority, row.max_pairs, row.lifecycle, row.health) == (3, 25, "registered", "unknown")
    assert b"1234567890" not in bytes(row.phone_sealed)
    actors = await world.orm(lambda: list(AuditEvent.objects.filter(target=row.account).values_list("actor", "action")))
    assert (f"bot:{operator.user_id}", "session.register") in actors

    name = world.fresh("plain")
    await operator.says(f"/registersession {name} {world.fresh_phone()}")
    await operator.sees("priority 1, up to 30 pairs")
    viewer = await world.operator(Role.VIEWER)
    await viewer.says("/registersession mine +1234567891")
    await viewer.sees("needs operator")


@pytest.mark.sentence("S-20", "S-21", "S-22", "S-23", "S-81", "S-91", "S-93")
async def test_everything_wrong_with_a_registration_is_told_at_once(world: World) -> None:
    operator = await world.operator(Role.OPERATOR)
    phone, name = world.fresh_phone(), world.fresh("taken")
    await operator.says(f"/registersession {name} {phone}")
    await operator.sees("is registered")
    await operator.says(f"/registersession {name.upper()} {phone} 11 0")
    shown = await operator.sees("several things are wrong")
    for problem in ("from 1 to 10", "from 1 to 50", f"named {name.upper()} exists already", f"{name} has this phone"):
        assert problem in shown.text
    assert f"/registersession {name.upper()}_2 {phone}\n" in f"{shown.text}\n"
    await operator.says("/registersession ../x +1;DROP")
    shown = await operator.sees("1 to 32 letters, digits and underscores")
    assert "+ and 7 to 15 digits" in shown.text
    assert "<session_name> <phone_number> [priority] [max_pairs]" in shown.text


@pytest.mark.sentence("S-05", "S-82", "S-83", "S-95")
async def test_a_session_is_changed_stopped_and_goes_on_where_it_was(world: World) -> None:
    session = await world.session("edited")
    route = await world.pair(session)
    operator = await world.operator(Role.OPERATOR)
    await operator.says(f'/editsession {session.name} priority=7 max_pairs=99 meta.team="night shift" colour=red')
    shown = await operator.sees("several things are wrong")
    assert f'/editsession {session.name} priority=7 max_pairs=50 meta.team="night shift"' in shown.text
    await operator.says(f'/editsession {session.name} priority=7 max_pairs=40 meta.team="night shift"')
    await operator.sees("priority 7, up to 40 pairs")
    row = await world.orm(TelegramSession.objects.get, name=session.name)
    assert (row.priority, row.max_pairs, row.metadata) == (7, 40, {"team": "night shift"})
    await operator.says(f"/editsession {session.name} meta.team=")
    await operator.sees("was changed")
    assert (await world.orm(TelegramSession.objects.get, name=session.name)).metadata == {}

    await operator.says(f"/editsession {session.name} proxy=socks5://user:hunter2@127.0.0.1:1")
    await operator.sees("held a secret and was deleted")
    assert not any("hunter2" in text for text in await operator.own_messages())
    await operator.says(f"/editsession {session.name} proxy=")
    await operator.sees("connects anew")

    await operator.says(f"/disablesession {session.name} holidays")
    await operator.sees("is disabled")

    async def closed() -> bool:
        lines = [line for line in world.processes.log("node").splitlines() if f'"{row.account}"' in line]
        states = [line for line in lines if "account connected" in line or "account disconnected" in line]
        return bool(states) and "disconnected" in states[-1]

    await world.until(closed, "the end of its connection")
    await world.post(route, "while it was disabled")
    await operator.press("Enable")
    await operator.sees("is enabled")
    await world.arrives(route, "while it was disabled")
    assert await world.at_destination(route) == ["while it was disabled"]
    assert "hunter2" not in "".join(map(world.processes.log, ("bot", "node", "control")))
