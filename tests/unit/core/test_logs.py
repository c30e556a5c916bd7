"""What reaches the log: one line per record, and no secret."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from project.core import logs
from project.core.secret import Secret

BOT_TOKEN = "7712345678:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw4"
DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB"
WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/abcDEF-ghi_JKL0123456789abcdefghijklmnopqrstuvwxyz0123456789abcd"
MASTER_KEY = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
AUTH_KEY = "1" + "BVtsOKcBu7" * 35
ALL = {
    "token": BOT_TOKEN,
    "discord": DISCORD_TOKEN,
    "webhook": WEBHOOK.rsplit("/", 1)[1],
    "key": MASTER_KEY,
    "session": AUTH_KEY,
    "phone": "4915112345678",
    "password": "hunter2",
}
TEXT = f"{BOT_TOKEN} {DISCORD_TOKEN} {WEBHOOK} {MASTER_KEY} {AUTH_KEY} +4915112345678 postgresql://u:hunter2@db/x"


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """A logger "probe" that writes into memory in each form."""
    config = dataclasses.replace(settings.RELAY, log_format=request.param, discord_bot_token=Secret("plain-secret"))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter("unit", config, terminal=False))
    probe = logging.getLogger("probe")
    probe.handlers[:], probe.propagate = [handler], False
    probe.setLevel(logging.INFO)
    logs.configure("unit")
    yield stream
    structlog.reset_defaults()
    probe.handlers.clear()


@pytest.mark.parametrize("secret", ALL.values(), ids=ALL.keys())
def test_no_secret_in_messages_fields_and_tracebacks(written: io.StringIO, secret: str) -> None:
    log = logs.get_logger("probe")
    log.info(TEXT, note=TEXT, deep={"list": [TEXT, {"phone": "4915112345678", "password": "hunter2"}]})
    logging.getLogger("probe").info("from a library: %s", TEXT)
    try:
        raise ValueError(TEXT)
    except ValueError:
        log.exception("failed")
    assert written.getvalue().count("\n") == 3
    assert secret not in written.getvalue()


def test_configured_secrets_of_any_form_are_hidden(written: io.StringIO) -> None:
    logging.getLogger("probe").warning("sent plain-secret and %r", Secret("x"))
    assert "plain-secret" not in written.getvalue()
    assert "***" in written.getvalue()


def test_innocent_fields_stay(written: io.StringIO) -> None:
    logs.get_logger("probe").info("lease taken", account="session.7", epoch=3, chat=-1001234567890, code="FLOOD_WAIT")
    line = written.getvalue()
    assert not [text for text in ("lease taken", "session.7", "-1001234567890", "FLOOD_WAIT") if text not in line]


def test_a_record_is_one_line_without_terminal_codes(written: io.StringIO) -> None:
    evil = "first\nsecond\r\x1b[31mred\u2028third\u202egnp.exe\x9b1m"
    logs.get_logger("probe").info(evil, name=evil, **{"two\nlines": 1})
    assert written.getvalue().count("\n") == 1
    assert written.getvalue().rstrip("\n").isprintable()
    assert len(written.getvalue().splitlines()) == 1


def test_json_records_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.contextvars.bind_contextvars(correlation_id="c1")
    try:
        logs.configure("web")
        logs.get_logger("some.module").warning("slow", seconds=2.5)
    finally:
        structlog.contextvars.clear_contextvars()
    record = json.loads(capsys.readouterr().err)
    expected = {"service": "web", "level": "warning", "logger": "some.module", "event": "slow", "seconds": 2.5}
    assert expected.items() <= record.items()
    assert record["correlation_id"] == "c1"
