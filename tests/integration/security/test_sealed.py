"""Secrets whose bytes were changed, that were moved to another row, or whose key is gone: refused and audited."""

from __future__ import annotations

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from project.core.config import current
from project.core.crypto import Keyring, new_key, seal
from project.core.errors import SecretError
from project.core.models import AuditEvent
from sessions.models import AccountSecret, TelegramSession
from workers.worker.sealed import load_opened

DEVICE = {"device_model": "Relay test", "system_version": "Linux", "app_version": "1.0"}


def make(name: str, keys: Keyring) -> TelegramSession:
    session = TelegramSession.objects.create(
        name=name, phone_sealed=b"", phone_hint="", device=DEVICE, lifecycle="active", health="healthy"
    )
    sealed = seal(b"state of " + name.encode(), owner=session.account, keys=keys)
    AccountSecret.objects.create(account=session.account, sealed=sealed, updated_at=timezone.now())
    return session


def spoil() -> list[TelegramSession]:
    """One of each kind: a changed byte, two swapped rows, an unknown key; and one that is fine."""
    keys = current().master_keys
    flipped, one, two, fine = (make(name, keys) for name in ("flipped", "one", "two", "fine"))
    lost = make("lost", Keyring.parse(new_key()))
    row = AccountSecret.objects.get(account=flipped.account)
    changed = bytearray(bytes(row.sealed))
    changed[-1] ^= 1
    AccountSecret.objects.filter(account=flipped.account).update(sealed=bytes(changed))
    first, second = (AccountSecret.objects.get(account=session.account) for session in (one, two))
    AccountSecret.objects.filter(account=one.account).update(sealed=second.sealed)
    AccountSecret.objects.filter(account=two.account).update(sealed=first.sealed)
    return [flipped, one, two, lost, fine]


async def test_spoilt_secrets_are_refused_and_audited_once(pg: asyncpg.Connection) -> None:
    *spoilt, fine = await sync_to_async(spoil)()
    for _ in range(3):  # a worker tries again and again
        for session in spoilt:
            with pytest.raises(SecretError):
                await load_opened(pg, session.account)
    assert (await load_opened(pg, fine.account)).state == b"state of fine"
    told = await sync_to_async(lambda: list(AuditEvent.objects.filter(action="secret.refused").order_by("target")))()
    assert [row.target for row in told] == sorted(session.account for session in spoilt)
    assert {row.actor for row in told} == {f"worker:{session.account}" for session in spoilt}
    assert "not among MASTER_KEYS" in next(row.reason for row in told if row.target == spoilt[-1].account)
