"""Whose pairs go to others, when, and what people hear of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from pairs.models import Access, Pair, SourceAccess
from pairs.services import access
from pairs.services.failover import FailOverReport
from pairs.services.settling import settle
from project.core import notices
from project.core.config import current
from project.core.errors import Conflict
from project.core.models import Notice
from project.core.notices import Severity
from project.core.secret import Secret
from project.telegram.values import ChatInfo, ChatSight
from sessions.models import AccountSecret, HealthFlip, SenderBot, SenderState, TelegramSession
from sessions.services.enabling import disable_session, enable_session
from sessions.services.lookups import Looked
from tests.integration.workers.test_health import LIMITS, MINUTE, NOW, add_node, add_pair, add_session
from workers import control
from workers.services import failovers as failovers_module
from workers.services.alarms import Alarms, alert
from workers.services.failovers import FailOvers, tell_moves
from workers.services.health import judge_all, tell
from workers.services.sights import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked what it sees of a chat is not let in."""

    def look(asked: Mapping[str, Sequence[int]]) -> dict[str, Looked]:
        return {
            account: Looked({chat: ChatSight(chat, "banned", can_post=False) for chat in chats})
            for account, chats in asked.items()
        }

    monkeypatch.setattr(access, "look_at_chats", look)


@pytest.fixture
def ill() -> int:
    """A session with two pairs; another one can read the first one's source."""
    node = add_node()
    session, other = add_session("ill", node), add_session("other", node)
    sender = SenderBot.objects.create(bot_id=1, username="bot", token_sealed=b"", state=SenderState.ACTIVE, device={})
    for source in (1, 2):
        add_pair(session, source)
    Pair.objects.update(sender=sender)
    for source, seen in ((1, Access.MEMBER), (2, Access.BANNED)):
        SourceAccess.objects.create(session_id=other, source_chat=source, access=seen, checked_at=NOW + MINUTE)
    return session


def make(session: int, health: str, at: datetime = NOW) -> None:
    before = TelegramSession.objects.get(pk=session).health
    TelegramSession.objects.filter(pk=session).update(health=health)
    HealthFlip.objects.create(session_id=session, at=at, before=before, after=health, reason="of a test")


def wanted() -> list[str]:
    """Who is to have the pairs, by pair."""
    return list(Pair.objects.order_by("pk").values_list("wanted_session__name", flat=True))


def moves(at: datetime = NOW) -> list[int]:
    return [len(report.moved) for report in FailOvers().round(at).values()]


def test_a_dead_login_moves_what_can_move_and_disables_the_rest(ill: int) -> None:
    make(ill, "expired")
    reports = FailOvers().round(NOW)
    tell(reports)
    tell_moves(reports)
    settle()
    assert wanted() == ["other", None]
    assert list(Pair.objects.order_by("pk").values_list("status", flat=True)) == ["active", "disabled"]
    (text,) = Notice.objects.values_list("text", flat=True)
    first, second = Pair.objects.order_by("pk").values_list("pk", flat=True)
    assert f"other takes pair {first}." in text
    assert f"⛔ pair {second} without a stand-in" in text


