"""Posts, edits, deletes and what stands in a channel."""

from __future__ import annotations

import pytest

from project.core.errors import AccountDead, Refused, TargetGone
from project.core.secret import Secret
from project.discord.permissions import NEEDED
from project.discord.rest import DiscordRest, Post, Webhook
from project.discord.urls import parse_webhook_url
from tests.integration.discord.conftest import DELETE, EXECUTE, SEND, Place

PINGING = "@everyone @here <@1> <@&2>"


async def test_the_bot_sends_edits_and_deletes(place: Place) -> None:
    sent = await place.rest.send(place.channel, Post("one"))
    await place.rest.edit(place.channel, sent, Post("two"))
    (stored,) = place.standing()
    assert (stored.id, stored.content, stored.author_id) == (sent, "two", place.bot)
    await place.rest.delete(place.channel, sent)
    assert place.standing() == []


async def test_the_webhook_sends_edits_and_deletes(place: Place) -> None:
    sent = await place.rest.execute(place.hook, Post("one", username="Ada"))
    await place.rest.edit_executed(place.hook, sent, Post("two"))
    (stored,) = place.standing()
    assert (stored.id, stored.content, stored.author_name) == (sent, "two", "Ada")
    assert stored.webhook_id == place.hook.id
    await place.rest.delete_executed(place.hook, sent)
    assert place.standing() == []


async def test_a_webhook_posts_into_its_thread(place: Place) -> None:
    thread = place.world.create_thread(place.channel, "talk")
    hook = Webhook(place.hook.id, place.hook.token, thread)
    sent = await place.rest.execute(hook, Post("in the thread"))
    await place.rest.edit_executed(hook, sent, Post("edited there"))
    assert [message.content for message in place.world.messages(thread)] == ["edited there"]
    await place.rest.delete_executed(hook, sent)
    assert place.world.messages(thread)[0].deleted
    assert place.standing() == []


async def test_a_repeated_nonce_gives_the_same_id_and_one_message(place: Place) -> None:
    first = await place.rest.send(place.channel, Post("once", nonce="n" * 25))
    assert await place.rest.send(place.channel, Post("once", nonce="n" * 25)) == first
    assert len(place.standing()) == 1


async def test_a_repeat_after_a_deletion_says_so(place: Place) -> None:
    sent = await place.rest.send(place.channel, Post("once", nonce="n1"))
    place.world.delete(place.channel, [sent])
    with pytest.raises(Refused) as refusal:
        await place.rest.send(place.channel, Post("once", nonce="n1"))
    assert refusal.value.code == "10008"
    assert len(place.world.messages(place.channel)) == 1


async def test_deleting_what_is_gone_is_success_and_editing_it_is_not(place: Place) -> None:
    by_bot = await place.rest.send(place.channel, Post("a"))
    by_hook = await place.rest.execute(place.hook, Post("b"))
    place.world.delete(place.channel, [by_bot, by_hook])
    await place.rest.delete(place.channel, by_bot)
    await place.rest.delete_executed(place.hook, by_hook)
    with pytest.raises(Refused, match="does not exist"):
        await place.rest.edit(place.channel, by_bot, Post("c"))
    with pytest.raises(Refused, match="does not exist"):
        await place.rest.edit_executed(place.hook, by_hook, Post("c", had_files=False))


async def test_replies_and_a_reply_to_what_is_gone(place: Place) -> None:
    first = place.world.post(place.channel, place.person, "question")
    await place.rest.send(place.channel, Post("answer", reply_to=first))
    place.world.delete(place.channel, [first])
    await place.rest.send(place.channel, Post("late answer", reply_to=first))
    assert [message.reference for message in place.standing()] == [first, None]


async def test_nobody_is_ever_pinged(place: Place) -> None:
    first = place.world.post(place.channel, place.person, "question")
    text = f"{PINGING} <@{place.person}>"
    by_bot = await place.rest.send(place.channel, Post(text, reply_to=first))
    by_hook = await place.rest.execute(place.hook, Post(text))
    for had_files in (True, False):
        await place.rest.edit(place.channel, by_bot, Post(text + "!", had_files=had_files))
        await place.rest.edit_executed(place.hook, by_hook, Post(text + "!", had_files=had_files))
    ours = [message for message in place.standing() if message.id != first]
    assert [message.content for message in ours] == [text + "!"] * 2
    assert [message.pinged for message in ours] == [(), ()]
    assert [message.allowed_mentions for message in ours] == [{"parse": []}] * 2


async def test_recent_is_ascending_and_strictly_after(place: Place) -> None:
    ids = [place.world.post(place.channel, place.person, f"{i}") for i in range(230)]
    by_hook = await place.rest.execute(place.hook, Post("hook"))
    by_bot = await place.rest.send(place.channel, Post("bot", nonce="n7"))
    found = await place.rest.recent(place.channel, after_id=ids[4], limit=500)
    assert [item.id for item in found] == [*ids[5:], by_hook, by_bot]
    assert [item.id for item in await place.rest.recent(place.channel, after_id=ids[4], limit=120)] == ids[5:125]
    hook, bot = found[-2:]
    assert (hook.webhook_id, hook.author_id, hook.content) == (place.hook.id, place.hook.id, "hook")
    assert (bot.webhook_id, bot.author_id, bot.nonce) == (None, place.bot, "n7")
    assert await place.rest.recent(place.channel, after_id=by_bot) == []


