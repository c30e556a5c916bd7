"""Pairs by the bot: added step by step and in one line, watched, tested, paused, changed, imported, traced, removed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pairs.models import Pair
from pairs.services.exports import export_pairs
from project.core.operators import Role
from project.core.secret import Secret
from project.sandbox.botapi.views import Forward
from sessions.models import SenderBot
from sessions.services.senders import add_sender
from tests.acceptance.rig import Account, Route, Talker, World

_accounts: dict[int, Account] = {}


async def reader(world: World) -> Account:
    """One logged-in session for all tests of a process; it posts itself."""
    key = id(world.processes)
    if key not in _accounts:
        _accounts[key] = await world.session("pairs")
    return _accounts[key]


@dataclass(frozen=True)
class Chats:
    """A source, a destination and a channel that no pair has yet."""

    source: int
    destination: int
    channel: int
    webhook: str


async def chats(world: World, account: Account) -> Chats:
    async with world.control() as control:
        user = account.user_id
        source = await control.telegram.create_channel(world.fresh("source"), members=[user])
        destination = await control.telegram.create_channel(world.fresh("copy"), members=[user], admins=[user])
        channel = await control.discord.create_channel(world.processes.guild, world.fresh("channel"))
        webhook = await control.discord.create_webhook(channel, "relay")
    return Chats(source, destination, channel, webhook)


async def sender_bot(world: World, destination: int) -> str:
    """A sender bot that may post there; its username."""
    name = world.fresh("copy").replace("copy", "copier") + "_bot"
    async with world.control() as control:
        made = await control.telegram.create_bot(name, username=name)
        await control.telegram.join(destination, made.user_id, admin=True)
    await world.orm(add_sender, actor="acceptance", token=Secret(made.token))
    await world.until_row(lambda: SenderBot.objects.filter(username=name, state="active").exists(), "the sender bot")
    return name


async def newest(world: World, source: int) -> Route:
    pair = await world.orm(lambda: Pair.objects.get(source_chat=source))
    return Route(pair.pk, source, pair.discord_channel, pair.destination_chat)


async def forwards(world: World, operator: Talker, chat: int, message: int) -> None:
    await operator._remember()
    async with world.control() as control:
        await control.bots.type(
            operator.user_id, world.bot, "", forwarded_from=Forward(chat_id=chat, message_id=message)
        )


@pytest.mark.sentence("S-13")
async def test_a_pair_is_added_step_by_step_listed_and_tested(world: World) -> None:
    account = await reader(world)
    made = await chats(world, account)
    operator = await world.operator()
    await operator.says("/addpair")
    await operator.sees("step 1 of 4")
    async with world.control() as control:
        first = await control.telegram.post(made.source, "an old post")
    await forwards(world, operator, made.source, first)
    assert account.name in (await operator.sees("step 2 of 4")).text
    await operator.says("t.me/+AbCdEf")
    await operator.sees("An invite link names no chat")
    for _ in range(2):  # each wrong answer is answered
        await operator.says("@nobody_has_this_name")
        await operator.sees("nobody_has_this_name")
    await operator.says(f"-100{made.destination}")
    await operator.sees("step 3 of 4")
    await operator.press("itself")
    await operator.sees("step 4 of 4")
    for _ in range(2):
        await operator.says("no channel at all")
        await operator.sees("is no channel")
    await operator.says(made.webhook)
    await operator.sees("It relays from now on")
    assert not [text for text in await operator.own_messages() if "/webhooks/" in text], "a secret was left standing"

    route = await newest(world, made.source)
    await world.post(route, "hello from the bot")
    await world.arrives(route, "hello from the bot")
    assert "an old post" not in await world.at_destination(route)

    await operator.says(f"/pairs {made.source}")
    shown = await operator.sees(f"#{route.pair}")
    assert "🟢 active" in shown.text
    await operator.press(f"🟢 {route.pair}")
    await operator.sees(f"Pair #{route.pair}")
    await operator.press("Test")
    tested = await operator.sees("as it should be")
    for what in ("source", "webhook", "look-back", "destination"):
        assert what in tested.text.lower(), what
    await operator.says("/pairs nothing_like_this")
    await operator.sees("No pair matches")


async def test_pausing_changing_and_removing(world: World) -> None:
    account = await reader(world)
    made = await chats(world, account)
    operator = await world.operator()
    await operator.says(f"/addpair -100{made.source} {made.webhook} -100{made.destination} session={account.name}")
    await operator.sees("It relays from now on")
    route = await newest(world, made.source)
    await operator.says(f"/pausepair {route.pair} 2h maintenance")
    shown = await operator.sees("Paused")
    assert "Paused for 2 h" in shown.text
    await operator.says(f"/pairs #{route.pair}")
    assert "paused, goes on in 1 h 59 min: maintenance" in (await operator.sees(f"Pair #{route.pair}")).text
    await world.post(route, "while paused")
    await operator.says("/pausepair 3 soon x")
    await operator.says(f"/resumepair {route.pair}")
    await operator.sees("Going on")
    await world.arrives(route, "while paused")

    other = await chats(world, account)
    await operator.says(f"/editpair {route.pair} destination=-100{other.destination}")
    changed = await operator.sees("has changed")
    assert "former destination" in changed.text
    moved = Route(route.pair, route.source, route.channel, other.destination)
    await world.post(moved, "to the new place")
    await world.arrives(moved, "to the new place")
    assert "to the new place" not in await world.at_destination(route)
    bot = await sender_bot(world, other.destination)
    await operator.says(f"/editpair {route.pair} sender=@{bot}")
    assert f"the session → @{bot}" in (await operator.sees("has changed")).text
    await world.post(moved, "by the bot")
    await world.arrives(moved, "by the bot")
    await operator.says(f"/pausepair {route.pair} 1s")
    await operator.sees("Paused")
    await world.until_row(
        lambda: Pair.objects.filter(pk=route.pair, status="active").exists(), "the end of the pause by itself"
    )
    await operator.says(f"/editpair {route.pair} protected=reupload")
    await operator.sees("Only an owner")

    viewer = await world.operator(Role.VIEWER)
    await viewer.says(f"/removepair {route.pair}")
    await viewer.sees("needs operator")
    await operator.says(f"/removepair {route.pair}")
    await operator.sees("Nothing is queued")
    await operator.press("Remove")
    await operator.sees("Removed")
    await world.post(moved, "after the end")
    await operator.says(f"/pairs #{route.pair}")
    await operator.sees("There is no pair")
    assert "after the end" not in await world.at_destination(moved)


@pytest.mark.sentence("S-110")
async def test_everything_that_is_wrong_is_said_at_once(world: World) -> None:
    operator = await world.operator()
    await operator.says("/addpair @x -5 colour=red")
    shown = await operator.sees("Several things are wrong")
    for piece in (
        "Missing: destination",
        "'@x' names no chat",
        "'-5' is no channel's id",
        "'colour'",
        "Usage:",
    ):
        assert piece in shown.text, piece
    await operator.says("/removepair 999999")
    await operator.sees("There is no pair 999999")
    await operator.says("/pausepair 10-1 2h moving house")
    assert "/pausepair 1-10 2h moving house" in (await operator.sees("wrong way round")).text
    await operator.says("/testpair")
    await operator.sees("/testpair 3")


async def test_a_message_is_traced_sent_again_and_deleted(world: World) -> None:
    account = await reader(world)
    route = await world.pair(account)
    operator = await world.operator()
    message = await world.post(route, "trace me")
    await world.arrives(route, "trace me")
    await forwards(world, operator, route.source, message)
    shown = await operator.sees("Posted, taken")
    assert shown.text.count("✅ sent") == 2
    await operator.press("Resend")
    await operator.sees("It will appear again")
    await operator.press("Send again")
    await operator.sees("goes out once more")

    async def stand(times: int) -> bool:
        return (await world.at_destination(route)).count("trace me") == times

    await world.until(lambda: stand(2), "the second copy")
    await operator.says(f"what of https://t.me/c/{route.source}/{message} ?")
    await operator.sees("Posted, taken")
    await operator.press("Delete downstream")
    await operator.sees("the message itself stays")
    await operator.press("Delete copies")
    await operator.sees("being deleted")
    await world.until(lambda: stand(1), "the newest copy to go")
    await operator.press("Pause pair")
    await operator.sees("⏸ paused")
    missed = await world.post(route, "not taken")
    await operator.says(f"https://t.me/c/{route.source}/{missed}")
    assert "The pair is paused" in (await operator.sees("Not forwarded")).text
    await operator.says("https://t.me/c/4242/1")
    await operator.sees("No pair reads that chat")


async def test_pairs_come_from_a_file(world: World) -> None:
    account = await reader(world)
    known, fresh = await world.pair(account), await chats(world, account)
    operator = await world.operator()
    await operator.says("/importpairs")
    await operator.sees("Send the file")
    bad = "source,discord,destination\n@news,12,\n,123456789,@copy_chat\n"
    await operator.sends_file("pairs.csv", bad.encode())
    shown = await operator.sees("Several things are wrong")
    assert "Line 2: destination is missing" in shown.text
    assert "Line 3: source is missing" in shown.text
    assert (await world.orm(export_pairs, with_secrets=False)) != ()
    lines = [
        "source;discord;webhook;destination;session",
        f"-100{known.source};{known.channel};;-100{known.destination};{account.name}",
        f"-100{fresh.source};;{fresh.webhook};-100{fresh.destination};",
        f"-100{fresh.source};{known.channel};;-100{known.destination};nobody_here",
    ]
    await operator.sends_file("pairs.csv", "\n".join(lines).encode())
    shown = await operator.sees("This file against")
    assert "1 new, 1 changed, 0 unchanged, 1 conflicting" in shown.text
    assert "the bot posts" in shown.text
    assert fresh.webhook not in shown.text
    await operator.press("Import 2")
    done = await operator.sees("lines are carried out")
    assert "2 of 2" in done.text, done.text
    route = await newest(world, fresh.source)
    await world.post(route, "imported")
    await world.arrives(route, "imported")
    await world.post(known, "by the bot now")
    await world.arrives(known, "by the bot now")
