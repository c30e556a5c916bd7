"""A login of another Telethon program taken over; sessions changed, stopped and let go on from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

from telethon.crypto import AuthKey
from telethon.sessions import StringSession

from project.core.models import AuditEvent
from project.core.secret import Secret
from project.telegram.account import App, DeviceProfile, Endpoint, TelegramAccount
from project.telegram.session import MemorySession
from sessions.models import TelegramSession
from tests.integration.doors.conftest import Commands, Loopback, Running
from tests.integration.doors.test_journey import phone

APP = App(12345, Secret("0123456789abcdef0123456789abcdef"), DeviceProfile("Their program", "Linux", "1.0"))


def their_login(loopback: Loopback, number: str) -> str:
    """The session string of another program, which has stopped."""
    dc_id, host, port = loopback.env["TELEGRAM_DC"].split(":")
    place = Endpoint(int(dc_id), host, int(port), Path(loopback.env["TELEGRAM_DC_KEY_FILE"]).read_text())

    async def log_in() -> bytes:
        theirs = TelegramAccount(
            name="theirs", app=APP, endpoint=place, state=None, on_update=lambda _: None, on_state=lambda: None
        )
        await theirs.connect()
        sent = await theirs.send_code(number)
        code = await asyncio.to_thread(loopback.do, lambda c: c.telegram.login_code(number))
        await theirs.sign_in(number, sent.phone_code_hash, Secret(code))
        await theirs.disconnect()
        return theirs.snapshot()

    state = MemorySession.restore(asyncio.run(log_in())).state
    saved = StringSession()
    saved.set_dc(state.dc_id, state.host, state.port)
    saved.auth_key = AuthKey(state.auth_key)
    return str(saved.save())


def test_a_telethon_login_is_taken_over_and_the_session_changed(
    commands: Commands, loopback: Loopback, node: Running
) -> None:
    number = phone()
    user = loopback.do(lambda c: c.telegram.create_user(number, "Ann"))
    commands.run("session", "add", "ann", number)
    string = their_login(loopback, number)
    assert "no session string of Telethon" in commands.run("importsession", "ann", "--string", answers="junk\n", code=2)
    said = commands.run("importsession", "ann", "--string", answers=f"{string}\nno\n", code=2)
    assert "must be stopped for good" in said
    assert "Nothing was changed" in said
    said = commands.run("importsession", "ann", "--string", answers=f"{string}\nyes\n")
    assert f"Session ann is logged in (Telegram account {user})" in said
    assert string not in said
    assert "logged in already" in commands.run("importsession", "ann", "--string", "--yes", answers=string, code=2)

    other = phone()
    loopback.do(lambda c: c.telegram.create_user(other, "Bea"))
    commands.run("session", "add", "bea", other)
    said = commands.run("importsession", "bea", "--string", "--yes", answers=f"{string}\n", code=2)
    assert "Another session uses this very login" in said
    string = their_login(loopback, number)  # another login of the same person
    said = commands.run("importsession", "bea", "--string", "--yes", answers=f"{string}\n", code=2)
    assert "another Telegram account than the one of the registered phone number" in said
    calls = loopback.do(lambda c: c.telegram.counters()).calls[str(user)]
    assert "auth.logOut" not in calls  # it is not ours to end

    said = commands.run("session", "edit", "ann", "--priority", "7", "--meta", "team=blue", "--failover", "off")
    assert "priority 7" in said
    assert "from 1 to 10" in commands.run("session", "edit", "ann", "--priority", "77", code=2)
    commands.run("session", "disable", "ANN")
    assert "disabled" in commands.run("session", "list")
    assert "it is active" in commands.run("session", "enable", "ann")
    row = TelegramSession.objects.get(name="ann")
    assert (row.priority, row.metadata, row.failover) == (7, {"team": "blue"}, False)
    acts = list(AuditEvent.objects.filter(target=row.account).order_by("pk").values_list("action", flat=True))
    assert acts == ["session.register", "session.import", "session.change", "session.disable", "session.enable"]
