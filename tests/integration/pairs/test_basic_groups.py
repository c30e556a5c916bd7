"""A basic group as a source: message ids are the account's own, and the group may become a supergroup."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from pairs.domain.pace import Pace
from project.core.message import UNREADABLE
from project.sandbox.telegram.messages import NewFile
from project.sandbox.telegram.swallow import SwallowRule
from project.telegram.updates import Gap
from tests.integration.pairs.rig import Rig, relaying, until, until_value


class GroupRig(Rig):
    """Ben writes in a basic group that the session reads. Both have other messages behind them, each his own number."""

    async def set_up(self, *, by_webhook: bool, by_bot: bool) -> None:
        self.ben = self.world.create_user("+4915112345679", "Ben")
        await super().set_up(by_webhook=by_webhook, by_bot=by_bot)

    def _rows(self, by_bot: bool) -> None:
        elsewhere = self.world.groups.create("Elsewhere", self.user, [self.ben])
        alone = self.world.groups.create("Alone", self.user)
        self.world.groups.post(alone, self.user, "a note")
        self.elsewhere = elsewhere
        self.group = self.world.groups.create("Friends", self.ben, [self.user])
        self.source = -self.group
        super()._rows(by_bot)

    def say(self, text: str, **more: Any) -> int:
        """Ben's number of it."""
        return self.world.groups.post(self.group, self.ben, text, **more)

    async def shows(self, *texts: str) -> None:
        """Exactly these, in order, on both sides."""
        await until(lambda: self.at_destination() == list(texts), f"{texts} at the destination")
        await until(lambda: len(self.on_discord()) == len(texts), "the same on Discord")
        for line, text in zip(self.on_discord(), texts, strict=True):
            assert text in line


@pytest.fixture
async def rig(pg: asyncpg.Connection) -> AsyncIterator[GroupRig]:
    def make(telegram: Any, discord: Any) -> GroupRig:
        return GroupRig(telegram, discord, pg)

    async with relaying(make, by_webhook=True, by_bot=True) as rig:
        yield rig


async def test_posts_edits_deletes_and_albums_of_a_group_in_order(rig: GroupRig) -> None:
    first, second = rig.say("one"), rig.say("two")
    rig.world.groups.post(rig.elsewhere, rig.ben, "not for you")
    rig.say("three", reply_to=first)
    rig.say("picture", files=[NewFile("a.pdf", "application/pdf", b"one"), NewFile("b.pdf", "application/pdf", b"two")])
    rig.say("four")
    await rig.arrived("four")
    rig.world.groups.edit(rig.group, rig.ben, first, "one, corrected")
    rig.world.groups.delete(rig.group, rig.ben, second)
    await until(lambda: "two" not in rig.at_destination(), "the delete")
    await until(lambda: rig.at_destination()[0] == "one, corrected", "the edit")
    assert [text for text in rig.at_destination() if text] == ["one, corrected", "three", "picture", "four"]
    assert not any("not for you" in line for line in rig.on_discord())
    assert rig.world.counters().unknown_methods == {}


async def test_what_happens_last_in_a_group_and_is_not_pushed_is_found(rig: GroupRig) -> None:
    """By the account's own counter, which the answer about any chat shows."""
    await rig.stop()
    rig.pace = Pace(every=0.2)
    await rig.start()
    first, second = rig.say("one"), rig.say("two")
    await rig.shows("one", "two")
    rig.world.swallow(SwallowRule(1.0, channel_id=rig.group))
    rig.world.groups.edit(rig.group, rig.ben, first, "one, corrected")
    await rig.shows("one, corrected", "two")
    rig.world.groups.delete(rig.group, rig.ben, second)
    await rig.shows("one, corrected")
    rig.say("three")
    await rig.shows("one, corrected", "three")


