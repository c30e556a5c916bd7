"""What a source's messages look like when they arrive, live and from the history."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from telethon import functions

from project.core.errors import InvalidInput, NotFound, TargetGone
from project.core.message import MediaKind, Style, plain_text
from project.sandbox.telegram.messages import Entity, NewFile
from project.telegram.updates import Deleted, Edited, Posted
from project.telegram.values import ChatTop

from .conftest import Telegram, until
from .pictures import JPEG


async def test_a_post_arrives_with_its_styles_and_author(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe, title="News")
    posted = telegram.world.post(
        channel, "😀 bold link", entities=[Entity("bold", 3, 4), Entity("text_url", 8, 4, "https://example.org/")]
    )
    await until(lambda: probe.posted)

    (message,) = [u.message for u in probe.updates if isinstance(u, Posted)]
    assert (message.scope, message.message_id) == (f"tg:{channel}", posted)
    assert plain_text(message.text) == "😀 bold link"
    assert [(n.style, plain_text(n.children)) for n in message.text if n.style is Style.BOLD] == [(Style.BOLD, "bold")]
    assert [n.value for n in message.text if n.style is Style.LINK] == ["https://example.org/"]
    assert message.author is not None
    assert message.author.name == "News"
    assert message.date > 1_600_000_000


async def test_a_groups_message_names_its_writer(telegram: Telegram) -> None:
    probe = await telegram.user()
    group = await telegram.channel(probe, megagroup=True)
    writer = telegram.world.create_user("+4915100000001", "Bert Writer")
    telegram.world.join(group, writer)
    first = telegram.world.post(group, "question", author_id=writer)
    telegram.world.post(group, "answer", author_id=writer, reply_to=first)
    await until(lambda: len(probe.posted) == 2)

    answer = [u.message for u in probe.updates if isinstance(u, Posted)][1]
    assert answer.author is not None
    assert (answer.author.name, answer.author.id) == ("Bert Writer", writer)
    assert answer.reply_to == first


async def test_edits_and_deletes_arrive_in_order(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    one, two = telegram.world.post(channel, "one"), telegram.world.post(channel, "two")
    telegram.world.edit(channel, one, "one, better")
    telegram.world.delete(channel, [two])
    await until(lambda: any(isinstance(u, Deleted) for u in probe.updates))

    seen = [u for u in probe.updates if isinstance(u, Posted | Edited | Deleted)]
    assert [type(u) for u in seen] == [Posted, Posted, Edited, Deleted]
    assert isinstance(seen[2], Edited)
    assert (plain_text(seen[2].message.text), seen[2].message.message_id) == ("one, better", one)
    assert seen[2].message.edited is not None
    assert seen[3] == Deleted(f"tg:{channel}", (two,))


async def test_an_album_is_several_messages_of_one_group(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    photo = NewFile("a.jpg", "image/jpeg", JPEG, photo=True)
    first = telegram.world.post(channel, "two pictures", files=[photo, photo])
    await until(lambda: len(probe.posted) == 2)

    one, two = [u.message for u in probe.updates if isinstance(u, Posted)]
    assert (one.message_id, plain_text(one.text), plain_text(two.text)) == (first, "two pictures", "")
    assert one.group_id == two.group_id
    assert one.group_id is not None
    assert [a.kind for a in one.attachments + two.attachments] == [MediaKind.PHOTO, MediaKind.PHOTO]


async def test_history_gives_every_message_after_an_id_once_and_ascending(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    ids = [telegram.world.post(channel, f"post {n}") for n in range(330)]
    telegram.world.delete(channel, ids[40:60])

    found = [m.message_id async for m in probe.account.history(channel, ids[24])]

    assert found == ids[25:40] + ids[60:]
    assert [m.message_id async for m in probe.account.history(channel, ids[-1])] == []
    assert [m.message_id async for m in probe.account.history(channel, 0)] == ids[:40] + ids[60:]


async def test_the_newest_message_beyond_an_age_or_a_count_is_found(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    state = telegram.world.state
    now, state.clock = state.clock, replace(state.clock, wall=lambda: time.time() - 1000)
    old = [telegram.world.post(channel, f"old {n}") for n in range(5)]
    state.clock = now
    new = [telegram.world.post(channel, f"new {n}") for n in range(4)]
    ago = int(time.time()) - 500

    found = [
        await probe.account.newest_beyond(channel, before=before, most=most)
        for before, most in ((ago, 0), (0, 2), (ago, 2), (ago, 7), (0, 10), (ago - 1000, 0), (0, 0))
    ]

    assert found == [old[-1], new[1], new[1], old[-1], 0, 0, 0]


async def test_windows_that_do_not_reach_so_far_leave_nothing_out(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    for number in range(10):
        telegram.world.post(channel, f"new {number}")
    real = functions.messages.GetHistoryRequest

    def reaching_two(*arguments: Any, offset_date: int | None, add_offset: int, **others: Any) -> Any:
        return real(*arguments, offset_date=None, add_offset=min(add_offset, 2), **others)

    monkeypatch.setattr(functions.messages, "GetHistoryRequest", reaching_two)
    for before, most in ((int(time.time()) - 500, 0), (0, 5)):
        assert await probe.account.newest_beyond(channel, before=before, most=most) == 0


async def test_fetch_gives_what_still_exists(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    ids = [telegram.world.post(channel, f"post {n}") for n in range(3)]
    telegram.world.delete(channel, [ids[1]])
    telegram.world.edit(channel, ids[2], "changed")

    found = await probe.account.fetch(channel, [*ids, 9999])

    assert {i: plain_text(m.text) for i, m in found.items()} == {ids[0]: "post 0", ids[2]: "changed"}


async def test_more_than_a_hundred_missed_posts_are_a_gap(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    telegram.world.post(channel, "seen")
    await until(lambda: probe.posted)
    state = probe.account.snapshot()
    await probe.account.disconnect()
    ids = [telegram.world.post(channel, f"missed {n}") for n in range(150)]

    later = telegram.probe(state)
    await later.account.connect()
    later.run()
    await until(lambda: later.gaps(f"tg:{channel}") == 1)

    assert later.gaps() == 1
    assert later.posted == []
    live = telegram.world.post(channel, "live again")
    await until(lambda: later.posted == [live])
    assert [m.message_id async for m in later.account.history(channel, ids[0] - 1)] == [*ids, live]


async def test_edits_and_deletes_missed_offline_arrive_with_the_posts(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    one, two = telegram.world.post(channel, "one"), telegram.world.post(channel, "two")
    await until(lambda: len(probe.posted) == 2)
    state = probe.account.snapshot()
    await probe.account.disconnect()
    telegram.world.edit(channel, one, "one, edited")
    three = telegram.world.post(channel, "three")
    telegram.world.delete(channel, [two])

    later = telegram.probe(state)
    await later.account.connect()
    later.run()
    await until(lambda: len(later.updates) == 4)

    assert later.posted == [three]
    assert Deleted(f"tg:{channel}", (two,)) in later.updates
    assert [plain_text(u.message.text) for u in later.updates if isinstance(u, Edited)] == ["one, edited"]


async def test_tops_leave_out_what_the_account_cannot_see(telegram: Telegram) -> None:
    probe = await telegram.user()
    user_id = await telegram.id_of(probe)
    channels = [await telegram.channel(probe, title=f"Channel {n}") for n in range(5)]
    ids = {c: telegram.world.post(c, "top") for c in channels}
    telegram.world.ban(channels[2], user_id)

    tops = await probe.account.tops(channels)

    assert sorted(tops) == sorted(set(channels) - {channels[2]})
    assert all(isinstance(top, ChatTop) and top.top_message_id == ids[c] for c, top in tops.items())
    before = telegram.world.counters().calls[str(user_id)]["messages.getPeerDialogs"]
    await probe.account.tops(channels)
    assert telegram.world.counters().calls[str(user_id)]["messages.getPeerDialogs"] == before + 1


@pytest.mark.parametrize("form", ["@{name}", "https://t.me/{name}", "t.me/{name}/17", "-100{id}", "{id}"])
async def test_a_chat_is_found_by_any_usual_reference(telegram: Telegram, form: str) -> None:
    probe = await telegram.user()
    channel = telegram.world.create_channel("Public", username="public_news", members=[await telegram.id_of(probe)])
    top = telegram.world.post(channel, "newest")

    info = await probe.account.resolve(form.format(name="public_news", id=channel))

    assert (info.chat_id, info.title, info.username) == (channel, "Public", "public_news")
    assert (info.is_broadcast, info.can_post, info.protected, info.top_message_id) == (True, False, False, top)


async def test_a_name_is_looked_up_once(telegram: Telegram) -> None:
    probe = await telegram.user()
    telegram.world.create_channel("Public", username="public_news")
    for _ in range(3):
        await probe.account.resolve("@public_news")
    calls = telegram.world.counters().calls[str(await telegram.id_of(probe))]
    assert calls["contacts.resolveUsername"] == 1


async def test_chats_that_cannot_be_used_are_refused_in_words(telegram: Telegram) -> None:
    probe = await telegram.user()
    telegram.world.create_user("+4915100000009", "Carl", username="carl_the_man")
    with pytest.raises(NotFound):
        await probe.account.resolve("@nobody_has_this")
    with pytest.raises(InvalidInput):
        await probe.account.resolve("@carl_the_man")
    with pytest.raises(InvalidInput):
        await probe.account.resolve("https://t.me/+AbCdEfGh")
    with pytest.raises(NotFound):
        await probe.account.chat(999_999)


async def test_a_ban_is_a_gone_target(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    telegram.world.ban(channel, await telegram.id_of(probe))
    with pytest.raises(TargetGone) as caught:
        _ = [m async for m in probe.account.history(channel, 0)]
    assert caught.value.code == "CHANNEL_PRIVATE"
    with pytest.raises(TargetGone):
        await probe.account.chat(channel)
