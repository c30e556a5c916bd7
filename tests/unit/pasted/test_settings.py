"""B23 and B24: settings as editors save them, and the public address as people write it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.dotenv import parse_dotenv
from project.core.errors import InvalidInput, SettingError
from project.core.weburl import normal_url, origin, script_path
from project.env import environment, load
from tests.unit.core.test_env import GOOD

LINES = (
    "DATABASE_URL=postgres://relay:pw@db/relay\r\nREDIS_URL=redis://cache:6379/0\r\n"
    'export ADMIN_BOT_TOKEN="1:abc"  # the bot\r\n'
)
VALUES = {
    "DATABASE_URL": "postgres://relay:pw@db/relay",
    "REDIS_URL": "redis://cache:6379/0",
    "ADMIN_BOT_TOKEN": "1:abc",
}


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + LINES.encode(),
        LINES.encode(),
        LINES.replace("\r\n", "\n").encode(),
        LINES.replace("export ", "set ").replace("=", " = ").encode(),
        LINES.replace('"', "\u201d").replace("DATABASE", "\u200bDATABASE").encode(),
        LINES.replace("\r\n", "\r\n\r\n# a remark = none\r\n").encode(),
    ],
)
def test_b23_the_first_line_counts_however_the_file_was_saved(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / ".env"
    path.write_bytes(data)
    assert environment({"ENV_FILE": str(path)}) == VALUES | {"ENV_FILE": str(path)}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (LINES.encode("utf-16"), "is text in UTF-16"),
        (LINES.encode("utf-16-le"), "is text in UTF-16"),
        (LINES.encode("utf-32"), "is text in UTF-32"),
        (LINES.encode() + b"NAME=L\xfcbeck\n", "line 4 holds a byte"),
        (LINES.encode() + b"- NAME=hunter2\n", "line 4: it is no NAME=value"),
        (LINES.encode() + b"=hunter2\n", "line 4: no name stands before the ="),
        (LINES.encode() + b'NAME="hunter2\n', "line 4: its value begins with a quote that is not closed"),
    ],
)
def test_b23_what_cannot_be_read_names_the_file_and_the_line(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / ".env"
    path.write_bytes(data)
    with pytest.raises(SettingError) as refused:
        environment({"ENV_FILE": str(path)})
    assert str(path) in refused.value.message
    assert why in refused.value.message
    assert "hunter2" not in refused.value.for_people()


def test_b23_a_mark_before_a_value_file_or_a_name_of_the_process_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD["SECRET_KEY"].encode() + b"\r\n")
    assert load({**GOOD, "SECRET_KEY": "", "SECRET_KEY_FILE": str(path)}).secret_key.reveal() == GOOD["SECRET_KEY"]
    path.write_text(GOOD["SECRET_KEY"], encoding="utf-16")
    with pytest.raises(SettingError, match=r"SECRET_KEY_FILE: the file .* is text in UTF-16"):
        load({**GOOD, "SECRET_KEY": "", "SECRET_KEY_FILE": str(path)})
    assert environment({"ENV_FILE": "", "\ufeffDATABASE_URL": "x"})["DATABASE_URL"] == "x"


@given(st.text(max_size=120) | st.text(alphabet="AB=\"'# \n\u201c\ufeff", max_size=40))
def test_b23_any_text_gives_values_or_one_typed_error(text: str) -> None:
    with suppress(InvalidInput):
        assert all(name.isascii() and name for name in parse_dotenv(text))


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), st.from_regex(r"[!-~]{1,20}", fullmatch=True)
    )
)
def test_b23_what_is_written_in_quotes_comes_back(values: dict[str, str]) -> None:
    plain = {name: value.replace('"', "'") for name, value in values.items()}
    assert parse_dotenv("\n".join(f'{name}="{value}" # why' for name, value in plain.items())) == plain


@pytest.mark.parametrize(
    ("given_url", "url", "sent"),
    [
        ("https://Relay.Example.org", "https://relay.example.org", "https://relay.example.org"),
        ("HTTPS://relay.example.org:443", "https://relay.example.org", "https://relay.example.org"),
        ("http://relay.example.org:80/", "http://relay.example.org", "http://relay.example.org"),
        ("https://relay.example.org/", "https://relay.example.org", "https://relay.example.org"),
        ("https://relay.example.org.", "https://relay.example.org", "https://relay.example.org"),
        ("https://ops.example.org:8443/relay/", "https://ops.example.org:8443/relay", "https://ops.example.org:8443"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://B\u00dcCHER.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000", "http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_b24_the_public_address_is_what_browsers_send(given_url: str, url: str, sent: str) -> None:
    assert load({**GOOD, "PUBLIC_URL": given_url}).public_url == url
    assert origin(urlsplit(url)) == sent


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://ops.example.org/a//b", "single slashes"),
        ("https://ops.example.org/../x", "its path"),
        ("https://ops.example.org/r elay", "its path"),
        ("https://relay.example.org/admin/", "/admin"),
        ("https://relay.example.org/?x=1", "query"),
        ("relay.example.org", "http://"),
        ("https://a..b\u00fc.example", "no name of the internet"),
    ],
)
def test_b24_an_address_that_cannot_work_is_refused_in_words(url: str, why: str) -> None:
    with pytest.raises(SettingError, match="PUBLIC_URL") as refused:
        load({**GOOD, "PUBLIC_URL": url})
    assert why in refused.value.message


@given(st.text(max_size=40))
def test_b24_any_address_is_normal_or_refused(text: str) -> None:
    for tried in (text, f"https://{text}", f"https://relay.example.org/{text}"):
        with suppress(ValueError):
            url = normal_url(tried)
            assert normal_url(url) == url
            script_path(url)
