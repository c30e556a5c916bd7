"""The loopback gateway, through a stock discord.py client."""

from __future__ import annotations

import discord
import pytest

from tests.integration.sandbox.conftest_discord import LoopbackDiscord, client_for, loopback

__all__ = ["loopback"]


async def test_people_write_and_the_client_hears(loopback: LoopbackDiscord) -> None:
    world = loopback.world
    async with client_for(loopback) as client:
        message_id = world.post(loopback.channel, loopback.user, "hello **there**")
        await client.until(lambda: client.events("message"))
        message = client.events("message")[0]
        assert (message.id, message.content, message.author.display_name) == (
            message_id,
            "hello **there**",
            "ann",
        )
        assert message.guild.id == loopback.guild
        world.edit(loopback.channel, message_id, "changed")
        world.delete(loopback.channel, [message_id])
        await client.until(lambda: client.events("raw_message_delete"))
        assert client.events("raw_message_edit")[0].data["content"] == "changed"
        assert client.events("raw_message_delete")[0].message_id == message_id
    assert world.counters().unknown_methods == {}


async def test_bot_posts_and_reads_back(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        channel = client.get_channel(loopback.channel)
        first = await channel.send("one")
        await channel.send("two", reference=first)
        found = [message async for message in channel.history(after=discord.Object(0))]
        assert [message.content for message in found] == ["one", "two"]
        assert found[1].reference.message_id == first.id
        await first.edit(content="one!")
        await first.delete()
    assert loopback.texts() == ["two"]


async def test_webhook_posts_edits_and_deletes(loopback: LoopbackDiscord) -> None:
    async with client_for(loopback) as client:
        webhook = await client.get_channel(loopback.channel).create_webhook(name="relay")
        posted = await webhook.send("from afar", username="Bob", wait=True)
        await client.until(lambda: client.events("message"))
        heard = client.events("message")[0]
        assert (heard.webhook_id, heard.author.id, heard.author.name) == (webhook.id, webhook.id, "Bob")
        await webhook.edit_message(posted.id, content="edited")
        assert loopback.texts() == ["edited"]
        await webhook.delete_message(posted.id)
        assert loopback.texts() == []


async def test_wrong_token_is_a_login_failure(loopback: LoopbackDiscord) -> None:
    loopback.world.reset_token(loopback.bot_id)
    with pytest.raises(discord.LoginFailure):
        async with client_for(loopback):
            pass