async def test_what_is_set_up(place: Place) -> None:
    me = await place.rest.me()
    assert (me.id, me.name, me.application_id, me.reads_content) == (
        place.bot, "relay", place.application, True,
    )  # fmt: skip
    place.world.set_bot(place.bot, message_content=False)
    assert not (await place.rest.me()).reads_content
    channel = await place.rest.channel(place.channel)
    assert (channel.id, channel.name, channel.guild_id) == (place.channel, "general", place.guild)
    by_person = await place.rest.webhook(place.hook)
    assert (by_person.channel_id, by_person.guild_id, by_person.application_id) == (
        place.channel, place.guild, None,
    )  # fmt: skip
    made = await place.rest.create_webhook(place.channel, "Bridge")
    assert (await place.rest.webhook(made)).application_id == place.application


async def test_permissions(place: Place) -> None:
    place.world.set_permissions(place.channel, place.bot, ["view", "send", "history", "attach", "manage_webhooks"])
    assert await place.rest.permissions(place.channel) == set(NEEDED)
    place.world.set_permissions(place.channel, place.bot, ["view", "send"])
    missing = set(NEEDED) - await place.rest.permissions(place.channel)
    assert missing == {"Attach Files", "Read Message History", "Manage Webhooks"}
    thread = place.world.create_thread(place.channel, "talk")
    assert set(NEEDED) - await place.rest.permissions(thread) == missing


async def test_a_dead_webhook_is_called_once_and_never_again(place: Place) -> None:
    place.world.delete_webhook(place.hook.id)
    for _ in range(5):
        with pytest.raises(TargetGone) as gone:
            await place.rest.execute(place.hook, Post("x"))
        assert gone.value.code == "10015"
    with pytest.raises(TargetGone):
        await place.rest.edit_executed(place.hook, 1, Post("x"))
    with pytest.raises(TargetGone):
        await place.rest.delete_executed(place.hook, 1)
    assert place.calls(EXECUTE) == 1


async def test_a_wrong_webhook_token_stops_the_lane_and_not_the_bot(place: Place) -> None:
    wrong = parse_webhook_url(f"{place.world.api_url}/webhooks/{place.hook.id}/{'x' * 68}", api_url=place.world.api_url)
    with pytest.raises(TargetGone):
        await place.rest.execute(wrong, Post("x"))
    with pytest.raises(TargetGone):
        await place.rest.webhook(wrong)


async def test_errors_of_the_lane_of_the_message_and_of_the_account(place: Place) -> None:
    with pytest.raises(Refused) as empty:
        await place.rest.send(place.channel, Post(""))
    assert empty.value.code == "50006"
    with pytest.raises(Refused) as long:
        await place.rest.send(place.channel, Post("x" * 2001))
    assert long.value.code == "50035"
    theirs = place.world.post(place.channel, place.person, "theirs")
    with pytest.raises(Refused) as foreign:
        await place.rest.edit(place.channel, theirs, Post("mine now"))
    assert foreign.value.code == "50005"
    place.world.set_permissions(place.channel, place.bot, ["view"])
    with pytest.raises(TargetGone) as mute:
        await place.rest.send(place.channel, Post("x"))
    assert (mute.value.code, bool(mute.value.hint)) == ("50013", True)
    place.world.set_permissions(place.channel, place.bot, [])
    with pytest.raises(TargetGone) as blind:
        await place.rest.send(place.channel, Post("x"))
    assert blind.value.code == "50001"
    place.world.delete_channel(place.channel)
    with pytest.raises(TargetGone) as gone:
        await place.rest.send(place.channel, Post("x"))
    assert gone.value.code == "10003"
    stranger = DiscordRest(http=place.http, api_url=place.world.api_url, token=Secret("wrong"))
    with pytest.raises(AccountDead):
        await stranger.me()


async def test_deleting_others_messages_needs_a_right(place: Place) -> None:
    theirs = place.world.post(place.channel, place.person, "theirs")
    place.world.set_permissions(place.channel, place.bot, ["view", "send", "history"])
    with pytest.raises(TargetGone):
        await place.rest.delete(place.channel, theirs)
    assert place.calls(DELETE) == 1


async def test_without_a_bot_only_webhooks_work(place: Place) -> None:
    rest = DiscordRest(http=place.http, api_url=place.world.api_url, token=None)
    await rest.execute(place.hook, Post("by webhook"))
    with pytest.raises(Refused, match="bot"):
        await rest.send(place.channel, Post("x"))
    assert place.calls(SEND) == 0


async def test_a_webhook_cannot_be_asked_for_what_it_cannot_do(place: Place) -> None:
    with pytest.raises(ValueError, match="webhook"):
        await place.rest.execute(place.hook, Post("x", reply_to=1))
