"""Logins that another program made with Telethon: its session file, or its session string."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from telethon.sessions import StringSession

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.telegram.session import Channel, MemorySession, State
from project.telegram.values import ImportedLogin

KEY_BYTES = 256
_MARK = -1_000_000_000_000  # Telethon keeps channels under marked ids, which count down from here
_MOST_BYTES = 200 * 1024 * 1024
_HINT = "Give the .session file of a Telethon program, stopped before."


def read_session_string(text: Secret) -> ImportedLogin:
    """The login behind a Telethon StringSession. Raises InvalidInput."""
    try:
        session = StringSession(text.reveal().strip())
    except (ValueError, struct.error):
        raise InvalidInput(
            "This is no Telethon session string.", hint="It begins with 1, and has 353 characters."
        ) from None
    key = session.auth_key.key if session.auth_key else b""
    return _snapshot(session.dc_id, session.server_address, session.port, key, {})


def read_session_file(path: Path) -> ImportedLogin:
    """The login in a Telethon session file (SQLite), with the channels that it knows; the file is only read.

    Raises InvalidInput when it is none, or in use.
    """
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise InvalidInput(f"There is no session file {path.name}.", hint=_HINT)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as base:
            rows = base.execute("SELECT dc_id, server_address, port, auth_key FROM sessions").fetchall()
            known = base.execute("SELECT id, hash, username FROM entities WHERE id < ?", (_MARK,)).fetchall()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise InvalidInput("The session file is in use.", hint="Stop the program that uses it.") from None
        raise InvalidInput("This is no Telethon session file.", hint=_HINT) from None
    except sqlite3.DatabaseError:
        raise InvalidInput("This is no Telethon session file.", hint=_HINT) from None
    if len(rows) != 1:
        raise InvalidInput("The session file holds no login.", hint=_HINT)
    channels = {_MARK - marked: Channel(access_hash, (name or "").lower()) for marked, access_hash, name in known}
    dc_id, host, port, key = rows[0]
    return _snapshot(dc_id, host, port, key, channels)


def _snapshot(dc_id: int, host: str, port: int, key: bytes | None, channels: dict[int, Channel]) -> ImportedLogin:
    if not dc_id or not key or len(key) != KEY_BYTES:
        raise InvalidInput("The session holds no login.", hint="Log that program in first, then stop it.")
    state = State(dc_id=dc_id, host=str(host), port=int(port), auth_key=bytes(key), channels=channels)
    session = MemorySession(state)
    return ImportedLogin(session.snapshot(), session.key_id)
