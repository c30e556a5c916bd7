"""/addbot, /bots, /testbot, /updatebottoken and /removebot, typed to the bot."""

from __future__ import annotations

from pairs.models import Pair
from project.core.operators import Role
from sessions.models import AccountSecret, SenderBot
from tests.acceptance.rig import World


async def test_a_sender_bot_from_its_token_to_its_end(world: World) -> None:
    username = world.fresh("courier") + "_bot"
    async with world.control() as control:
        made = await control.telegram.create_bot("Courier", username=username)
        chat = await control.telegram.create_channel("Copies", username=world.fresh("copies"), admins=[made.user_id])
    operator = await world.operator(Role.OPERATOR)
    await operator.says(f"/addbot {world.processes.env['ADMIN_BOT_TOKEN']}")
    await operator.sees("This is the admin bot")
    await operator.says("/addbot")
    await operator.sees("Send the token")
    await operator.says(made.token)
    await operator.sees(f"@{username} is ready")
    await operator.says("/bots")
    assert f"🟢 @{username} · active · 0 pairs" in (await operator.sees("Sender bots")).text
    await operator.says(f"/testbot @{username} {chat}")
    await operator.sees("may post in Copies")
    await operator.says(f"/updatebottoken @{username} 777777:{'A' * 35}")
    await operator.sees("is the token of bot 777777")
    await operator.says(f"/updatebottoken 777777:{'A' * 35}")
    assert "A" * 35 not in (await operator.sees("There is no sender bot 777777")).text
    await operator.says(f"/updatebottoken @{username} {made.token}")
    await operator.sees("is ready")
    assert not any("A" * 35 in text for text in await operator.own_messages())
    assert not any(made.token in text for text in await operator.own_messages())
    assert made.token not in "".join(map(world.processes.log, ("bot", "node", "control")))

    sender = await world.orm(SenderBot.objects.get, bot_id=made.user_id)
    pair = await world.orm(
        lambda: Pair.objects.create(source_chat=4, discord_channel=5, destination_chat=6, sender=sender)
    )
    await operator.says(f"/removebot @{username}")
    await operator.sees(f"posts for the pairs {pair.pk}")
    await world.orm(pair.delete)
    await operator.says(f"/removebot @{username}")
    await operator.press("Remove")
    await operator.sees("was removed")
    assert not await world.orm(AccountSecret.objects.filter(account=sender.account).exists)
    async with world.control() as control:
        calls = (await control.telegram.counters()).calls
    assert calls[str(made.user_id)]["auth.logOut"] == 1
    await operator.says("/bots")
    assert username not in (await operator.sees("Sender bots")).text