def test_a_guest_of_a_public_source_stands_in_only_where_no_member_can(
    ill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its priority. One that never met the source looks its name up first."""
    guest = add_session("guest", add_node("guests"))
    TelegramSession.objects.filter(pk=guest).update(priority=10)
    Pair.objects.filter(source_chat=2).update(source_username="public_news")
    SourceAccess.objects.create(session_id=guest, source_chat=1, access=Access.GUEST, checked_at=NOW + MINUTE)
    asked: list[Mapping[str, Sequence[str]]] = []

    def names(wanted: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], ChatInfo]:
        asked.append(wanted)
        seen = ChatInfo(2, "News", "public_news", True, False, False, 0, member=False)
        return {(f"session.{guest}", "@public_news"): seen} if f"session.{guest}" in wanted else {}

    def strangers(wanted: Mapping[str, Sequence[int]]) -> dict[str, Looked]:
        return {
            account: Looked({chat: ChatSight(chat, "unknown", can_post=False) for chat in chats})
            for account, chats in wanted.items()
        }

    monkeypatch.setattr(access, "look_up_names", names)
    monkeypatch.setattr(access, "look_at_chats", strangers)
    make(ill, "expired")
    FailOvers().round(NOW)
    assert wanted() == ["other", "guest"]
    assert asked[0][f"session.{guest}"] == ["@public_news"]


def test_of_a_session_that_works_only_pairs_with_a_lost_source_move(ill: int) -> None:
    make(ill, "healthy")
    for source in (1, 2):
        SourceAccess.objects.create(session_id=ill, source_chat=source, access=Access.MEMBER, checked_at=NOW)
    assert FailOvers().round(NOW) == {}
    SourceAccess.objects.filter(session_id=ill, source_chat=1).update(access=Access.BANNED)
    settle()
    assert list(Pair.objects.order_by("pk").values_list("status", flat=True)) == ["error", "active"]
    reports = FailOvers().round(NOW)
    assert [len(report.left) for report in reports.values()] == [0]
    tell_moves(reports)
    settle()
    assert wanted() == ["other", None]
    assert list(Pair.objects.order_by("pk").values_list("status", flat=True)) == ["active", "active"]
    assert FailOvers().round(NOW) == {}
    (text,) = Notice.objects.values_list("text", flat=True)
    assert f"other takes pair {Pair.objects.order_by('pk').first().pk}." in text  # type: ignore[union-attr]


def test_a_lost_source_that_nobody_else_reads_is_tried_again_later_without_a_word(ill: int) -> None:
    make(ill, "healthy")
    SourceAccess.objects.create(session_id=ill, source_chat=2, access=Access.BANNED, checked_at=NOW)
    settle()
    failovers = FailOvers()
    reports = failovers.round(NOW)
    tell_moves(reports)
    assert [len(report.left) for report in reports.values()] == [1]
    assert failovers.round(NOW + MINUTE) == {}
    assert len(failovers.round(NOW + 5 * MINUTE)) == 1
    assert wanted() == [None, None]
    assert Notice.objects.count() == 0


def test_what_was_left_is_looked_at_again_after_a_while_and_told_when_it_moves(ill: int) -> None:
    make(ill, "expired")
    failovers = FailOvers()
    tell(failovers.round(NOW))
    SourceAccess.objects.update(access=Access.MEMBER)
    assert failovers.round(NOW + MINUTE) == {}
    reports = failovers.round(NOW + 5 * MINUTE)
    tell(reports)
    tell_moves(reports)
    assert wanted() == ["other", "other"]
    assert Notice.objects.count() == 2


def test_who_took_the_pairs_is_told_though_control_died_before_it_could(ill: int) -> None:
    make(ill, "expired")
    FailOvers().round(NOW)  # and no word about it
    reports = FailOvers().round(NOW)  # of the next control
    tell(reports)
    tell_moves(reports)
    tell_moves(reports)
    (text,) = Notice.objects.values_list("text", flat=True)
    first, second = Pair.objects.order_by("pk").values_list("pk", flat=True)
    assert f"other takes pair {first}." in text
    assert f"⛔ pair {second} without a stand-in" in text


def test_pairs_that_moved_after_the_notice_are_told_by_the_next_control(ill: int) -> None:
    make(ill, "expired")
    tell({})
    FailOvers().round(NOW)
    tell({})
    tell_moves({})
    tell_moves({})
    assert [("expired" in text, "other takes" in text) for text in Notice.objects.values_list("text", flat=True)] == [
        (True, False),
        (False, True),
    ]


def test_a_login_that_dies_twice_within_minutes_fails_over_twice(ill: int) -> None:
    failovers = FailOvers()
    make(ill, "expired")
    assert list(failovers.round(NOW)) == [ill]
    make(ill, "healthy", NOW + MINUTE)
    assert failovers.round(NOW + MINUTE) == {}
    Pair.objects.update(wanted_session=None)
    make(ill, "expired", NOW + 2 * MINUTE)
    reports = failovers.round(NOW + 2 * MINUTE)
    assert [len(report.moved) for report in reports.values()] == [1]


def test_a_fail_over_that_was_overtaken_is_tried_again_at_the_next_look(
    ill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(ill, "expired")
    work, overtaken = failovers_module.fail_over, iter([True])

    def once(session_id: int, **named: str) -> FailOverReport:
        if next(overtaken, False):
            raise Conflict("Meanwhile changed: pair 1.")
        return work(session_id, **named)

    monkeypatch.setattr(failovers_module, "fail_over", once)
    failovers = FailOvers()
    assert failovers.round(NOW) == {}
    assert list(failovers.round(NOW + timedelta(seconds=5))) == [ill]


@pytest.mark.parametrize(("minutes", "count"), [(9, []), (10, [1])])
def test_an_unhealthy_session_keeps_its_pairs_for_ten_minutes(ill: int, minutes: int, count: list[int]) -> None:
    make(ill, "unhealthy", NOW - minutes * MINUTE)
    assert moves() == count
    settle()
    assert Pair.objects.order_by("pk").last().status == "degraded"  # type: ignore[union-attr]


def test_a_disabled_session_gives_its_pairs_away(ill: int) -> None:
    TelegramSession.objects.filter(pk=ill).update(lifecycle="disabled")
    assert moves() == [1]


def test_switched_off_for_one_session_or_for_all(ill: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make(ill, "expired")
    monkeypatch.setattr(settings, "RELAY", replace(current(), failover=False))
    assert moves() == []
    monkeypatch.setattr(settings, "RELAY", replace(current(), failover=True))
    TelegramSession.objects.filter(pk=ill).update(failover=False)
    assert moves() == []
    settle()
    assert set(Pair.objects.values_list("status", flat=True)) == {"disabled"}


# --- ways out beside the bot


class Receiver(HTTPServer):
    """Somebody outside. `answers` is the status it gives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, str]] = []
        self.answers = 204
        self.heard = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def do_GET(self) -> None:
        self._take("")

    def _take(self, body: str) -> None:
        self.server.got.append((self.path, body))
        self.send_response(self.server.answers)
        self.end_headers()
        self.server.heard.set()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_second_channel_hears_each_notice_once_and_again_after_its_own_outage(receiver: Receiver) -> None:
    webhook = Secret(f"{receiver.url}/hook")
    notices.post("host.a", "Host a is silent.", severity=Severity.CRITICAL)
    receiver.answers = 503
    assert alert(webhook) == 0
    receiver.answers = 204
    notices.post("session.1", "Session s has recovered.")
    assert alert(webhook) == 2
    assert alert(webhook) == 0
    told = json.loads(receiver.got[-1][1])
    assert told["content"] == told["text"]
    assert "Host a is silent." in told["content"]
    assert "has recovered" in told["content"]


