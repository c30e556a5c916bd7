"""What survives in a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime

from telethon.crypto import AuthKey
from telethon.tl import types

from project.telegram.session import MAX_CHANNELS, MemorySession


def channel(channel_id: int, **more: object) -> types.Channel:
    return types.Channel(channel_id, "Title", types.ChatPhotoEmpty(), None, access_hash=-channel_id, **more)


def test_a_snapshot_gives_everything_back() -> None:
    session = MemorySession.restore(None)
    session.set_dc(2, "127.0.0.1", 443)
    session.auth_key = AuthKey(bytes(range(256)))
    session.sign_in(types.User(77, access_hash=5, bot=True))
    session.set_exported(4, AuthKey(bytes(256)))
    session.remember(channel(10, username="News"))
    counters = {"pts": 5, "qts": 0, "date": datetime(2026, 1, 1, tzinfo=UTC), "seq": 3}
    assert session.set_counters(counters, {10: 9})
    assert not session.set_counters(counters, {10: 9})

    again = MemorySession.restore(session.snapshot())

    assert again.state == session.state
    assert again.auth_key == session.auth_key
    assert again.exported(4) is not None
    assert again.channel_named("news") == 10
    assert again.get_input_entity(10) == types.InputPeerChannel(10, -10)


def test_a_move_swaps_the_keys_of_both_data_centres() -> None:
    """The old one stays good for files that are there."""
    old, new = AuthKey(bytes(range(256))), AuthKey(bytes(256))
    session = MemorySession.restore(None)
    session.set_dc(2, "192.0.2.1", 443)
    session.auth_key = old
    session.sign_in(types.User(77, access_hash=5))
    session.set_exported(4, new)
    session.move(4, "192.0.2.2", 444)
    assert (session.dc_id, session.server_address, session.port) == (4, "192.0.2.2", 444)
    assert session.auth_key == new
    assert session.exported(2) == old
    assert session.exported(4) is None


def test_a_move_before_the_login_leaves_the_key_behind() -> None:
    session = MemorySession.restore(None)
    session.set_dc(2, "192.0.2.1", 443)
    session.auth_key = AuthKey(bytes(range(256)))
    session.move(4, "192.0.2.2", 444)
    assert session.auth_key is None
    assert session.exported(2) is None


def test_nothing_secret_is_shown() -> None:
    session = MemorySession.restore(None)
    session.auth_key = AuthKey(b"\xab" * 256)
    assert "xab" not in repr(session.state)
    assert "171" not in repr(session.state)


def test_channels_that_cannot_be_addressed_are_not_remembered() -> None:
    session = MemorySession.restore(None)
    session.remember(channel(1, min=True))
    session.remember(types.ChannelForbidden(2, 3, "Closed"))
    assert session.channel(1) is None
    assert session.channel(2) is None


def test_the_least_recently_seen_channels_go_first() -> None:
    session = MemorySession.restore(None)
    for number in range(1, MAX_CHANNELS + 1):
        session.remember(channel(number))
    session.remember(channel(1))
    session.remember(channel(MAX_CHANNELS + 1))
    assert session.channel(1) is not None
    assert session.channel(2) is None


def test_what_serves_a_new_login_has_no_key_but_the_token_that_spares_the_code() -> None:
    session = MemorySession.restore(None)
    session.set_dc(4, "127.0.0.1", 443)
    session.auth_key = AuthKey(bytes(range(256)))
    session.sign_in(types.User(77, access_hash=5))
    session.set_token(b"token")
    blob = MemorySession.without_login(session.snapshot())
    assert blob is not None
    kept = MemorySession.restore(blob).state
    assert (kept.dc_id, kept.auth_key, kept.user_id, kept.future_auth_token) == (4, b"", 0, b"token")
    assert MemorySession.without_login(None) is None
