"""/deletesession, /whatif and /optimalsession, with sessions and pairs at work behind them."""

from __future__ import annotations

import pytest

from pairs.models import Assignment, Pair
from project.core.models import AuditEvent
from project.core.operators import Role
from sessions.domain.changes import SessionChanges
from sessions.models import AccountSecret, TelegramSession
from sessions.services.editing import edit_session
from tests.acceptance.rig import ACTOR, World


@pytest.mark.sentence("S-04", "S-42", "S-43", "S-44", "S-45", "S-46", "S-56", "S-87", "S-106")
async def test_a_session_goes_and_its_pairs_stay(world: World) -> None:
    old, heir = await world.session("old"), await world.session("heir", max_pairs=1)
    shared, private = await world.pair(old, members=(heir,)), await world.pair(old)
    row = await world.orm(lambda: TelegramSession.objects.get(name=old.name))
    operator = await world.operator(Role.OWNER)

    await operator.says(f"/whatif {old.name}")
    foreseen = (await operator.sees(f"If {old.name} died now")).text
    assert f"pair {shared.pair} → {heir.name}" in foreseen
    assert f"pair {private.pair}: " in foreseen

    await operator.says(f"/deletesession {old.name}")
    refused = (await operator.sees("still carries")).text
    assert f"/deletesession {old.name} force" in refused
    assert str(private.pair) in refused
    await operator.says(f"/deletesession {old.name} force")
    preview = (await operator.sees(f"Delete session {old.name}?")).text
    assert f"pair {shared.pair}: {old.name} → {heir.name}" in preview
    assert "parked" in preview
    await operator.press(f"Delete {old.name}")
    done = (await operator.sees(f"Session {old.name} is deleted")).text
    assert "Telegram has ended its login" in done
    assert f"pair {private.pair}" in done

    await world.orm(row.refresh_from_db)
    assert (row.lifecycle, row.health) == ("deleted", "deleted")
    assert await world.orm(secrets_of, row.account) == 0
    assert await world.orm(owner_of, shared.pair) == heir.name
    assert await world.orm(owner_of, private.pair) is None
    assert await world.orm(lambda: Pair.objects.get(pk=private.pair).status) == "parked"
    await world.post(shared, "with the heir")
    await world.arrives(shared, "with the heir")
    audited = AuditEvent.objects.filter(action="session.delete", target=row.account)
    assert await world.orm(audited.count) == 1
    await operator.says(f"/deletesession {old.name}")
    await operator.sees(f"no session named {old.name}")

    await world.post(private, "while parked")
    async with world.control() as control:
        await control.telegram.join(private.source, heir.user_id)
        await control.telegram.join(private.destination, heir.user_id, admin=True)
    await world.orm(edit_max_pairs, heir.name)
    await world.arrives(private, "while parked")
    assert await world.orm(owner_of, private.pair) == heir.name


@pytest.mark.sentence("S-47", "S-48", "S-83")
async def test_the_best_session_and_why_not_the_others(world: World) -> None:
    best, next_best = await world.session("best", priority=10, max_pairs=1), await world.session("next", priority=9)
    viewer = await world.operator(Role.VIEWER)
    await viewer.says("/optimalsession")
    shown = (await viewer.sees(f"Best: {best.name}")).text
    assert "priority 10, 0 of 1 pairs" in shown
    assert f"{next_best.name}: priority 9, 0/30 pairs" in shown
    await world.pair(best)
    await viewer.says("/optimalsession")
    shown = (await viewer.sees(f"Best: {next_best.name}")).text
    assert f"{best.name}: full: 1 of 1 pairs" in shown
    await world.orm(lambda: TelegramSession.objects.filter(priority__gte=9).update(priority=1))


def secrets_of(account: str) -> int:
    return AccountSecret.objects.filter(account=account).count()


def owner_of(pair: int) -> str | None:
    found = Assignment.objects.filter(pair=pair).values_list("session__name", flat=True).first()
    return None if found is None else str(found)


def edit_max_pairs(name: str) -> None:
    edit_session(actor=ACTOR, name=name, changes=SessionChanges(max_pairs=5))
