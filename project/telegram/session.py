"""An account's state in memory: auth keys, entities with their access hashes, update states.

Telethon's StringSession keeps the key alone; then nothing missed while offline can be asked for, and no channel can be
addressed. Everything here is sealed by the owner before it is stored: a snapshot is as good as the account itself.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from telethon.crypto import AuthKey
from telethon.sessions.abstract import Session
from telethon.tl import types

MAX_CHANNELS = 5000  # known channels kept; forwards bring in strangers, so the least recently seen go first


class Channel(msgspec.Struct, array_like=True):
    """What it takes to address a channel. `access_hash` is valid for this account only."""

    access_hash: int
    username: str = ""


class State(msgspec.Struct):
    """Everything worth keeping between two processes. `pts` and the others are Telegram's update counters."""

    dc_id: int = 0
    host: str = ""
    port: int = 0
    auth_key: bytes = b""
    exported_keys: dict[int, bytes] = {}
    user_id: int = 0
    user_hash: int = 0
    is_bot: bool = False
    channels: dict[int, Channel] = {}
    pts: int = 0
    qts: int = 0
    date: int = 0
    seq: int = 0
    channel_pts: dict[int, int] = {}
    future_auth_token: bytes = b""
    since: float = 0.0  # Unix seconds of the login, 0 when it is older than this field

    def __repr__(self) -> str:
        return f"State(dc_id={self.dc_id}, user_id={self.user_id}, ***)"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)


