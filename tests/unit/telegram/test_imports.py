"""Logins of other Telethon programs, and what is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession, StringSession

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.telegram.imports import read_session_file, read_session_string
from project.telegram.session import MemorySession

KEY = bytes(range(256))


def test_a_session_string_is_read() -> None:
    theirs = StringSession()
    theirs.set_dc(4, "149.154.167.91", 443)
    theirs.auth_key = AuthKey(KEY)
    state = MemorySession.restore(read_session_string(Secret(f" {theirs.save()}\n")).state).state
    assert (state.dc_id, state.host, state.port, state.auth_key) == (4, "149.154.167.91", 443, KEY)
    assert state.user_id == 0


@pytest.mark.parametrize("text", ["", "1", "2abc", "1" + "x" * 352, "1é", "hello world"])
def test_what_is_no_session_string(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_session_string(Secret(text))


def test_files_that_hold_no_login_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no session file"):
        read_session_file(tmp_path / "absent.session")
    text = tmp_path / "text.session"
    text.write_text("not a database " * 100)
    with pytest.raises(InvalidInput, match="no Telethon session file"):
        read_session_file(text)
    other = tmp_path / "other.session"
    with sqlite3.connect(other) as base:
        base.execute("CREATE TABLE notes (text)")
    with pytest.raises(InvalidInput, match="no Telethon session file"):
        read_session_file(other)
    empty = tmp_path / "empty.session"
    SQLiteSession(str(empty)).close()
    with pytest.raises(InvalidInput, match="no login"):
        read_session_file(empty)


def test_a_file_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "used.session"
    theirs = SQLiteSession(str(path))
    theirs.set_dc(2, "127.0.0.1", 443)
    theirs.auth_key = AuthKey(KEY)
    theirs.save()
    theirs.close()
    with sqlite3.connect(path) as base:
        base.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InvalidInput, match="in use"):
            read_session_file(path)
        base.rollback()
    assert MemorySession.restore(read_session_file(path).state).state.auth_key == KEY
