"""Names by marked id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon import utils
from telethon.tl import types

from project.telegram.names import KEPT, Names, marked_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def channel(number: int, title: str = "News") -> Any:
    return types.Channel(number, title, types.ChatPhotoEmpty(), NOW)


@given(st.integers(1, 2**40))
def test_a_marked_id_is_telethons(number: int) -> None:
    peers = [
        types.User(number),
        types.PeerUser(number),
        types.PeerChat(number),
        types.PeerChannel(number),
        types.ChannelForbidden(number, 1, "gone"),
        channel(number),
    ]
    assert [marked_id(peer) for peer in peers] == [utils.get_peer_id(peer) for peer in peers]


@pytest.mark.parametrize("peer", [types.PeerUser(7), types.PeerChannel(7), types.PeerChat(7)])
def test_users_groups_and_channels_with_one_number_are_told_apart(peer: Any) -> None:
    names = Names()
    names.learn([types.User(7, first_name="Ann")], [channel(7), types.ChatForbidden(7, "Group")])
    expected = {types.PeerUser: "Ann", types.PeerChannel: "News", types.PeerChat: "Group"}
    assert names.of(peer) == expected[type(peer)]


def test_a_new_name_replaces_the_old_one_and_the_longest_unseen_goes() -> None:
    names = Names()
    names.learn([], [channel(number) for number in range(1, KEPT + 1)])
    names.learn([], [channel(1, "Late news")])
    names.learn([], [channel(KEPT + 1)])
    assert names.of(types.PeerChannel(1)) == "Late news"
    assert names.of(types.PeerChannel(2)) == ""
