"""A session's key is killed while messages come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pairs.models import Assignment, Pair
from project.core.models import Notice
from project.core.operators import Role
from sessions.models import LoginAttempt, TelegramSession
from tests.acceptance.rig import LIMIT as RIGS_LIMIT
from tests.acceptance.rig import Account, Route, Talker, World

LIMIT = 2 * RIGS_LIMIT
pytestmark = pytest.mark.timeout(300)


@asynccontextmanager
async def posting(world: World, route: Route, *, every: float) -> AsyncIterator[list[str]]:
    """Somebody goes on posting to the source, below what Telegram lets one account post at the destination; what they
    have posted so far."""
    posted: list[str] = []

    async def post() -> None:
        while True:
            text = f"message {len(posted)}"
            await world.post(route, text)
            posted.append(text)
            await asyncio.sleep(every)

    task = asyncio.create_task(post())
    try:
        yield posted
    finally:
        task.cancel()
        await asyncio.wait({task})


async def listening(world: World, role: Role) -> Talker:
    """An operator to whom the bot may write: who has written to it."""
    operator = await world.operator(role)
    await operator.says("/whoami")
    await operator.sees(role)
    return operator


async def kill_key(world: World, session: Account, error: str = "SESSION_REVOKED") -> None:
    async with world.control() as control:
        await control.telegram.revoke(session.user_id, error=error)


async def expect_all_once(world: World, route: Route, posted: list[str]) -> None:
    await world.arrives(route, posted[-1], limit=LIMIT)
    arrived = [text for text in await world.at_destination(route) if text in set(posted)]
    assert arrived == posted


@pytest.mark.sentence("S-14", "S-53", "S-86", "S-87")
async def test_the_pairs_of_a_dead_session_go_on_elsewhere(world: World) -> None:
    session, backup = await world.session("dying"), await world.session("backup")
    route = await world.pair(session, members=(backup,))
    operator = await listening(world, Role.VIEWER)
    async with posting(world, route, every=0.7) as posted:
        await world.until(lambda: _any(posted), "something posted")
        await world.arrives(route, posted[0])
        await kill_key(world, session)
        taken = await operator.sees(f"{backup.name} takes pair {route.pair}.", limit=LIMIT)
        assert f"Session {session.name} is expired" in taken.text
        await world.until_row(lambda: _owner(route.pair) == backup.name, "the hand-over", limit=LIMIT)
        count = len(posted)
        await world.until(lambda: _any(posted[count + 1 :]), "more posts")
    await expect_all_once(world, route, list(posted))
    assert await world.orm(_status, route.pair) == "active"


@pytest.mark.sentence("S-58", "S-59", "S-104")
async def test_without_a_stand_in_they_are_disabled_told_once_and_go_on_after_a_new_login(world: World) -> None:
    session = await world.session("alone")
    route = await world.pair(session)
    operator = await listening(world, Role.OPERATOR)
    async with posting(world, route, every=2.0) as posted:
        await world.until(lambda: _any(posted), "something posted")
        await world.arrives(route, posted[0])
        await kill_key(world, session)
        told = await operator.sees(f"Session {session.name} is expired", limit=LIMIT)
        assert f"⛔ pair {route.pair} without a stand-in" in told.text
        await world.until_row(lambda: _status(route.pair) == "disabled", "the pair to be disabled", limit=LIMIT)
        count = len(posted)
        await world.until(lambda: _any(posted[count + 1 :]), "more posts")
        await operator.says(f"/authenticate {session.name}")
        await operator.sees("how do you want to log it in?")
        await operator.press("🔢 Code")
        await operator.sees("to the Telegram app of this account")
        async with world.control() as control:
            code = await control.telegram.login_code(session.phone)
        await operator.says("x".join(code))
        await world.until(
            lambda: world.orm(lambda: _status(route.pair) == "active"),
            "the pair to go on: {}",
            limit=LIMIT,
            tell=lambda: world.orm(_standing, session.name),
        )
    await expect_all_once(world, route, list(posted))
    # The bot may hold the second notice back for a minute, when other tests have just made it tell a lot.
    await world.until_row(lambda: len(_told(session.name)) > 1, "the notice of its recovery")
    assert await world.orm(_told, session.name) == ["critical", "info"]


async def _any(items: list[str]) -> bool:
    return bool(items)


def _owner(pair_id: int) -> str:
    return Assignment.objects.select_related("session").get(pair_id=pair_id).session.name


def _status(pair_id: int) -> str:
    return Pair.objects.get(pk=pair_id).status


def _told(name: str) -> list[str]:
    key = f"session.{TelegramSession.objects.get(name=name).pk}"
    return list(Notice.objects.filter(key=key).order_by("pk").values_list("severity", flat=True))


def _standing(name: str) -> str:
    """Where a login is that does not end."""
    session = TelegramSession.objects.get(name=name)
    attempts = LoginAttempt.objects.filter(account=session.account).order_by("pk").values_list("step", flat=True)
    return f"{session.lifecycle}, {session.health} ({session.health_reason}), logins {list(attempts)}"
