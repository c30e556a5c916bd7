"""Logins that another program made: its session file, or its session string."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.core.textfile import decode_text
from project.telegram.session import Channel, MemorySession, State
from project.telegram.strings import CENTRES, KEY_BYTES, PORT, TEST_CENTRES, read_string
from project.telegram.values import ImportedLogin

_MARK = -1_000_000_000_000  # Telethon keeps channels under marked ids, which count down from here
_MOST_TEXT = 4096
_MOST_BYTES = 200 * 1024 * 1024
_HINT = "Give the .session file of a Telethon program, stopped before."


def read_session_string(text: Secret) -> ImportedLogin:
    """The login behind a session string of Telethon, GramJS or Pyrogram. Raises InvalidInput."""
    found = read_string(text)
    return _snapshot(found.dc_id, found.host, found.port, found.key, {})


def read_session_file(path: Path) -> ImportedLogin:
    """The login in a session file (SQLite) of Telethon, with the channels that it knows, or of Pyrogram; or in a text
    file with a session string. The file is only read.

    Raises InvalidInput when it is none, or in use.
    """
    if path.is_dir():
        raise InvalidInput(f"{path.name} is a folder, not a session file.", hint=f"{_HINT} A tdata is not taken.")
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise InvalidInput(f"There is no session file {path.name}.", hint=_HINT)
    if not _is_sqlite(path):
        return _in_text(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as base:
            columns = {row[1] for row in base.execute("PRAGMA table_info(sessions)")}
            if {"test_mode", "is_bot"} <= columns:
                return _of_pyrogram(base.execute("SELECT dc_id, test_mode, auth_key, is_bot FROM sessions").fetchall())
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


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _in_text(path: Path) -> ImportedLogin:
    with path.open("rb") as file:
        data = file.read(_MOST_TEXT)
    try:
        return read_session_string(Secret(decode_text(data).strip()))
    except InvalidInput:
        raise InvalidInput("This is no Telethon session file, and no text with a session string.", hint=_HINT) from None


def _of_pyrogram(rows: Sequence[tuple[int, int, bytes, int]]) -> ImportedLogin:
    if len(rows) != 1:
        raise InvalidInput("The session file holds no login.", hint=_HINT)
    dc_id, is_test, key, is_bot = rows[0]
    if is_bot:
        raise InvalidInput("This is the login of a bot.", hint="/addbot takes a bot's token instead.")
    host = (TEST_CENTRES if is_test else CENTRES).get(dc_id, "")
    return _snapshot(dc_id if host else 0, host, PORT, key, {})


def _snapshot(dc_id: int, host: str, port: int, key: bytes | None, channels: dict[int, Channel]) -> ImportedLogin:
    if not dc_id or not key or len(key) != KEY_BYTES:
        raise InvalidInput("The session holds no login.", hint="Log that program in first, then stop it.")
    state = State(dc_id=dc_id, host=str(host), port=int(port), auth_key=bytes(key), channels=channels)
    session = MemorySession(state)
    return ImportedLogin(session.snapshot(), session.key_id)
