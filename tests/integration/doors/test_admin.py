"""The admin site: every table is there, nothing sealed is shown, and long lists cost few queries."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.checks import check_admin_app
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pairs.models import Assignment, Delivery, Event, Inbox, Pair, SourceAccess
from project.core.models import AuditEvent, BotDialogue, ConsoleLink, Notice, Operation, Operator, OwnerClaim
from sessions.models import AccountSecret, HealthCheck, HealthFlip, LoginAttempt, Lookup, SenderBot, TelegramSession
from workers.models import Node, Placement, WorkerGroup

ROOMS = ("core", "tg_sessions", "pairs", "workers")
SEALED = b"sealed-bytes"
MOST_QUERIES = 9  # session, user, count, rows; and one for each filter that lists rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ann", password="x"))
    return client


def fill(number: int) -> None:
    """One row, at least, of everything that people look at."""
    now = timezone.now()
    session = TelegramSession.objects.create(
        name=f"s{number}", phone_sealed=SEALED, phone_hint="+49•••11", device={}, proxy_sealed=SEALED, user_id=number
    )
    sender = SenderBot.objects.create(bot_id=number, token_sealed=SEALED, device={}, username=f"bot{number}")
    pair = Pair.objects.create(
        source_chat=number,
        source_title=f"Source {number}",
        discord_channel=number,
        destination_chat=number,
        sender=sender,
        webhook_id=1,
        webhook_sealed=SEALED,
    )
    Assignment.objects.create(pair=pair, session=session)
    event = Event.objects.create(
        pair=pair, seq=1, scope=f"tg:{number}", message_id=1, kind="create", content_hash=b"x", created_at=now
    )
    Delivery.objects.create(event=event, pair=pair, seq=1, hop=1, source_message=1, state="sent", attempted_at=now)
    Inbox.objects.create(pair=pair, scope="dc:1", message_id=1, act="delete", created_at=now)
    SourceAccess.objects.create(session=session, source_chat=number, access="member", checked_at=now)
    LoginAttempt.objects.create(account=session.account, expires_at=now, sealed_answer=SEALED, sealed_state=SEALED)
    Lookup.objects.create(account=session.account, answer={"title": "Chat", "phone": "491511234567"}, answered_at=now)
    Lookup.objects.create(account=session.account, answer=[{"id": 1, "access": "member"}], answered_at=now)
    AccountSecret.objects.create(account=session.account, sealed=SEALED, updated_at=now)
    HealthCheck.objects.create(session=session, at=now, passed=True)
    HealthFlip.objects.create(session=session, at=now, before="unknown", after="healthy")
    WorkerGroup.objects.create(session=session, number=1, heartbeat_at=now)
    Operator.objects.create(user_id=number, name=f"Ann {number}", role="operator")
    BotDialogue.objects.create(user_id=number, name="authenticate", data={}, expires_at=now)
    ConsoleLink.objects.create(user_id=number, token_hash=f"{number:064x}", made_at=now, expires_at=now)
    OwnerClaim.objects.update_or_create(only=True, defaults={"token_hash": "sealed-bytes", "expires_at": now})
    Notice.objects.create(key=f"session.{session.pk}", text="It is away.", severity="critical")
    Operation.objects.create(kind="pairs.move", title=f"{number} pairs", actor="bot:1", correlation_id=f"{number}")
    node = Node.objects.create(id=f"{number:032x}", name=f"n{number}", pid=1, started_at=now, heartbeat_at=now)
    Placement.objects.create(account=session.account, host=session.account, node=node)


def models() -> list[type]:
    return [model for room in ROOMS for model in apps.get_app_config(room).get_models()]


def address(model: type, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)  # type: ignore[attr-defined]


def test_every_table_is_registered() -> None:
    assert reverse("admin:index")  # the pages come with the addresses
    assert check_admin_app(None) == []
    assert [model.__name__ for model in models() if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_a_page_shows_its_rows_and_nothing_sealed(site: Client, model: type) -> None:
    fill(1)
    pages = [address(model, "changelist"), *(address(model, "change", row.pk) for row in model.objects.all())]  # type: ignore[attr-defined]
    for page in pages:
        answer = site.get(page)
        assert answer.status_code == 200, page
        text = answer.content.decode()
        for secret in ("sealed-bytes", SEALED.hex(), "491511234567"):
            assert secret not in text
    listed = site.get(pages[0], {"q": "1"}).content.decode()
    assert "relay/admin.css" in listed or model._meta.app_label == "core"  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_a_longer_list_costs_no_more_queries(site: Client, model: type) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert site.get(address(model, "changelist")).status_code == 200
        return len(seen)

    fill(1)
    few = queries()
    for number in range(2, 12):
        fill(number)
    assert queries() <= few
    assert few <= MOST_QUERIES


def test_rows_are_made_and_removed_by_services_only(site: Client) -> None:
    fill(1)
    session = TelegramSession.objects.get()
    for model, row in ((TelegramSession, session), (Pair, Pair.objects.get()), (Delivery, Delivery.objects.get())):
        assert site.get(address(model, "add")).status_code == 403
        assert site.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert site.post(address(Pair, "change", Pair.objects.get().pk), {"status": "removed"}).status_code == 403


def test_a_session_is_changed_by_the_service_and_audited(site: Client) -> None:
    fill(1)
    page = address(TelegramSession, "change", TelegramSession.objects.get().pk)
    assert site.post(page, {"priority": "7", "max_pairs": "12"}).status_code == 302
    session = TelegramSession.objects.get()
    assert (session.priority, session.max_pairs, bytes(session.phone_sealed)) == (7, 12, SEALED)
    seen = AuditEvent.objects.get(action="session.change")
    assert (seen.actor, seen.after) == ("admin:ann", {"priority": 7, "max_pairs": 12})
    refused = site.post(page, {"priority": "99", "max_pairs": "12"})
    assert refused.status_code == 200
    assert TelegramSession.objects.get().priority == 7
