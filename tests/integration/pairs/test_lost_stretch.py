"""A stretch of the gateway is lost, and its session with it: what happened meanwhile is found in the history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from pairs.people import DiscordPeople
from project.core.config import current
from project.core.message import Author, Message, Node, Style
from project.discord import gateway, pacing
from project.discord.objects import snowflake
from tests.integration.pairs.listening import listening
from tests.integration.pairs.rig import Rig, running_rig, until, until_value


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "SECONDS_BETWEEN", 0.1)
    monkeypatch.setattr(gateway, "AFTER_INVALID", (0.1, 0.2))


@pytest.fixture(params=[True, False], ids=["webhook", "bot"])
async def rig(request: pytest.FixtureRequest, pg: asyncpg.Connection) -> AsyncIterator[Rig]:
    async with running_rig(pg, by_webhook=request.param, by_bot=True) as rig:
        yield rig


def ours(rig: Rig, text: str) -> int:
    """The id of our post with the text."""
    (found,) = [m.id for m in rig.discord.world.messages(rig.discord.channel) if text in m.content and not m.deleted]
    return found


async def test_what_people_and_moderators_did_meanwhile_reaches_the_destination(
    rig: Rig, people: DiscordPeople
) -> None:
    world, channel, ann = rig.discord.world, rig.discord.channel, rig.discord.user
    async with listening(rig, people):
        long = rig.world.post(rig.source, "long " + "word " * 600)
        rig.world.post(rig.source, "rude")
        rig.world.post(rig.source, "polite")
        await rig.arrived("polite")
        edited, deleted = (world.post(channel, ann, text) for text in ("first words", "second words"))
        await until(lambda: len(rig.at_destination()) == 5, "people's messages")
        assert len(rig.on_discord()) == 6, "the long text needs two posts"
        world.kill_gateway("deaf")
        world.edit(channel, edited, "first words, edited")
        world.delete(channel, [deleted])
        world.post(channel, ann, "third words")
        world.delete(channel, [ours(rig, "rude")])
        rig.world.edit(rig.source, long, "short now")  # we delete our second post ourselves
        await until(lambda: len(rig.on_discord()) == 4, "the end of the second post")
        world.kill_gateway("op9")
        await until(lambda: any("third words" in text for text in rig.at_destination()), "what was written meanwhile")
        await until(lambda: not any("rude" in text for text in rig.at_destination()), "the moderator's delete")
        await until(lambda: any("edited" in text for text in rig.at_destination()), "the edit")
        await until(lambda: not any("second words" in text for text in rig.at_destination()), "the delete")
        rig.world.post(rig.source, "last")
        await rig.arrived("last")
    relayed = [text.splitlines()[-1] for text in rig.on_discord() if "words" not in text]
    assert relayed == ["short now", "polite", "last"]
    shown = rig.at_destination()
    assert [text.splitlines()[-1] for text in shown if "words" not in text] == relayed
    assert len(shown) == 5


async def test_nothing_is_sent_twice_however_often_the_history_is_read(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    world, channel, ann = rig.discord.world, rig.discord.channel, rig.discord.user
    async with listening(rig, people) as listener:
        rig.world.post(rig.source, "from the source")
        await rig.arrived("from the source")
        said = [world.post(channel, ann, f"words {number}") for number in range(5)]
        world.edit(channel, said[0], "words 0, edited")
        world.delete(channel, [said[1]])
        await until(lambda: any("edited" in text for text in rig.at_destination()), "the edit")
        await until(lambda: len(rig.at_destination()) == 5, "everything")
        events = await pg.fetchval("SELECT count(*) FROM pairs_event")
        for _ in range(5):
            listener.catch_up(channel)
        world.kill_gateway("op9")
        world.post(channel, ann, "marker")
        await until(lambda: any("marker" in text for text in rig.at_destination()), "the marker")
        await until_value(pg, "SELECT count(*) FROM pairs_inbox", 0)
        assert await pg.fetchval("SELECT count(*) FROM pairs_event") == events + 1


async def test_what_the_store_knows_of_a_channel(rig: Rig, people: DiscordPeople, pg: asyncpg.Connection) -> None:
    channel = rig.discord.channel
    made = await pg.fetchval("SELECT created_at FROM pairs_pair")
    begin = snowflake(made.timestamp())
    assert await people.last_seen(channel) == begin
    assert await people.last_seen(4711) is None
    known, unknown = rig.discord.world.post(channel, rig.discord.user, "a"), begin + 1
    message = Message(f"dc:{channel}", known, 1, (Node(Style.TEXT, "a"),), Author("ann"))
    await people.posted(message, None)
    assert await people.last_seen(channel) == known
    assert await people.untaken(channel, [begin - 1, unknown, known]) == {unknown}, "nothing from before the pair"
    await until_value(pg, "SELECT count(*) FROM pairs_inbox", 0)
    assert await people.untaken(channel, [begin - 1, unknown, known]) == {unknown}
    assert await people.standing(channel) == {known}
    await people.deleted(channel, [known])
    await until_value(pg, "SELECT count(*) FROM pairs_event WHERE kind = 'delete'", 1)
    assert await people.standing(channel) == frozenset()
    assert await people.untaken(channel, [known]) == frozenset(), "it was taken once"

    # Days later, and after the channel was given to the pair.
    await pg.execute("UPDATE pairs_pair SET created_at = created_at - interval '9 days'")
    hours = {n: snowflake((datetime.now(UTC) - timedelta(hours=n)).timestamp()) for n in (1, 47, 49)}
    assert await people.untaken(channel, list(hours.values())) == {hours[1], hours[47]}
    forgetful = DiscordPeople(current().database_url, link_days=1)
    assert await forgetful.untaken(channel, list(hours.values())) == {hours[1]}
    await forgetful.close()
    await pg.execute("UPDATE pairs_pair SET people_since = now() + interval '1 minute'")
    assert await people.untaken(channel, list(hours.values())) == frozenset()
    since = await pg.fetchval("SELECT people_since FROM pairs_pair")
    assert await people.last_seen(channel) == snowflake(since.timestamp())


async def test_a_post_of_ours_stands_until_its_delete_is_written_down(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    first = rig.world.post(rig.source, "first")
    rig.world.post(rig.source, "second")
    await rig.arrived("second")
    posts = frozenset({ours(rig, "first"), ours(rig, "second")})
    assert await people.standing(rig.discord.channel) == posts
    rig.world.delete(rig.source, [first])
    await until(lambda: len(rig.at_destination()) == 1 and len(rig.on_discord()) == 1, "the delete")
    assert await people.standing(rig.discord.channel) == {ours(rig, "second")}
    await pg.execute(
        "INSERT INTO core_installation (\"only\", uid, random_id_key, resumed_at) VALUES (true, $1, '', now())",
        "6b1c2f4e-0000-4000-8000-000000000000",
    )
    assert await people.standing(rig.discord.channel) == frozenset(), "an old backup does not know what was deleted"


async def test_a_channel_that_cannot_be_read_is_one_notice_until_it_can(
    rig: Rig, people: DiscordPeople, pg: asyncpg.Connection
) -> None:
    channel = rig.discord.channel
    notices = "SELECT text, severity, ended_at IS NULL AS open FROM core_notice ORDER BY id"
    await people.unread(channel, "")
    assert await pg.fetch(notices) == [], "nothing was wrong"
    for _ in range(2):
        await people.unread(channel, "The bot may not read the message history.")
    (told,) = await pg.fetch(notices)
    assert (
        f"in {channel} on Discord may be missed (pair {rig.pair}): The bot may not read the message history." in told[0]
    )
    assert tuple(told)[1:] == ("warning", True)
    for _ in range(2):
        await people.unread(channel, "")
    began, over = await pg.fetch(notices)
    assert (began["open"], over["severity"]) == (False, "info")
    assert over["text"] == f"What people write in {channel} is read again."
    await people.unread(4711, "nobody's")
    assert len(await pg.fetch(notices)) == 2
