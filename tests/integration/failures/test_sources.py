"""What a source may do to us: gaps, silence, repeats, protected content, many edits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count, product
from random import Random

import asyncpg
import pytest
from msgspec.structs import replace

from pairs.domain.pace import Pace
from project.core.message import Node, Style
from project.sandbox.faults import FaultRule
from project.sandbox.telegram.messages import NewFile
from project.sandbox.telegram.swallow import PushKind, SwallowRule
from project.telegram.updates import Gap, Posted
from tests.integration.failures.rig import WEBHOOK, FailureRig, failing
from tests.integration.pairs.rig import until, until_value
from tests.integration.telegram.pictures import png

DATA = bytes(range(256)) * 20


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[FailureRig]:
    async with failing(pg) as rig:
        yield rig


async def test_a_gap_of_a_thousand_messages(rig: FailureRig) -> None:
    rig.world.post(rig.source, "before")
    await rig.once(["before"])
    await rig.stop()
    texts = [f"away {number}" for number in range(1000)]
    for text in texts:
        rig.world.post(rig.source, text)
    await rig.start()
    await until(lambda: texts[-1] in rig.at_destination(), "the last of a thousand", limit=100)
    await rig.once(["before", *texts])


async def test_a_difference_that_is_too_long_while_connected(rig: FailureRig) -> None:
    """The connection stands; Telegram says that more changed than it will tell."""
    texts = [f"message {number}" for number in range(3)]
    intake = rig.engine._sources._sources[rig.source]
    for text in texts:
        rig.world.post(rig.source, text)
        rig.engine.on_update(rig.session)(Gap(f"tg:{rig.source}"))
    await rig.once(texts)
    await until(lambda: intake.synced, "the sync")


async def test_a_source_that_fell_silent_is_noticed(rig: FailureRig) -> None:
    """Pings are answered and calls succeed, but no update comes any more. With the real number: within 3 minutes."""
    assert Pace().every + 8 <= 180
    rig.world.post(rig.source, "before")
    await rig.once(["before"])
    rig.world.unwatch(rig.telegram._pusher)
    try:
        rig.world.post(rig.source, "unannounced")
        await quicker(rig)
        await rig.once(["before", "unannounced"])
    finally:
        rig.world.watch(rig.telegram._pusher)


async def quicker(rig: FailureRig) -> None:
    """From here on sources are compared with Telegram several times a second."""
    await rig.stop()
    rig.pace = Pace(every=0.2, guest=0.2)
    await rig.start()


async def shows(rig: FailureRig, texts: list[str]) -> None:
    """Waits until the destination and Discord hold these texts, in order, and nothing else."""
    await until(lambda: rig.at_destination() == texts, f"{texts} at the destination", limit=30)
    await until(lambda: [plain(text) for text in rig.said()] == texts, f"{texts} on Discord", limit=30)


def plain(text: str) -> str:
    """Without the marks of a note on Discord."""
    return text.translate({ord(mark): None for mark in "\\*_"}).removeprefix("-# ")


async def test_the_first_post_of_a_source_is_not_pushed(rig: FailureRig) -> None:
    """The next one must not pass for the beginning. No look at the source comes in time: the gap itself shows it."""
    await until(lambda: rig.engine._sources.synced, "the first look at the source")
    rig.world.swallow(SwallowRule(1.0, channel_id=rig.source))
    rig.world.post(rig.source, "the first, never pushed")
    rig.world.swallow(None)
    rig.world.post(rig.source, "the second")
    await shows(rig, ["the first, never pushed", "the second"])


def losing(rig: FailureRig, lost: Sequence[bool]) -> SwallowRule:
    """A rule by which, of the next changes of the source, just these pushes vanish."""
    pts = rig.world.channel(rig.source).pts
    rules = (SwallowRule(0.5, (PushKind.POSTED,), rig.source, rig.user, seed) for seed in count())
    told = [(PushKind.POSTED, rig.source, rig.user, pts + place) for place in range(1, len(lost) + 1)]
    return next(rule for rule in rules if [rule.strikes(*push) for push in told] == list(lost))


@pytest.mark.parametrize("found_by", ["the gap", "a look at the source"])
async def test_albums_of_which_single_pushes_vanish_keep_their_order(
    rig: FailureRig, pg: asyncpg.Connection, found_by: str
) -> None:
    """The post behind them comes while they are missing, or when a look at the source has found them."""
    if found_by != "the gap":
        await quicker(rig)
    journaled = "SELECT array_agg(message_id ORDER BY seq) FROM pairs_event WHERE kind = 'create'"
    ids: list[int] = []
    for number, lost in enumerate(product((False, True), repeat=3)):
        rig.world.swallow(losing(rig, lost))
        files = [NewFile(f"{number}-{place}.bin", "application/x-test", DATA[:9]) for place in range(3)]
        first = rig.world.post(rig.source, "", files=files)
        rig.world.swallow(None)
        ids += range(first, first + 3)
        if found_by != "the gap":
            await until_value(pg, journaled, ids)
        ids.append(rig.world.post(rig.source, f"behind {number}"))
        await until_value(pg, journaled, ids)
    await until(lambda: "behind 7" in rig.at_destination(), "the last one", limit=30)
    assert [text for text in rig.at_destination() if text] == [f"behind {number}" for number in range(8)]


@pytest.mark.parametrize("after", [0, 2], ids=["at once", "after posts that were told"])
async def test_the_last_thing_that_happens_is_an_edit_or_a_delete_that_is_not_pushed(
    rig: FailureRig, after: int
) -> None:
    await quicker(rig)
    kept, gone = rig.world.post(rig.source, "kept"), rig.world.post(rig.source, "gone")
    told = [f"told {number}" for number in range(after)]
    for text in told:
        rig.world.post(rig.source, text)
    await shows(rig, ["kept", "gone", *told])
    rig.world.swallow(SwallowRule(1.0, channel_id=rig.source))
    rig.world.edit(rig.source, kept, "kept, edited")
    await shows(rig, ["kept, edited", "gone", *told])
    rig.world.delete(rig.source, [gone])
    await shows(rig, ["kept, edited", *told])
    assert rig.world.swallowed() == {PushKind.EDITED: 1, PushKind.DELETED: 1}


@pytest.mark.parametrize("seed", range(3))
async def test_a_fifth_of_all_pushes_vanishes(rig: FailureRig, seed: int) -> None:
    """Posts, edits and deletes: in the end both sides hold what the source holds, in its order."""
    await quicker(rig)
    rng = Random(seed)
    rig.world.swallow(SwallowRule(0.2, account=rig.user, seed=seed))
    stands: dict[int, str] = {}
    for number in range(60):
        act = rng.choice(["post", "post", "edit", "delete"]) if len(stands) > 3 else "post"
        some = rng.choice(list(stands)) if stands else 0
        if act == "post":
            stands[rig.world.post(rig.source, f"post {number}")] = f"post {number}"
        elif act == "edit":
            rig.world.edit(rig.source, some, f"edit {number}")
            stands[some] = f"edit {number}"
        else:
            rig.world.delete(rig.source, [some])
            del stands[some]
        await asyncio.sleep(rng.uniform(0, 0.05))
    await shows(rig, list(stands.values()))
    assert sum(rig.world.swallowed().values()) > 3


async def test_a_told_post_that_is_journaled_already_is_an_edit_when_it_differs(
    rig: FailureRig, pg: asyncpg.Connection
) -> None:
    """A difference shows messages as they read now, and no edit beside them."""
    posted = rig.world.post(rig.source, "first words")
    rig.world.post(rig.source, "another")
    await shows(rig, ["first words", "another"])
    message = (await rig.engine._accounts[rig.session].fetch(rig.source, [posted]))[posted]
    edited = replace(message, text=(Node(Style.TEXT, "other words"),), edited=message.date + 1)
    rig.engine.on_update(rig.session)(Posted(edited))
    await shows(rig, ["other words", "another"])
    both = [
        replace(message, message_id=900, text=(Node(Style.TEXT, text),), edited=message.date + number)
        for number, text in enumerate(("pushed", "pushed, then edited"))
    ]
    for one in both:  # in one breath: the second finds the first not journaled yet
        rig.engine.on_update(rig.session)(Posted(one))
    await shows(rig, ["other words", "another", "pushed, then edited"])


async def test_a_repeated_update_is_one_message(rig: FailureRig, pg: asyncpg.Connection) -> None:
    posted = rig.world.post(rig.source, "once")
    await shows(rig, ["once"])
    account = rig.engine._accounts[rig.session]
    message = (await account.fetch(rig.source, [posted]))[posted]
    for _ in range(3):
        rig.engine.on_update(rig.session)(Posted(message))
    rig.world.post(rig.source, "next")
    await shows(rig, ["once", "next"])
    assert await pg.fetchval("SELECT count(*) FROM pairs_event") == 2


async def test_a_session_that_leaves_a_public_source_goes_on_reading_it_as_a_guest(rig: FailureRig) -> None:
    """Nothing is pushed to it any more: posts, edits and deletes are asked for. Back inside, it is told again."""
    await quicker(rig)
    first = rig.world.post(rig.source, "told")
    await shows(rig, ["told"])
    rig.world.leave(rig.source, rig.user)
    second = rig.world.post(rig.source, "asked for")
    await shows(rig, ["told", "asked for"])
    account = rig.engine._accounts[rig.session]
    await until(lambda: account.is_guest(rig.source), "what a look shows")
    rig.world.edit(rig.source, second, "asked for, edited")
    rig.world.delete(rig.source, [first])
    await shows(rig, ["asked for, edited"])
    assert (await account.join(f"-100{rig.source}")).member
    assert not account.is_guest(rig.source)
    assert rig.user in rig.world.channel(rig.source).members
    rig.world.post(rig.source, "told again")
    await shows(rig, ["asked for, edited", "told again"])


LINE = "[a message that could not be read]"


async def test_a_live_post_that_cannot_be_decoded_costs_one_line(rig: FailureRig) -> None:
    """Telegram speaks of something that our layer does not know: the push, the difference and the history's page are
    all lost. The others of the channel come, and the log names what it was."""
    await quicker(rig)
    rig.world.post(rig.source, "before")
    await shows(rig, ["before"])
    rig.world.garble(rig.source)
    rig.world.post(rig.source, "never seen")
    rig.world.post(rig.source, "after")
    await shows(rig, ["before", LINE, "after"])
    rig.world.garble(rig.source)
    rig.world.post(rig.source, "the last one, never seen")  # nothing follows it: a look at the source finds it
    await shows(rig, ["before", LINE, "after", LINE])
    rig.world.post(rig.source, "and on")
    await shows(rig, ["before", LINE, "after", LINE, "and on"])


async def test_posts_of_a_downtime_that_cannot_be_decoded_cost_a_line_each(rig: FailureRig) -> None:
    first = rig.world.post(rig.source, "first")
    await shows(rig, ["first"])
    await rig.stop()
    texts = [f"away {number}" for number in range(130)]
    for number, text in enumerate(texts):
        if number in (0, 50, 129):
            rig.world.garble(rig.source)
        rig.world.post(rig.source, text)
    rig.world.edit(rig.source, first, "first, edited")
    await rig.start()
    lines = [LINE if number in (0, 50, 129) else text for number, text in enumerate(texts)]
    await shows(rig, ["first, edited", *lines])
    rig.world.post(rig.source, "live")
    await shows(rig, ["first, edited", *lines, "live"])


async def test_what_was_relayed_stays_when_it_cannot_be_decoded_any_more(rig: FailureRig) -> None:
    await quicker(rig)
    first, second = rig.world.post(rig.source, "first"), rig.world.post(rig.source, "second")
    await shows(rig, ["first", "second"])
    rig.world.garble(rig.source, first)
    rig.world.edit(rig.source, first, "nobody can read this")
    rig.world.edit(rig.source, second, "second, edited")
    await shows(rig, ["first", "second, edited"])
    await rig.stop()
    await rig.start()
    rig.world.post(rig.source, "third")
    await shows(rig, ["first", "second, edited", "third"])


async def test_a_new_pair_begins_where_the_newest_message_cannot_be_decoded(rig: FailureRig) -> None:
    await quicker(rig)
    rig.world.post(rig.source, "old")
    rig.world.garble(rig.source)
    rig.world.post(rig.source, "never seen")
    await shows(rig, ["old", LINE])
    _, destination = await rig.second_pair()
    rig.engine.wake()
    await until(lambda: len(rig.engine._sources._sources[rig.source]._pairs) == 2, "the second pair")
    await until(lambda: rig.engine._sources.synced, "its beginning")
    rig.world.post(rig.source, "new")
    await until(lambda: rig.at_destination(destination)[-1:] == ["new"], "the new post")
    assert "old" not in rig.at_destination(destination)


async def test_an_album_member_whose_file_is_replaced_before_it_went_out_keeps_its_place_until_the_new_file_comes(
    rig: FailureRig, pg: asyncpg.Connection
) -> None:
    """The old file cannot be had: a line stands for it. The edit posts the new one, behind the others as always."""
    first = rig.world.post(rig.source, "", files=[NewFile(f"{n}.bin", "application/x-test", DATA[:n]) for n in (5, 6)])
    rig.world.edit(rig.source, first, "new", file=NewFile("new.bin", "application/x-test", DATA[:9]))
    await until(lambda: [text for text in rig.at_destination() if text] == ["new"], "the edit", limit=30)
    assert await pg.fetch("SELECT kind, message_id FROM pairs_event ORDER BY seq") == [
        ("create", first), ("create", first + 1), ("edit", first),
    ]  # fmt: skip
    ever = [(m.deleted, "cannot be fetched" in m.text, m.text) for m in rig.world.messages(rig.destination)]
    assert [(gone, line) for gone, line, _ in ever] == [(True, True), (False, False), (False, False)]
    assert ever[-1][2] == "new"
    await until(lambda: len(rig.on_discord()) == 2, "the same on Discord")


async def test_a_protected_source_is_skipped_with_a_visible_note(rig: FailureRig, pg: asyncpg.Connection) -> None:
    """Nothing of the content is copied, nor kept in the journal; the next unprotected message travels again."""
    before = rig.world.post(rig.source, "open words")
    await rig.once(["open words"])
    rig.world.channel(rig.source).protected = True
    secret = rig.world.post(rig.source, "secret words", files=[NewFile("data.bin", "application/octet-stream", DATA)])
    await rig.arrived("forbids copying")
    rig.world.edit(rig.source, before, "open words, now closed")
    rig.world.channel(rig.source).protected = False
    rig.world.post(rig.source, "open again")
    await rig.arrived("open again")
    standing = [*rig.at_destination(), *rig.on_discord()]
    assert "open words" in standing
    assert not any("secret words" in text or "closed" in text for text in standing)
    assert sum(f"https://t.me/c/{rig.source}/{secret}" in text for text in standing) == 2
    assert not any(message.file for message in rig.standing())
    assert not await pg.fetchval("SELECT count(*) FROM pairs_event WHERE payload::text LIKE '%secret words%'")


async def test_a_protected_source_is_sent_anew_and_nothing_by_reference(
    rig: FailureRig, pg: asyncpg.Connection
) -> None:
    """Where an owner wants it. Telegram refuses to send a protected file by its reference (CHAT_FORWARDS_RESTRICTED):
    we upload its bytes."""
    await pg.execute("""UPDATE pairs_pair SET options = '{"protected": "reupload"}'""")
    rig.engine.wake()
    await until(lambda: rig.engine._pairs[rig.pair].options.protected == "reupload", "the option")
    rig.world.channel(rig.source).protected = True
    rig.world.channel(rig.source).version += 1
    rig.world.post(rig.source, "text")
    rig.world.post(rig.source, "file", files=[NewFile("data.bin", "application/octet-stream", DATA)])
    rig.world.post(rig.source, "photo", files=[NewFile("p.png", "image/png", png(), photo=True)])
    await rig.arrived("photo")
    assert rig.at_destination() == ["text", "file", "photo"]
    files = [message.file for message in rig.standing() if message.file]
    assert [rig.world.file_data(file.id) for file in files] == [DATA, png()]
    assert not any("CHAT_FORWARDS_RESTRICTED" in errors for errors in rig.world.counters().errors.values())


async def test_an_edit_storm_before_the_original_went_out(rig: FailureRig) -> None:
    """Thirty edits while the first post waits: the last one counts, and hardly any of the others is sent."""
    rig.discord.world.fault(FaultRule(WEBHOOK, delay=2.0))
    message = rig.world.post(rig.source, "first words")
    for number in range(30):
        rig.world.edit(rig.source, message, f"edit {number}")
    await rig.once(["edit 29"])
    stood = [message for message in rig.discord.world.messages(rig.discord.channel) if not message.deleted]
    assert len(stood[0].edits) <= 3
    assert len(rig.standing()[0].edits) <= 3


async def test_an_edit_storm_at_the_live_end(rig: FailureRig, pg: asyncpg.Connection) -> None:
    message = rig.world.post(rig.source, "original")
    await rig.once(["original"])
    rig.discord.world.fault(FaultRule("PATCH /webhooks/{id}/{token}/messages/{message_id}", delay=0.5))
    for number in range(30):
        rig.world.edit(rig.source, message, f"edit {number}")
    await rig.once(["edit 29"])
    await until_value(pg, "SELECT count(*) FROM pairs_delivery WHERE state IN ('waiting', 'sending')", 0)
    assert len(rig.standing()[0].edits) < 10