async def test_what_is_posted_while_a_group_is_asked_whether_it_became_another_one(
    rig: GroupRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history is read to its end by then, and nothing shows later that something is missing."""
    rig.say("one")
    await rig.shows("one")
    intake = rig.engine._sources._sources[rig.source]
    account, highest = intake.account, intake._highest
    real = account.chat

    async def chat(chat_id: int) -> Any:
        monkeypatch.setattr(account, "chat", real)
        found = await real(chat_id)
        rig.say("two")
        await until(lambda: intake._highest > highest, "the push")
        return found

    monkeypatch.setattr(account, "chat", chat)
    rig.engine.on_update(rig.session)(Gap(None))
    await rig.shows("one", "two")
    rig.say("three")
    await rig.shows("one", "two", "three")


async def test_a_message_that_cannot_be_decoded_costs_a_line_where_it_stands(rig: GroupRig) -> None:
    """Ids are the account's: what another group cannot be decoded of leaves no line here."""
    rig.say("one")
    await rig.shows("one")
    await rig.stop()
    other = rig.world.groups.post(rig.elsewhere, rig.ben, "not for you")
    rig.world.groups.garble(rig.elsewhere, rig.ben, other)
    rig.world.groups.garble(rig.group, rig.ben, rig.say("never seen"))
    rig.say("two")
    await rig.start()
    await rig.arrived("two")
    assert rig.at_destination() == ["one", UNREADABLE, "two"]
    rig.say("three")
    await rig.arrived("three")


async def test_a_killed_worker_finds_what_the_group_did_meanwhile(rig: GroupRig, pg: asyncpg.Connection) -> None:
    first, second = rig.say("one"), rig.say("two")
    await rig.shows("one", "two")
    await rig.crash()
    rig.world.groups.edit(rig.group, rig.ben, second, "two, corrected")
    rig.world.groups.delete(rig.group, rig.ben, first)
    for number in range(3):
        rig.say(f"away {number}")
    await rig.start()
    rig.say("back")
    await rig.shows("two, corrected", "away 0", "away 1", "away 2", "back")
    scopes = await pg.fetch("SELECT DISTINCT scope FROM pairs_event")
    assert [row["scope"] for row in scopes] == [f"tg:{-rig.group}@{rig.session}"]


async def test_the_pair_follows_a_group_that_becomes_a_supergroup(rig: GroupRig, pg: asyncpg.Connection) -> None:
    rig.say("before")
    await rig.shows("before")
    rig.say("last words")
    channel = rig.world.groups.migrate(rig.group)
    for number in range(3):
        rig.world.post(channel, f"after {number}", author_id=rig.ben)
    await rig.shows("before", "last words", "after 0", "after 1", "after 2")
    assert await pg.fetchval("SELECT source_chat FROM pairs_pair") == channel
    assert await pg.fetchval("SELECT count(*) FROM core_auditevent WHERE action = 'pair.source'") == 1
    late = rig.world.post(channel, "late", author_id=rig.ben)
    await rig.arrived("late")
    rig.world.edit(channel, late, "late, corrected")
    await rig.crash()
    await rig.start()
    await rig.shows("before", "last words", "after 0", "after 1", "after 2", "late, corrected")


async def test_a_move_to_a_supergroup_while_nobody_looked_and_a_kill_right_after_it(
    rig: GroupRig, pg: asyncpg.Connection
) -> None:
    rig.say("before")
    await rig.shows("before")
    await rig.crash()
    for number in range(5):
        rig.say(f"away {number}")
    channel = rig.world.groups.migrate(rig.group)
    for number in range(5):
        rig.world.post(channel, f"there {number}", author_id=rig.ben)
    await rig.start()
    await until_value(pg, "SELECT source_chat FROM pairs_pair", channel)
    await rig.crash()
    await rig.start()
    await rig.shows("before", *(f"away {n}" for n in range(5)), *(f"there {n}" for n in range(5)))
    assert await pg.fetchval("SELECT count(*) FROM core_auditevent WHERE action = 'pair.source'") == 1


async def test_what_the_account_sees_of_a_group(rig: GroupRig) -> None:
    account = rig._accounts[rig.session]
    here = await account.resolve(str(-rig.group))
    assert (here.chat_id, here.title, here.can_post) == (-rig.group, "Friends", False)
    assert {i: s.seen for i, s in (await account.look([rig.destination, -rig.group, -5])).items()} == {
        rig.destination: "member",
        -rig.group: "member",
        -5: "unknown",
    }
    rig.say("hello")
    assert (await account.tops([-rig.group]))[-rig.group].top_message_id > 1
    other = rig.world.groups.create("Other", rig.ben, [rig.user])
    rig.world.groups.remove(rig.group, rig.user)
    assert (await account.look([-rig.group, -other]))[-rig.group].seen == "banned"
    assert (await account.resolve(str(-other))).moved_to == 0
    moved = rig.world.groups.migrate(other)
    assert (await account.resolve(str(-other))).chat_id == moved
