"""A change of master key: 200 sessions, killed midway, gone on with; afterwards the old key opens nothing any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from pairs.models import Pair
from project.core.config import current
from project.core.crypto import Keyring, new_key, seal, sealed_with, unseal
from project.core.errors import SecretError
from project.core.installation import random_id_key
from project.core.models import AuditEvent
from project.core.rotation import rotate
from project.core.sealed import Column, columns, sealed_secrets
from project.env import BASE_DIR
from sessions.models import AccountSecret, SenderBot, TelegramSession

SESSIONS = 200
LIMIT = 60.0
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


@pytest.fixture
def secrets(transactional_db: None) -> dict[str, list[bytes]]:
    """What lies sealed under today's key, by owner."""
    keys = current().master_keys
    now = timezone.now()
    sessions = TelegramSession.objects.bulk_create(
        TelegramSession(name=f"s{number}", phone_sealed=b"", phone_hint="+1•••", device={})
        for number in range(SESSIONS)
    )
    for session in sessions:
        session.phone_sealed = seal(b"+1234567890", owner=session.account, keys=keys)
        session.proxy_sealed = seal(b"socks5://proxy", owner=session.account, keys=keys)
    TelegramSession.objects.bulk_update(sessions, ["phone_sealed", "proxy_sealed"])
    AccountSecret.objects.bulk_create(
        AccountSecret(account=s.account, sealed=seal(b"auth key", owner=s.account, keys=keys), updated_at=now)
        for s in sessions
    )
    sender = SenderBot.objects.create(bot_id=1, token_sealed=b"", device={})
    SenderBot.objects.update(token_sealed=seal(b"1:token", owner=sender.account, keys=keys))
    pair = Pair.objects.create(source_chat=1, discord_channel=1, destination_chat=1)
    Pair.objects.update(webhook_sealed=seal(b"webhook", owner=f"pair.{pair.pk}", keys=keys))
    random_id_key()
    return opened(keys)


def opened(keys: Keyring) -> dict[str, list[bytes]]:
    """Every secret in the clear, by owner."""
    found: dict[str, list[bytes]] = {}
    for owner, blob in sealed_secrets():
        found.setdefault(owner, []).append(unseal(blob, owner=owner, keys=keys))
    return found


def test_every_binary_column_is_known_to_be_sealed_or_a_hash() -> None:
    binary = {
        f"{model._meta.db_table}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
    }
    sealed = {str(column) for column in columns()}
    assert {name for name in binary - sealed if "hash" not in name} == set()
    assert {
        "tg_sessions_accountsecret.sealed",
        "pairs_pair.webhook_sealed",
        "core_installation.random_id_key",
    } <= sealed
    assert all(hasattr(column.model, "account") or hasattr(column.model, "seal_owner") for column in columns())


def test_a_rotation_of_200_sessions_killed_midway_is_gone_on_with(secrets: dict[str, list[bytes]]) -> None:
    old = os.environ["MASTER_KEYS"]
    new = new_key()
    both, only_new = Keyring.parse(f"{new},{old}"), Keyring.parse(new)
    held = AccountSecret.objects.order_by("account")[SESSIONS // 2].account
    with transaction.atomic():
        AccountSecret.objects.select_for_update().get(account=held)  # the rotation cannot pass this row
        process = start(f"{new},{old}")
        try:
            wait_for_a_lock()
        finally:
            process.kill()
            process.wait()
    left = [blob for _, blob in sealed_secrets() if sealed_with(blob) != both.first.id.hex()]
    assert 0 < len(left) < sum(map(len, secrets.values()))
    assert opened(both) == secrets
    with pytest.raises(SecretError):
        opened(only_new)
    said, _ = (again := start(f"{new},{old}")).communicate(timeout=LIMIT)
    assert again.returncode == 0
    assert f"{len(left)} secrets were sealed anew" in said
    assert "may be removed" in said
    assert opened(only_new) == secrets
    assert AuditEvent.objects.filter(action="keys.rotate").get().after["left"] == 0


def test_a_secret_that_no_key_opens_is_named_and_stops_nothing(secrets: dict[str, list[bytes]]) -> None:
    ann, bob = TelegramSession.objects.order_by("pk")[:2]
    TelegramSession.objects.filter(pk=ann.pk).update(phone_sealed=bob.phone_sealed)  # another row's secret
    keys = Keyring.parse(f"{new_key()},{os.environ['MASTER_KEYS']}")
    done = rotate(keys, actor="test", tell=lambda progress: None)
    assert done.left == len(done.shut) == 1
    assert ann.account in done.shut[0]
    assert "auth key" not in AuditEvent.objects.get(action="keys.rotate").reason


def test_what_a_worker_stores_meanwhile_is_kept(
    secrets: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker writes between the read of a row and its replacement, with its own, older settings."""
    account = AccountSecret.objects.order_by("account")[0].account
    fresh = seal(b"newer state", owner=account, keys=current().master_keys)
    plain = Column.blob
    once: Iterator[int] = iter([1])

    def blob(column: Column, row: models.Model) -> bytes:
        found = plain(column, row)
        if row.pk == account and next(once, None):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE tg_sessions_accountsecret SET sealed = %s WHERE account = %s", [fresh, account])
        return found

    monkeypatch.setattr(Column, "blob", blob)
    keys = Keyring.parse(f"{new_key()},{os.environ['MASTER_KEYS']}")
    assert rotate(keys, actor="test", tell=lambda progress: None).left == 0
    assert unseal(bytes(AccountSecret.objects.get(account=account).sealed), owner=account, keys=keys) == b"newer state"


def start(master_keys: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "rotatekeys"],
        cwd=BASE_DIR,
        env={**os.environ, "MASTER_KEYS": master_keys},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_a_lock() -> None:
    """Until somebody waits for a row that this test holds; other tests' locks are on this server, too."""
    end = time.monotonic() + LIMIT
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)
    raise AssertionError("the rotation did not come to the held row")
