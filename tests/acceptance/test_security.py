"""Rows 5 and 6 of the security checklist over the running bot, and a bot that dies."""

from __future__ import annotations

import os
import signal

import pytest

from project.core.models import AuditEvent
from project.core.operators import Role
from project.sandbox.botapi.views import Forward
from tests.acceptance.rig import LIMIT, World


def ignored(user_id: int) -> set[str]:
    rows = AuditEvent.objects.filter(action="bot.ignored")
    return {row.reason for row in rows if user_id in row.after["users"]}


@pytest.mark.sentence("S-16", "S-76")
async def test_only_operators_in_their_private_chat_are_heard(world: World) -> None:
    operator = await world.operator()
    await operator.says("/whoami")
    await operator.sees("operator")
    async with world.control() as control:
        group = await control.telegram.create_channel(
            world.fresh("group"), megagroup=True, members=[operator.user_id], admins=[operator.user_id, world.bot]
        )
        before = len(await operator.chat())
        bot, user = world.bot, operator.user_id
        await control.bots.type(user, bot, "/whoami", chat_id=group)
        await control.bots.type(user, bot, "/whoami", chat_id=group, anonymous=True)
        await control.bots.type(user, bot, "/whoami", forwarded_from=Forward(user_id=user))
        await control.bots.type(user, bot, "/whoami")
        await control.bots.type(user, bot, "/cancel", edited=True)
        messages = await control.telegram.messages(group)
    expected = {"operator outside the private chat", "forwarded command", "edited message"}
    await world.until_row(lambda: expected <= ignored(user), "the audit rows")
    assert await world.orm(lambda: "not a person's message" in ignored(0))
    assert len(await operator.chat()) == before + 1  # the one command that was typed
    assert [one.text for one in messages if one.author_id == bot] == []


async def test_a_hundred_commands_get_twenty_answers_and_one_word(world: World) -> None:
    viewer = await world.operator(Role.VIEWER)
    async with world.control() as control:
        for _ in range(100):
            await control.bots.type(viewer.user_id, world.bot, "/whoami")

    async def texts() -> list[str]:
        return [one.text for one in await viewer.chat()]

    async def told() -> bool:
        found = await texts()
        return any("Slow down" in text for text in found) and sum("viewer" in text for text in found) >= 20

    await world.until(told, "the answers")
    assert sum("Slow down" in text for text in await texts()) == 1


@pytest.mark.sentence("S-98")
async def test_a_killed_bot_comes_back_and_goes_on_with_its_dialogue(world: World) -> None:
    operator = await world.operator()
    await operator.says("/addbot")
    await operator.sees("token")
    workers = world.processes.pid("node")
    os.kill(world.processes.pid("bot"), signal.SIGKILL)
    await operator.says("this is no token")
    await operator.sees("token", limit=1.5 * LIMIT)
    assert "this is no token" not in await operator.own_messages()
    assert world.processes.pid("node") == workers
