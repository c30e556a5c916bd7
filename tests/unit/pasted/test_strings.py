"""B25: session strings and files of several libraries."""

from __future__ import annotations

import base64
import sqlite3
import struct
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.telegram.imports import read_session_file, read_session_string
from project.telegram.session import MemorySession
from project.telegram.strings import CENTRES, goes_on, read_string

KEY = bytes(range(256))


def telethon(address: str = "149.154.167.91", dc: int = 4, key: bytes = KEY) -> str:
    packed = ip_address(address).packed
    return "1" + base64.urlsafe_b64encode(struct.pack(f">B{len(packed)}sH256s", dc, packed, 443, key)).decode()


def gramjs(host: bytes, dc: int = 2, key: bytes = KEY) -> str:
    data = bytes([dc]) + struct.pack(">h", len(host)) + host + struct.pack(">h", 443) + key
    return "1" + base64.b64encode(data).decode()


def pyrogram(layout: str = ">BI?256sQ?", dc: int = 2, test: bool = False, bot: bool = False) -> str:
    api = (12345,) if layout.startswith(">BI") else ()
    return base64.urlsafe_b64encode(struct.pack(layout, dc, *api, test, KEY, 777000, bot)).decode().rstrip("=")


def read(text: str) -> tuple[int, str, int, bytes]:
    state = MemorySession.restore(read_session_string(Secret(text)).state).state
    assert state.auth_key is not None
    return state.dc_id, state.host, state.port, state.auth_key


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (gramjs(b"149.154.167.91"), (2, "149.154.167.91")),
        (gramjs(b"91.108.56.130", 5), (5, "91.108.56.130")),
        (gramjs(b"vesta.web.telegram.org", 4), (4, CENTRES[4])),
        (gramjs(b"2001:67c:4e8:f002::a"), (2, "2001:67c:4e8:f002::a")),
        (pyrogram(), (2, CENTRES[2])),
        (pyrogram(">B?256sQ?", 5), (5, CENTRES[5])),
        (pyrogram(">B?256sI?", 1), (1, CENTRES[1])),
        (pyrogram(test=True), (2, "149.154.167.40")),
        (telethon(), (4, "149.154.167.91")),
        (telethon("127.0.0.1"), (4, "127.0.0.1")),
        (telethon("2001:67c:4e8:f004::a"), (4, "2001:67c:4e8:f004::a")),
    ],
)
def test_b25_each_library_is_recognised_with_its_data_centre(text: str, place: tuple[int, str]) -> None:
    assert read(text)[:2] == place
    assert read(text)[3] == KEY


@pytest.mark.parametrize(
    "text",
    [
        f'"{telethon()}"',
        f"\u201c{telethon()}\u201d",
        "\n".join(telethon()[at : at + 100] for at in range(0, 353, 100)),
        telethon().rstrip("="),
        telethon().replace("-", "+").replace("_", "/"),
        f"SESSION={telethon()}",
        f"StringSession('{telethon()}')",
        f'SESSION_STRING: "{telethon()}"',
        f"\ufeff {telethon()}\u200b\r\n",
    ],
)
def test_b25_what_stands_around_a_good_string_does_no_harm(text: str) -> None:
    assert read(text) == (4, "149.154.167.91", 443, KEY)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (telethon()[:200], "cut off: it has 200 characters"),
        (telethon() + "abcdef", "fit neither"),
        ("1" + "x" * 352 + "\u00e9", "signs stand in it"),
        ("123456789:" + "A" * 35, "a bot's token"),
        ("0123456789abcdef" * 2, "an API hash"),
        ("+49 151 1234567", "a phone number"),
        (pyrogram(bot=True), "the login of a bot"),
        (gramjs(b"vesta.web.telegram.org", 9), "data centre 9"),
        (telethon(key=bytes(256)), "holds no login"),
        (base64.urlsafe_b64encode(bytes(range(250)) * 2).decode(), "grammers"),
        ("", "no session string"),
    ],
)
def test_b25_what_is_refused_says_what_it_is(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_session_string(Secret(text))
    assert why in refused.value.for_people()
    assert text[:20] not in refused.value.for_people() or len(text) < 20


def test_b25_no_garbage_is_taken_for_an_address() -> None:
    garbage = bytes([2]) + struct.pack("<h", 14) + b"149.154.167.91" + struct.pack(">h", 443) + KEY
    with pytest.raises(InvalidInput):
        read_string(Secret("1" + base64.b64encode(b"\0" + garbage[1:]).decode()))


def test_b25_files_of_pyrogram_and_files_with_a_string(tmp_path: Path) -> None:
    path = tmp_path / "py.session"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE sessions (dc_id, api_id, test_mode, auth_key, date, user_id, is_bot)")
        base.execute("INSERT INTO sessions VALUES (4, 1, 0, ?, 0, 777000, 0)", (KEY,))
        base.commit()
    state = MemorySession.restore(read_session_file(path).state).state
    assert (state.dc_id, state.host, state.auth_key) == (4, CENTRES[4], KEY)
    text = tmp_path / "string.txt"
    text.write_bytes(b"\xef\xbb\xbf" + telethon().encode() + b"\r\n")
    state = MemorySession.restore(read_session_file(text).state).state
    assert (state.dc_id, state.auth_key) == (4, KEY)
    with pytest.raises(InvalidInput, match="a folder"):
        read_session_file(tmp_path)


def test_b25_a_wrapped_string_goes_on_until_it_is_whole() -> None:
    lines = [telethon()[at : at + 100] for at in range(0, 353, 100)]
    text = ""
    for line in lines[:-1]:
        text += line
        assert goes_on(text)
    assert not goes_on(text + lines[-1])
    assert not goes_on("hello")


@given(
    st.binary(min_size=256, max_size=256).filter(any),
    st.integers(1, 5),
    st.ip_addresses(v=4).filter(lambda a: a.is_global and not a.is_multicast),
)
def test_b25_every_telethon_string_comes_back(key: bytes, dc: int, address: object) -> None:
    found = read_string(Secret(telethon(str(address), dc, key)))
    assert (found.library, found.dc_id, found.host, found.key) == ("Telethon", dc, str(address), key)


@given(st.text(max_size=400) | st.binary(max_size=300).map(lambda data: "1" + base64.b64encode(data).decode()))
def test_b25_any_text_is_a_login_or_refused_without_repeating_it(text: str) -> None:
    try:
        told = repr(read_string(Secret(text)))
    except InvalidInput as error:
        told = error.for_people()
    assert len(text) < 80 or text[40:80] not in told
