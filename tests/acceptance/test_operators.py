"""`/operators`, `/audit` and `/console`, typed to the running bot."""

from __future__ import annotations

import pytest

from project.core.operators import Role
from tests.acceptance.rig import World


@pytest.mark.sentence("S-16", "S-76", "S-88")
async def test_the_whitelist_decides_who_is_heard(world: World) -> None:
    owner, person = await world.operator(Role.OWNER), await world.stranger()
    await person.says("/whoami")
    await owner.says(f"/operators add {person.user_id} operator Grace Hopper")
    await owner.sees("is operator now")
    await person.sees_nothing_new()
    await person.says("/addbot")
    asked = await person.sees("token")
    await owner.says(f"/operators remove {person.user_id}")
    await owner.sees("Remove")
    await owner.press("Remove")
    await owner.sees("no operator any more")
    async with world.control() as control:
        discarded = await control.telegram.create_bot("sender", username=world.fresh("sender") + "_bot")
    await person.says(discarded.token)  # in the midst of a dialogue
    await person.says("/whoami")
    await owner.says("/whoami")
    await owner.sees("owner")
    assert [one.text for one in await person.chat()] == [asked.text]
    await owner.says("/bots")
    assert str(discarded.user_id) not in (await owner.sees("bot")).text


async def test_whom_the_bot_cannot_write_to_is_listed(world: World) -> None:
    owner, gone = await world.operator(Role.OWNER), await world.operator(Role.VIEWER)
    await gone.says("/whoami")
    await gone.sees("viewer")
    async with world.control() as control:
        await control.bots.block(gone.user_id, world.bot)

    async def listed() -> bool:
        await owner.says("/operators")
        text = (await owner.sees("Operators")).text
        line = text.partition(str(gone.user_id))[2].partition("\n")[2]
        return line.strip().startswith("⚠️ I cannot write to them: blocked the bot")

    await world.until(listed, "the operator who blocked the bot")
    async with world.control() as control:
        await control.bots.unblock(gone.user_id, world.bot)
    await gone.says("/whoami")
    await gone.sees("viewer")
    assert not await listed()


@pytest.mark.sentence("S-17", "S-78", "S-88", "S-89")
async def test_the_audit_trail_tells_who_did_what(world: World) -> None:
    owner = await world.operator(Role.OWNER)
    for number in range(1, 12):
        await owner.says(f"/operators add {9_000_000 + owner.user_id * 100 + number} viewer")
        await owner.sees("is viewer now")
    await owner.says(f"/audit operator.add bot:{owner.user_id}")
    first = await owner.sees("Audit trail")
    assert first.text.count("operator.add") >= 10
    assert f"bot:{owner.user_id}" in first.text
    assert "role: viewer" in first.text
    await owner.press("Older")
    second = await owner.sees("operator.add")
    assert second.id == first.id
    assert second.text != first.text
    await owner.press("Newest")
    await owner.sees("Audit trail")
    await owner.says("/audit nobody.did.this")
    await owner.sees("Nothing found")


async def test_console_gives_a_link_for_this_operator(world: World) -> None:
    viewer = await world.operator(Role.VIEWER)
    await viewer.says("/console")
    shown = await viewer.sees("works once")
    assert world.processes.config.public_url in shown.text