class MemorySession(Session):  # type: ignore[misc]
    """Telethon's view of a `State`. Only channels and supergroups are remembered."""

    def __init__(self, state: State | None = None) -> None:
        super().__init__()
        self.state = state or State()
        self.changed = False  # something that must be saved soon: a key, a user, a newly met channel

    @classmethod
    def restore(cls, blob: bytes | None) -> MemorySession:
        """The session of a snapshot; a new one for None. Raises msgspec.DecodeError for bytes that are no snapshot."""
        return cls(_decoder.decode(blob) if blob else None)

    def snapshot(self) -> bytes:
        """The whole state as bytes. Secret: seal it."""
        return _encoder.encode(self.state)

    # --- our side ---------------------------------------------------------------------------------------------------

    def sign_in(self, user: Any) -> None:
        """Remember who this key belongs to, and since when."""
        if self.state.user_id != user.id:
            self.state.since = time.time()
        self.state.user_id, self.state.user_hash = user.id, user.access_hash or 0
        self.state.is_bot = bool(user.bot)
        self.changed = True

    def set_token(self, token: bytes | None) -> None:
        """Keep the token by which a later login of the same user may need no code."""
        if token:
            self.state.future_auth_token = token
            self.changed = True

    def move(self, dc_id: int, host: str, port: int) -> None:
        """Live in another data centre from now on, with the key kept for it, if any. The present key stays good for the
        files that are where it was made."""
        state = self.state
        left, key = state.dc_id, state.auth_key
        state.auth_key = state.exported_keys.pop(dc_id, b"")
        if state.user_id and key:
            state.exported_keys[left] = key
        self.set_dc(dc_id, host, port)
        self.changed = True

    @property
    def key_id(self) -> str:
        """Telegram's own name of the present key, 16 hex digits, "" without one. It goes over the wire in the open."""
        key = self.auth_key
        return f"{key.key_id % 2**64:016x}" if key else ""

    @classmethod
    def without_login(cls, blob: bytes | None) -> bytes | None:
        """What of a snapshot serves a new login: place and token, no key. None without a snapshot."""
        if not blob:
            return None
        session = cls.restore(blob)
        session.forget_login()
        return session.snapshot()

    def forget_login(self) -> None:
        """The login is over: nothing but the token for a later one is worth keeping."""
        kept = self.state
        self.state = State(dc_id=kept.dc_id, host=kept.host, port=kept.port, future_auth_token=kept.future_auth_token)
        self.changed = True

    def set_exported(self, dc_id: int, key: AuthKey | None) -> None:
        """Keep the key of another data centre, as asking for a new one too often is flood-limited for 20 minutes; None
        forgets it."""
        self.state.exported_keys.pop(dc_id, None)
        if key is not None:
            self.state.exported_keys[dc_id] = key.key
        self.changed = True

    def exported(self, dc_id: int) -> AuthKey | None:
        """The kept key of another data centre."""
        key = self.state.exported_keys.get(dc_id)
        return AuthKey(key) if key else None

    def channel(self, chat_id: int) -> Channel | None:
        """What is known of a channel, by its bare id."""
        return self.state.channels.get(chat_id)

    def channel_named(self, username: str) -> int | None:
        """The id of the channel last seen under this username."""
        wanted = username.lower()
        return next((i for i, known in self.state.channels.items() if known.username == wanted), None)

    def remember(self, channel: Any) -> None:
        """Keep a channel's access hash. `min` ones have a hash that works nowhere else."""
        if not isinstance(channel, types.Channel) or channel.min or not channel.access_hash:
            return
        known = Channel(channel.access_hash, (channel.username or "").lower())
        before = self.state.channels.pop(channel.id, None)
        self.state.channels[channel.id] = known
        self.changed = self.changed or before != known
        while len(self.state.channels) > MAX_CHANNELS:
            del self.state.channels[next(iter(self.state.channels))]

    def set_counters(self, account: dict[str, Any], channels: dict[int, int]) -> bool:
        """Take over Telegram's update counters; True when they moved."""
        new = (account["pts"], account["qts"], int(account["date"].timestamp()), account["seq"])
        state = self.state
        moved = new != (state.pts, state.qts, state.date, state.seq) or channels != state.channel_pts
        state.pts, state.qts, state.date, state.seq = new
        state.channel_pts = channels
        return moved

    # --- Telethon's side --------------------------------------------------------------------------------------------

    def set_dc(self, dc_id: int, server_address: str, port: int) -> None:
        """Where to connect."""
        self.state.dc_id, self.state.host, self.state.port = dc_id, server_address, port

    @property
    def dc_id(self) -> int:
        return self.state.dc_id

    @property
    def server_address(self) -> str:
        return self.state.host

    @property
    def port(self) -> int:
        return self.state.port

    @property
    def auth_key(self) -> AuthKey | None:
        return AuthKey(self.state.auth_key) if self.state.auth_key else None

    @auth_key.setter
    def auth_key(self, value: AuthKey | None) -> None:
        key = value.key if value and value.key else b""
        self.changed = self.changed or key != self.state.auth_key
        self.state.auth_key = key

    @property
    def takeout_id(self) -> None:
        return None

    @takeout_id.setter
    def takeout_id(self, value: object) -> None:
        """Takeouts are not used."""

    def process_entities(self, tlo: Any) -> None:
        """Take the channels out of any answer that carries some."""
        for channel in getattr(tlo, "chats", None) or ():
            self.remember(channel)

    def get_input_entity(self, key: Any) -> Any:
        """The address of a channel by its bare id."""
        known = self.channel(key) if isinstance(key, int) else None
        if known is None:
            raise ValueError("this account has not met that chat")
        return types.InputPeerChannel(key, known.access_hash)

    def get_update_state(self, entity_id: int) -> Any:
        """Counters of the account (0) or of one channel."""
        return dict(self.get_update_states()).get(entity_id)

    def get_update_states(self) -> list[tuple[int, Any]]:
        """Counters of the account (0) and of every channel."""
        state = self.state
        date = datetime.fromtimestamp(state.date, UTC)
        own = types.updates.State(state.pts, state.qts, date, state.seq, unread_count=0)
        rest = [(i, types.updates.State(pts, 0, date, 0, unread_count=0)) for i, pts in state.channel_pts.items()]
        return [(0, own), *rest]

    def set_update_state(self, entity_id: int, state: Any) -> None:
        """Counters are taken over as a whole, by `set_counters`."""

    def save(self) -> None:
        """The owner saves, on the adapter's word."""

    def close(self) -> None:
        """Nothing is open."""

    def delete(self) -> None:
        """The owner deletes."""

    def cache_file(self, md5_digest: bytes, file_size: int, instance: Any) -> None:
        """Files are never reused."""

    def get_file(self, md5_digest: bytes, file_size: int, cls: Any) -> None:
        """Files are never reused."""
