"""What Telethon's own update order keeping loses in silence."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from telethon._updates import Entity, EntityType
from telethon._updates.messagebox import ENTRY_ACCOUNT
from telethon._updates.session import ChannelState, SessionState
from telethon.tl import functions, types

from project.telegram.box import Box, ChannelCache

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def boxed(gaps: list[int | None]) -> Box:
    box = Box(logging.getLogger("test"), gaps.append)
    box.load(SessionState(0, 0, False, 100, 0, 1_700_000_000, 1, None), [ChannelState(5, 10)])
    return box


def message(number: int) -> Any:
    return types.Message(id=number, peer_id=types.PeerChannel(5), date=NOW, message=f"m{number}")


async def test_a_difference_keeps_its_edits_and_deletes() -> None:
    gaps: list[int | None] = []
    box, cache = boxed(gaps), ChannelCache()
    box.getting_diff_for.add(5)
    edit = types.UpdateEditChannelMessage(message(1), pts=12, pts_count=1)
    gone = types.UpdateDeleteChannelMessages(5, [2], pts=13, pts_count=1)
    stale = types.UpdateEditChannelMessage(message(3), pts=9, pts_count=1)
    request = functions.updates.GetChannelDifferenceRequest(
        types.InputChannel(5, 1), types.ChannelMessagesFilterEmpty(), pts=10, limit=100
    )
    diff = types.updates.ChannelDifference(13, [message(4)], [edit, gone, stale], [], [], final=True)

    updates, _, _ = box.apply_channel_difference(request, diff, cache)

    assert [type(u) for u in updates] == [types.UpdateNewChannelMessage, type(edit), type(gone)]
    assert gaps == []
    assert box.map[5].pts == 13


async def test_new_messages_of_a_difference_come_in_the_order_of_their_ids() -> None:
    box, cache = boxed([]), ChannelCache()
    box.getting_diff_for.update((5, ENTRY_ACCOUNT))
    request = functions.updates.GetChannelDifferenceRequest(
        types.InputChannel(5, 1), types.ChannelMessagesFilterEmpty(), pts=10, limit=100
    )
    diff = types.updates.ChannelDifference(13, [message(n) for n in (4, 6, 5)], [], [], [], final=True)
    updates, _, _ = box.apply_channel_difference(request, diff, cache)
    assert [u.message.id for u in updates if isinstance(u, types.UpdateNewChannelMessage)] == [4, 5, 6]
    own = types.updates.Difference(
        [message(n) for n in (9, 7, 8)], [], [], [], [], types.updates.State(103, 0, NOW, 1, 0)
    )
    updates, _, _ = box.apply_difference(own, cache)
    assert [u.message.id for u in updates if isinstance(u, types.UpdateNewMessage)] == [7, 8, 9]


async def test_a_difference_of_the_account_keeps_its_edits_and_deletes() -> None:
    box, cache = boxed([]), ChannelCache()
    box.getting_diff_for.add(ENTRY_ACCOUNT)
    edit = types.UpdateEditMessage(message(1), pts=102, pts_count=1)
    gone = types.UpdateDeleteMessages([2], pts=103, pts_count=1)
    stale = types.UpdateDeleteMessages([3], pts=99, pts_count=1)
    state = types.updates.State(104, 0, NOW, 1, 0)
    diff = types.updates.Difference([message(4)], [], [edit, gone, stale], [], [], state)
    updates, _, _ = box.apply_difference(diff, cache)
    assert [type(u) for u in updates] == [types.UpdateNewMessage, type(edit), type(gone)]
    assert box.map[ENTRY_ACCOUNT].pts == 104


async def test_a_lag_in_a_channel_without_a_known_counter_is_a_gap() -> None:
    gaps: list[int | None] = []
    box = boxed(gaps)
    for channel_id in (5, 6):
        box.apply_pts_info(types.UpdateChannelTooLong(channel_id), reset_deadlines=None)
    assert gaps == [6]
    assert box.getting_diff_for == {5}


async def test_a_channel_without_a_known_address_is_a_gap() -> None:
    gaps: list[int | None] = []
    box = boxed(gaps)
    box.getting_diff_for.add(5)
    assert box.get_channel_difference(ChannelCache()) is None
    assert gaps == [5]


async def test_quiet_channels_are_not_asked_after_but_the_account_is() -> None:
    box, cache = boxed([]), ChannelCache()
    cache.put(Entity(EntityType.CHANNEL, 5, 1))
    soon = asyncio.get_running_loop().time() - 1
    for state in box.map.values():
        state.deadline = soon

    box.check_deadlines()

    assert box.getting_diff_for == {_account()}
    assert box.get_channel_difference(cache) is None


def _account() -> object:
    return next(key for key in boxed([]).map if not isinstance(key, int))


async def test_users_are_not_kept() -> None:
    cache = ChannelCache()
    cache.extend([types.User(1, access_hash=2)], [types.Channel(5, "C", types.ChatPhotoEmpty(), NOW, access_hash=3)])
    assert (cache.get(1), len(cache)) == (None, 1)
