"""One-time sign-in links: used once, soon, by the operator they were made for; the role counts at every request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from project.console.links import make_link
from project.core.models import AuditEvent, ConsoleLink
from project.core.operators import OperatorView, Role
from project.core.whitelist import add_operator, change_role, remove_operator
from sessions.models import TelegramSession

pytestmark = pytest.mark.django_db
ANN = 700_000_001
INDEX = "/admin/"


@pytest.fixture
def ann() -> OperatorView:
    add_operator(actor="test", user_id=1, role=Role.OWNER)
    return add_operator(actor="test", user_id=ANN, role=Role.OPERATOR, name="Ann")


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=False, headers={"host": "localhost"})


def path(link: str) -> str:
    assert link.startswith("http://localhost:8000/console/")
    return link.removeprefix("http://localhost:8000")


def signs_in(client: Client, link: str) -> bool:
    return client.post(path(link)).status_code == 302 and client.get(INDEX).status_code == 200


def test_a_link_signs_its_operator_in_once(ann: OperatorView, client: Client) -> None:
    link = make_link(ann)
    for _ in range(2):  # a program that previews links does not use it up
        shown = client.get(path(link))
        assert shown.status_code == 200
        assert "Ann" in shown.content.decode()
        assert "no-store" in shown.headers["Cache-Control"]
    assert client.get(INDEX).status_code == 302
    assert signs_in(client, link)
    assert User.objects.get().get_username() == f"telegram:{ANN}"
    assert not User.objects.get().has_usable_password()
    assert not signs_in(Client(headers={"host": "localhost"}), link)
    assert "Send <code>/console</code>" in client.get(path(link)).content.decode()
    acts = AuditEvent.objects.filter(actor=f"bot:{ANN}").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["console.link", "console.sign_in"]


def test_only_a_hash_is_stored(ann: OperatorView) -> None:
    token = make_link(ann).rpartition("/")[2]
    kept = [
        *ConsoleLink.objects.values_list("token_hash"),
        *AuditEvent.objects.values_list("before", "after", "reason"),
    ]
    assert token not in repr(kept)


def test_a_link_ends_with_its_time_with_a_newer_one_and_with_its_owner(ann: OperatorView, client: Client) -> None:
    older, link = make_link(ann), make_link(ann)
    assert not signs_in(client, older)
    ConsoleLink.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert not signs_in(client, link)
    link = make_link(ann)
    remove_operator(actor="test", user_id=ANN)
    assert not signs_in(client, link)
    ConsoleLink.objects.update(made_at=Now() - timedelta(minutes=1))
    add_operator(actor="test", user_id=ANN, role=Role.VIEWER)  # removed and added again: the old link stays void
    assert not signs_in(client, link)
    assert not signs_in(client, f"{link}x")


def test_a_removed_operator_is_out_at_the_next_request(ann: OperatorView, client: Client) -> None:
    assert signs_in(client, make_link(ann))
    remove_operator(actor="test", user_id=ANN)
    assert client.get(INDEX).status_code == 302


def test_who_is_added_again_has_to_sign_in_again(ann: OperatorView, client: Client) -> None:
    assert signs_in(client, make_link(ann))
    remove_operator(actor="test", user_id=ANN)
    add_operator(actor="test", user_id=ANN, role=Role.OPERATOR, name="Ann")
    assert client.get(INDEX).status_code == 302
    again = Client(headers={"host": "localhost"})
    assert signs_in(again, make_link(ann))
    assert client.get(INDEX).status_code == 302
    change_role(actor="test", user_id=ANN, role=Role.VIEWER)
    assert again.get(INDEX).status_code == 200, "another role is the same person"
    assert User.objects.get().password == "!"


def test_the_role_decides_at_every_request(ann: OperatorView, client: Client) -> None:
    session = TelegramSession.objects.create(name="main", phone_sealed=b"", phone_hint="+1•••", device={})
    page = reverse("admin:tg_sessions_telegramsession_change", args=[session.pk])
    operators = reverse("admin:core_operator_changelist")
    assert signs_in(client, make_link(ann))
    assert 'name="priority"' in client.get(page).content.decode()
    change_role(actor="test", user_id=ANN, role=Role.VIEWER)
    shown = client.get(page)
    assert shown.status_code == 200
    assert 'name="priority"' not in shown.content.decode()
    assert client.post(page, {"priority": 5, "max_pairs": 5}).status_code == 403
    assert client.get(operators).status_code == 403
    change_role(actor="test", user_id=ANN, role=Role.OWNER)
    assert client.get(operators).status_code == 200
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403


def test_posting_without_the_pages_own_mark_is_refused(ann: OperatorView) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert strict.post(path(make_link(ann))).status_code == 403
    assert ConsoleLink.objects.exists()