def test_the_heartbeat_beats_while_rounds_go_well(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.services.alarms.EVERY", 0.02)
    alarms = Alarms(replace(current(), heartbeat_url=Secret(f"{receiver.url}/beat"), alert_webhook_url=None))
    alarms.well()
    assert receiver.heard.wait(20)
    alarms.stop()
    alarms.join(timeout=20)
    assert {path for path, _ in receiver.got} == {"/beat"}


def test_a_control_that_dies_before_it_told_of_a_lost_source_stops_the_pair_and_tells_again(
    ill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    SourceAccess.objects.create(session_id=ill, source_chat=1, access=Access.BANNED, checked_at=NOW)
    with monkeypatch.context() as dying:
        dying.setattr(notices, "post", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            control._settle()
    assert not Pair.objects.exclude(status="active").exists()
    control._settle()
    assert list(Pair.objects.order_by("pk").values_list("status", flat=True)) == ["error", "active"]
    assert "cannot read the source" in Notice.objects.get().text


def test_a_session_that_is_enabled_without_a_key_is_expired_told_and_failed_over(ill: int) -> None:
    disable_session(actor="me", name="ill")
    settle()
    enabled = enable_session(actor="me", name="ill")
    assert (enabled.lifecycle, enabled.health) == ("active", "expired")
    assert enabled.warnings == ("It has to be logged in: /authenticate ill",)
    judge_all(Watch(LIMITS), LIMITS, NOW + MINUTE)
    reports = FailOvers().round(NOW)
    tell(reports)
    settle()
    assert wanted() == ["other", None]
    assert list(Pair.objects.order_by("pk").values_list("status", flat=True)) == ["active", "disabled"]
    assert "Session ill is expired: Its login is gone" in Notice.objects.get().text


def test_a_session_with_a_key_is_enabled_as_it_was(ill: int) -> None:
    AccountSecret.objects.create(account=f"session.{ill}", sealed=b"key", updated_at=NOW)
    disable_session(actor="me", name="ill")
    enabled = enable_session(actor="me", name="ill")
    assert (enabled.lifecycle, enabled.health, enabled.warnings) == ("active", "healthy", ())
