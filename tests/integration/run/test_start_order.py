"""After a restart of the host programs start in any order (B40): each waits, or ends with one sentence."""

from __future__ import annotations

import logging
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client

from project import health
from project.celery import app
from project.core.config import current
from project.core.errors import Conflict, SettingError
from project.core.secret import Secret
from workers import beat
from workers.beat import LeaderScheduler
from workers.control import Control

BEHIND = "The tables in the database are not up to date"
STARTING = "the database system is starting up"


@pytest.fixture
def _older(transactional_db: None) -> Iterator[None]:
    """A new version whose last migration has not run."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'workers' AND name = '0005_pulse' RETURNING applied")
        assert cursor.fetchone()
    yield
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('workers', '0005_pulse', now())")


@pytest.fixture
def tokens(settings: Any) -> None:
    token = Secret("123456:" + "A" * 35)
    settings.RELAY = replace(current(), admin_bot_token=token, discord_bot_token=token)


@pytest.mark.usefixtures("_older", "tokens")
class TestOlderTables:
    @pytest.mark.parametrize("command", ["runnode", "runbot", "rundiscord"])
    def test_programs_end_with_a_sentence(self, command: str) -> None:
        with pytest.raises(Conflict, match=BEHIND):
            call_command(command)

    def test_beat_ends_with_a_sentence(self) -> None:
        with pytest.raises(SystemExit, match=BEHIND):
            LeaderScheduler(app=app)

    def test_control_says_so_and_waits(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING)
        control = Control(current())
        control.start()
        try:
            assert said(caplog, BEHIND)
            assert control.is_alive()
        finally:
            control.stop()

    def test_the_site_is_not_ready(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "_seen", False)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "migrate" in answer.content.decode()


class Recovering(socketserver.BaseRequestHandler):
    """PostgreSQL while it recovers: it takes connections and refuses them with 57P03."""

    def handle(self) -> None:
        while True:
            size = struct.unpack("!I", self.request.recv(4))[0]
            code = struct.unpack("!I", self.request.recv(size - 4)[:4])[0]
            if code not in (80877103, 80877104):  # SSLRequest, GSSENCRequest
                break
            self.request.sendall(b"N")
        fields = f"SFATAL\0VFATAL\0C57P03\0M{STARTING}\0\0".encode()
        self.request.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)


@pytest.fixture
def recovering(settings: Any) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recovering) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"postgresql://u:p@127.0.0.1:{server.server_address[1]}/d"
        token = Secret("123456:" + "A" * 35)
        settings.RELAY = replace(
            current(), database_url=url, database_direct_url=url, admin_bot_token=token, discord_bot_token=token
        )
        yield url
        server.shutdown()


class TestADatabaseThatRecovers:
    @pytest.mark.parametrize("command", ["runbot", "rundiscord"])
    @pytest.mark.usefixtures("recovering")
    def test_programs_end_with_a_sentence(self, command: str) -> None:
        with pytest.raises(SettingError, match=STARTING):
            call_command(command)

    def test_beat_ends_with_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise OperationalError(f"connection failed: FATAL:  {STARTING}\n\tIs the server running?\n")

        monkeypatch.setattr(beat, "check_tables", refuse)
        with pytest.raises(SystemExit, match=f"{STARTING}.$"):
            LeaderScheduler(app=app)


def said(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    end = threading.Event()
    for _ in range(100):
        if text in caplog.text:
            return True
        end.wait(0.1)
    return False
