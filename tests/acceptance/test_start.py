"""`/start`, `/help`, the command menu and `/cancel`, typed to the running bot."""

from __future__ import annotations

from project.core.operators import Role
from tests.acceptance.rig import World

STEPS = ("Credentials", "Discord bot may read", "First session", "Sender bot", "pair")


async def test_start_is_a_living_checklist_with_one_next_step(world: World) -> None:
    owner = await world.operator(Role.OWNER)
    await owner.says("/start")
    shown = await owner.sees("Getting started")
    places = [shown.text.lower().index(step.lower()) for step in STEPS]
    assert places == sorted(places)
    assert sum(len(row) for row in shown.buttons) == 1
    if "👉" in shown.text:  # another test may have set everything up
        done = shown.text.count("✅")
        await world.session()
        await owner.says("/start")
        assert (await owner.sees("Getting started")).text.count("✅") >= max(3, done)


async def test_help_and_menu_show_what_the_role_may_run(world: World) -> None:
    viewer, operator = await world.operator(Role.VIEWER), await world.operator()
    await viewer.says("/help")
    shown = await viewer.sees("What you can do")
    assert "/sessionstatus" in shown.text
    assert "/registersession" not in shown.text
    await viewer.says("/help registersession")
    await viewer.sees("no command /registersession for you")
    await viewer.says("/registersession a +1234567890")
    await viewer.sees("needs operator")
    await operator.says("/help registersession")
    page = await operator.sees("Usage: /registersession <session_name> <phone_number> [priority] [max_pairs]")
    assert "user1_main +1234567890" in page.text
    await operator.press("What can I do")
    changed = await operator.sees("What you can do")
    assert changed.id == page.id
    await operator.says("/registersesion")
    await operator.sees("Did you mean /registersession")
    async with world.control() as control:
        menus = [
            {one.command for one in await control.bots.menu(world.bot, person.user_id)} for person in (viewer, operator)
        ]
    assert "registersession" not in menus[0]
    assert {"registersession", "sessionstatus", "help"} <= menus[1]


async def test_cancel_ends_a_dialogue(world: World) -> None:
    operator = await world.operator()
    await operator.says("/addbot")
    await operator.sees("token")
    await operator.says("/cancel")
    await operator.sees("not waiting for an answer")
    await operator.says("12345:not-a-token")
    await operator.sees("I know commands")
    await operator.says("/cancel")
    await operator.sees("nothing to cancel")
