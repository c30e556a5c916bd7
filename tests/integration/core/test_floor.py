"""Audit events, the installation's key, connections and the admin pages, on the real database."""

from __future__ import annotations

import dataclasses
import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError, OperationalError, ProgrammingError
from django.test import Client
from pytest_django.fixtures import Settings

from project.core import audit, database
from project.core.crypto import Keyring, new_key
from project.core.errors import SecretError, SettingError
from project.core.installation import random_id_key
from project.core.models import AuditEvent, Installation, Lease
from project.core.secret import Secret


def add_event(**more: object) -> None:
    audit.record(actor="command", action="pair.add", target="pair:1", **more)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "core", check=True, dry_run=True, verbosity=0)


@pytest.mark.usefixtures("transactional_db")
def test_an_event_stands_or_falls_with_the_act() -> None:
    with transaction.atomic():
        add_event()
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()
    with transaction.atomic():
        add_event(before={"status": "active"}, after={"status": "paused"}, reason="holiday", correlation_id="c1")
    event = AuditEvent.objects.get()
    assert (event.before, event.after, event.reason) == ({"status": "active"}, {"status": "paused"}, "holiday")
    assert event.at is not None


@pytest.mark.django_db
def test_events_keep_no_secrets() -> None:
    add_event(after={"phone": "+4915112345678", "token": "abc", "deep": [Secret("x")]}, reason="+49 151 1234 5678")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM core_auditevent e")
        (stored,) = cursor.fetchone()
    assert json.loads(stored)["after"] == {"phone": "+***78", "token": "***", "deep": ["***"]}
    assert "1234" not in stored


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["UPDATE core_auditevent SET actor = 'me'", "DELETE FROM core_auditevent"])
def test_nobody_changes_or_deletes_an_event(act: str) -> None:
    add_event()
    with pytest.raises(ProgrammingError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act)
    assert AuditEvent.objects.get().actor == "command"


@pytest.mark.django_db
def test_the_key_of_random_id_is_made_once_and_sealed() -> None:
    key = random_id_key()
    assert (len(key), random_id_key()) == (32, key)
    assert key not in bytes(Installation.objects.get().random_id_key)


@pytest.mark.django_db
def test_the_key_of_random_id_is_never_replaced(settings: Settings) -> None:
    random_id_key()
    settings.RELAY = dataclasses.replace(settings.RELAY, master_keys=Keyring.parse(new_key()))
    with pytest.raises(SecretError, match="MASTER_KEYS"):
        random_id_key()


@pytest.mark.django_db
def test_there_is_one_installation() -> None:
    random_id_key()
    with pytest.raises(DatabaseError), transaction.atomic():
        Installation.objects.create(only=False, random_id_key=b"")


async def test_a_connection_names_its_service_and_bounds_its_statements(servers: None, transactional_db: None) -> None:
    conn = await database.connect("probe", statement_limit=2)
    try:
        assert await conn.fetchval("SHOW application_name") == "relay probe"
        assert await conn.fetchval("SHOW statement_timeout") == "2s"
    finally:
        await conn.close(timeout=5)


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@127.0.0.1:1/x", "postgresql://u:hunter2@/x?host=/nowhere"])
async def test_an_unreachable_database_is_named_without_its_password(settings: Settings, url: str) -> None:
    settings.RELAY = dataclasses.replace(settings.RELAY, database_direct_url=url)
    with pytest.raises(SettingError, match=r"^DATABASE_DIRECT_URL: PostgreSQL cannot be reached") as refused:
        await database.connect("probe", direct=True)
    assert "hunter2" not in refused.value.for_people()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["auditevent", "lease", "installation"])
def test_admin_pages_show_and_never_change(admin_client: Client, page: str, settings: Settings) -> None:
    add_event()
    random_id_key()
    row = Lease.objects.create(name="session.1")
    assert admin_client.get(f"/admin/core/{page}/").status_code == 200
    assert admin_client.get(f"/admin/core/{page}/add/").status_code == 403
    assert admin_client.post(f"/admin/core/lease/{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_health_pages_answer_without_a_login(client: Client) -> None:
    assert [client.get(f"/{page}").status_code for page in ("healthz", "readyz")] == [200, 200]


@pytest.mark.django_db
def test_readyz_says_when_the_database_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
