"""Acts on the admin site: by the services, with their audit trail, asked first where nothing brings it back."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from pairs.models import Assignment, Pair, SourceAccess
from pairs.services import joining
from project.console.links import make_link
from project.core.config import current
from project.core.crypto import seal
from project.core.models import AuditEvent, Operator
from project.core.operators import Role
from project.core.whitelist import add_operator
from project.telegram.values import ChatInfo
from sessions.models import SenderBot, TelegramSession
from workers.models import Node, Placement, WorkerGroup
from workers.schedule import seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ann", password="x"))
    return client


def session(name: str, **fields: Any) -> TelegramSession:
    values = {"phone_sealed": b"", "phone_hint": "+1•••", "device": {}, "lifecycle": "active", "health": "healthy"}
    made = TelegramSession.objects.create(name=name, **values | fields)
    made.phone_sealed = seal(b"+1234567890", owner=made.account, keys=current().master_keys)
    made.save()
    return made


def pair(owner: TelegramSession, *readers: TelegramSession) -> Pair:
    number = Pair.objects.count() + 1
    sender, _ = SenderBot.objects.get_or_create(bot_id=1, defaults={"token_sealed": b"", "device": {}})
    made = Pair.objects.create(source_chat=number, discord_channel=number, destination_chat=number, sender=sender)
    Assignment.objects.create(pair=made, session=owner)
    for reader in readers:
        SourceAccess.objects.create(session=reader, source_chat=number, access="member", checked_at=timezone.now())
    return made


def act(site: Client, rows: list[Any], name: str, **answers: str) -> str:
    """Choose rows and an action; when a page asks, answer it. What the site said at the end."""
    meta = type(rows[0])._meta
    page = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    chosen = {"action": name, "_selected_action": [str(row.pk) for row in rows]}
    shown = site.post(page, chosen, follow=True)
    text = shown.content.decode()
    if 'name="confirmed"' in text:
        hidden = re.findall(r'name="_selected_action" value="([^"]+)"', text)
        assert sorted(hidden) == sorted(str(row.pk) for row in rows)
        shown = site.post(page, chosen | {"confirmed": "yes"} | answers, follow=True)
    assert shown.status_code == 200
    told = re.findall(r'<ul class="(?:messagelist|errorlist)[^>]*>(.*?)</ul>', shown.content.decode(), re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(told))))


def audited(action: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=action).order_by("id").values_list("actor", flat=True))


def test_sessions_are_disabled_after_a_question_and_enabled(site: Client) -> None:
    rows = [session("main"), session("other")]
    page = reverse("admin:tg_sessions_telegramsession_changelist")
    asked = site.post(page, {"action": "disable", "_selected_action": [rows[0].pk]})
    assert "Their connections are closed" in asked.content.decode()
    assert "Pairs that another session can read move there, unless failover is off" in asked.content.decode()
    assert set(TelegramSession.objects.values_list("lifecycle", flat=True)) == {"active"}
    assert "Disabled: 2." in act(site, rows, "disable", reason="moving house")
    assert set(TelegramSession.objects.values_list("lifecycle", flat=True)) == {"disabled"}
    assert audited("session.disable") == ["admin:ann", "admin:ann"]
    assert AuditEvent.objects.filter(reason="moving house").count() == 2
    assert "is disabled already" in act(site, rows[:1], "disable")
    told = act(site, rows, "enable")
    assert "Enabled: 2." in told
    assert "Session main: It has to be logged in: /authenticate main" in told


def test_deleted_sessions_are_shown_when_asked_for_and_acts_pass_them_over(site: Client) -> None:
    living, gone = session("main"), session("main", lifecycle="deleted", phone_hint="+9•••")
    page = reverse("admin:tg_sessions_telegramsession_changelist")
    plain = site.get(page).content.decode()
    assert "+1•••" in plain
    assert "+9•••" not in plain
    for wanted in ("all", "deleted"):
        assert "+9•••" in site.get(page, {"lifecycle": wanted}).content.decode()
    for action in ("disable", "enable", "delete_for_good"):
        chosen = {"action": action, "_selected_action": [gone.pk], "confirmed": "yes"}
        shown = site.post(f"{page}?lifecycle=all", chosen, follow=True)
        assert "Passed over, because deleted: main." in shown.content.decode()
    site.post(reverse("admin:tg_sessions_telegramsession_change", args=[gone.pk]), {"priority": 9, "max_pairs": 9})
    living.refresh_from_db()
    assert (living.lifecycle, living.priority) == ("active", 1), "it has the name of the deleted one"
    both = {"action": "disable", "_selected_action": [gone.pk, living.pk], "confirmed": "yes"}
    assert "Disabled: 1." in site.post(f"{page}?lifecycle=all", both, follow=True).content.decode()


@pytest.mark.sentence("S-05")
def test_priority_pairs_and_metadata_of_many_sessions_at_once(site: Client) -> None:
    rows = [session("main", metadata={"team": "red", "old": "1"}), session("other")]
    said = act(site, rows, "edit_many", priority="7", metadata="team=blue\nold=")
    assert "Changed: 2." in said
    found = TelegramSession.objects.get(name="main")
    assert (found.priority, found.max_pairs, found.metadata) == (7, 30, {"team": "blue"})
    assert "Nothing to change was given" in act(site, rows, "edit_many")
    assert "Metadata is written" in act(site, rows, "edit_many", metadata="bad/key=1")
    assert TelegramSession.objects.get(name="other").metadata == {"team": "blue"}


def test_metadata_of_one_session_is_what_its_page_says(site: Client) -> None:
    row = session("main", metadata={"team": "red", "old": "1"})
    page = reverse("admin:tg_sessions_telegramsession_change", args=[row.pk])
    assert "team=red" in site.get(page).content.decode()
    site.post(page, {"priority": "2", "max_pairs": "10", "metadata": "team=blue\nplace=Oslo"})
    row.refresh_from_db()
    assert (row.priority, row.max_pairs, row.metadata) == (2, 10, {"team": "blue", "place": "Oslo"})


def test_a_session_is_deleted_when_it_was_confirmed_and_has_no_pairs(site: Client) -> None:
    busy, free = session("busy"), session("free")
    pair(busy, free)
    said = act(site, [busy, free], "delete_for_good")
    assert "Session busy still carries" in said
    assert "Deleted: free." in said
    assert dict(TelegramSession.objects.values_list("name", "lifecycle")) == {"busy": "active", "free": "deleted"}


def test_pairs_are_paused_resumed_moved_and_removed(site: Client) -> None:
    main, other = session("main"), session("other")
    rows = [pair(main, other), pair(main, other), pair(main)]
    assert "Paused: 2." in act(site, rows[:2], "pause", reason="quiet hours")
    assert "Resumed: 1." in act(site, rows[:1], "resume")
    assert "neither paused" in act(site, rows[:1], "resume")
    assert "Moving: 2. There already: 0." in act(site, rows[:2], "move", session="other")
    assert set(Pair.objects.filter(wanted_session=other).values_list("pk", flat=True)) == {row.pk for row in rows[:2]}
    assert "This field is required" in act(site, rows[:1], "move")
    assert "Removed: 1." in act(site, rows[2:], "remove")
    assert Pair.objects.get(pk=rows[2].pk).status == "removed"
    assert {*audited("pair.pause"), *audited("pair.move"), *audited("pair.remove")} == {"admin:ann"}


def test_a_session_joins_the_public_source_that_it_reads_as_a_guest(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ChatInfo(1, "News", "news", True, protected=False, can_post=False, top_message_id=1)
    monkeypatch.setattr(joining, "join_chat", lambda account, reference: found)
    row = pair(session("main"))
    SourceAccess.objects.create(
        session=row.assignment.session, source_chat=1, access="guest", checked_at=timezone.now()
    )
    page = reverse("admin:pairs_pair_changelist")
    assert "not a member of the source" in html.unescape(site.get(page).content.decode())
    assert "Session main joined 1" in act(site, [row], "join", reason="late posts")
    assert "not a member of the source" not in html.unescape(site.get(page).content.decode())
    assert AuditEvent.objects.get(action="session.join").reason == "late posts"


def test_groups_and_workers_are_restarted_and_nodes_drained(site: Client) -> None:
    main = session("main")
    now = timezone.now()
    node = Node.objects.create(id=uuid.uuid4(), name="n1", pid=1, started_at=now, heartbeat_at=now)
    Placement.objects.create(account=main.account, host=main.account, node=node, pid=7, state="up")
    group = WorkerGroup.objects.create(session=main, number=1, heartbeat_at=now)
    assert "Asked to restart: 1." in act(site, [group], "restart_groups")
    assert "Asked to restart: 1." in act(site, [main], "restart_workers")
    assert "Check of main: no worker runs it now." in act(site, [main], "check_now")
    assert "Draining: 1." in act(site, [node], "drain")
    assert audited("group.restart") == audited("worker.restart") == audited("node.drain") == ["admin:ann"]


def test_the_last_owner_stays_one(site: Client) -> None:
    add_operator(actor="test", user_id=1, role=Role.OWNER)
    add_operator(actor="test", user_id=2, role=Role.VIEWER)
    owner, viewer = Operator.objects.order_by("user_id")
    assert "This is the last owner" in act(site, [owner], "remove")
    assert "Changed: 1." in act(site, [viewer], "give_role", role="owner")
    assert "Removed: 1." in act(site, [owner], "remove")
    assert audited("operator.remove") == ["admin:ann"]


def test_a_viewer_is_offered_no_act(client: Client) -> None:
    client.defaults["HTTP_HOST"] = "localhost"
    view = add_operator(actor="test", user_id=5, role=Role.VIEWER, name="Vera")
    client.post(make_link(view).removeprefix("http://localhost:8000"))
    row = session("main")
    page = reverse("admin:tg_sessions_telegramsession_changelist")
    assert 'name="action"' not in client.get(page).content.decode()
    assert client.get(reverse("admin:core_auditevent_changelist")).status_code == 403
    client.post(page, {"action": "disable", "_selected_action": [row.pk], "confirmed": "yes"})
    assert TelegramSession.objects.get().lifecycle == "active"


def test_only_an_owner_deletes_sessions(client: Client) -> None:
    client.defaults["HTTP_HOST"] = "localhost"
    view = add_operator(actor="test", user_id=6, role=Role.OPERATOR)
    client.post(make_link(view).removeprefix("http://localhost:8000"))
    row = session("main")
    shown = client.get(reverse("admin:tg_sessions_telegramsession_changelist")).content.decode()
    assert 'value="disable"' in shown
    assert 'value="delete_for_good"' not in shown
    act(client, [row], "delete_for_good")
    assert TelegramSession.objects.get().lifecycle == "active"


@pytest.mark.sentence("S-71", "S-74")
def test_schedules_are_slowed_and_switched_off_with_an_audit_row(site: Client) -> None:
    seed()
    row = PeriodicTask.objects.get(task="workers.check_sessions")
    slower, _ = IntervalSchedule.objects.get_or_create(every=600, period=IntervalSchedule.SECONDS)
    page = reverse("admin:django_celery_beat_periodictask_change", args=[row.pk])
    assert site.post(page, {"interval": slower.pk, "description": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.interval, row.enabled) == (slower, False)
    seen = AuditEvent.objects.get(action="schedule.change")
    assert (seen.before, seen.after) == (
        {"enabled": True, "every": "every 300 seconds"},
        {"enabled": False, "every": "every 600 seconds"},
    )


def test_the_first_page_begins_with_sessions(site: Client) -> None:
    shown = site.get("/admin/").content.decode()
    assert shown.index("Telegram sessions") < shown.index("Worker groups") < shown.index("Audit events")
    assert "Operator console" in shown
