"""/changesession: pairs change their session under traffic, after a question, and go back by [Undo]."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pairs.models import Assignment, Pair
from pairs.services.statuses import pause, resume
from project.core.models import AuditEvent
from project.core.operators import Role
from sessions.services.registering import register_session
from tests.acceptance.rig import ACTOR, Route, World


@asynccontextmanager
async def traffic(world: World, routes: list[Route]) -> AsyncIterator[list[str]]:
    """The same texts keep coming in every source."""
    texts: list[str] = []

    async def post() -> None:
        while True:
            text = f"message {len(texts)}"
            await asyncio.gather(*(world.post(route, text) for route in routes))
            texts.append(text)
            await asyncio.sleep(0.7)  # Discord takes one post a second and webhook, in the long run

    posting = asyncio.create_task(post())
    try:
        yield texts
    finally:
        posting.cancel()
        await asyncio.wait([posting])


@pytest.mark.sentence("S-09", "S-11", "S-33", "S-34", "S-35", "S-36", "S-37", "S-38", "S-105")
async def test_pairs_move_under_traffic_and_back(world: World) -> None:
    one, two = await world.session("mover"), await world.session("taker")
    routes = [await world.pair(one, members=(two,)) for _ in range(3)]
    ids = [route.pair for route in routes]
    busy, paused = routes[:2], routes[2]
    await world.orm(pause, [paused.pair], actor=ACTOR, reason="quiet hours")
    operator = await world.operator()

    async with traffic(world, busy) as texts:
        await world.arrives(busy[1], "message 2")
        await operator.says(f"/changesession {two.name} {ids[0]}-{ids[2]}")
        preview = await operator.sees(f"Move 3 pairs to {two.name}?")
        assert "will stay paused" in preview.text
        assert "can no longer be edited" in preview.text
        assert await world.orm(owners, ids) == {one.name}, "nothing is changed before the answer"
        await operator.press("Move")
        await operator.sees("3 of 3 pairs changed hands")
        assert await world.orm(owners, ids) == {two.name}
        moved_at = len(texts)
        await world.arrives(busy[0], f"message {moved_at + 1}")
        await operator.press("Undo")
        await operator.sees("Take the moves back?")
        await operator.press("Take back")
        await operator.sees("3 of 3 pairs changed hands")
        assert await world.orm(owners, ids) == {one.name}

    for route in busy:
        await world.arrives(route, texts[-1])
        arrived = await world.at_destination(route)
        assert arrived[: len(texts)] == texts, "lost, doubled or out of order"
    await world.post(paused, "while paused")
    assert await world.orm(lambda: Pair.objects.get(pk=paused.pair).status) == "paused"

    await operator.says(f"/changesession {two.name} {ids[2]}, {ids[0]},{ids[0]}")
    await operator.sees(f"Move 2 pairs to {two.name}?")
    await operator.says(f"/changesession {two.name} all_from:{one.name}")
    await operator.sees("Move 3 pairs")
    await operator.press("Move")
    await operator.sees("3 of 3 pairs changed hands")
    await world.orm(resume, [paused.pair], actor=ACTOR)
    await world.arrives(paused, "while paused")
    assert await world.orm(audited, paused.pair) == [(one.name, two.name), (two.name, one.name), (one.name, two.name)]


@pytest.mark.sentence("S-10", "S-33", "S-96", "S-107", "S-108", "S-110")
async def test_what_cannot_move_is_told_before_anything_changes(world: World) -> None:
    one, two = await world.session("stays"), await world.session("narrow", max_pairs=1)
    shared, private, third = [await world.pair(one, members=members) for members in ((two,), (), (two,))]
    ids = [shared.pair, private.pair, third.pair]
    operator = await world.operator()

    await operator.says(f"/changesession {two.name}")
    assert "/changesession" in (await operator.sees("Name the pairs")).text
    await operator.says(f"/changesession nobody_here x,{ids[0]},9-7")
    told = (await operator.sees("Several things are wrong")).text
    for text in ("no session named nobody_here", "x: that is no pair id", "9-7: the range is the wrong way round"):
        assert text in told
    await operator.says(f"/changesession {two.name} {ids[0]},999999-99999999")
    told = (await operator.sees("There is no pair 999999-99999999")).text
    assert f"/changesession {two.name} {ids[0]}" in told

    unused = world.fresh("unused")
    await world.orm(register_session, actor=ACTOR, name=unused, phone=world.fresh_phone())
    await operator.says(f"/changesession {unused} {ids[0]}")
    await operator.sees(f"{unused} is not logged in yet, so it can take no pairs")

    await operator.says(f"/changesession {two.name} {','.join(map(str, ids))}")
    told = (await operator.sees("cannot move")).text
    assert f"pair {private.pair}: {two.name} is" in told
    assert f"pair {third.pair}: {two.name} has no seat left" in told
    assert await world.orm(owners, ids) == {one.name}
    await operator.press("Move only 1")
    await operator.sees("1 of 1 pair changed hands")
    assert await world.orm(owners, ids[:1]) == {two.name}
    assert await world.orm(owners, ids[1:]) == {one.name}
    await world.post(shared, "after the move")
    await world.arrives(shared, "after the move")

    viewer = await world.operator(Role.VIEWER)
    await viewer.says(f"/changesession {one.name} {ids[0]}")
    await viewer.sees("Your role is viewer")


def owners(pairs: list[int]) -> set[str]:
    return set(Assignment.objects.filter(pair__in=pairs).values_list("session__name", flat=True))


def audited(pair: int) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(action="pair.session", target=f"pair.{pair}").order_by("pk")
    return [(str(event.before["session"]), str(event.after["session"])) for event in events]  # type: ignore[index]
