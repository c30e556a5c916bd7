"""Pairs whose session reads a public source without being a member: where it is said, and how a person changes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from pairs.bot.texts import buttons, details, line
from pairs.models import Access, Assignment, Event, Pair, SourceAccess
from pairs.services import joining
from pairs.services.checks import _delay
from pairs.services.delays import delays
from pairs.services.guests import guest_note, tell_guests
from pairs.services.joining import join_source
from pairs.services.optimal import optimal_session
from pairs.services.registry import find_pair, list_pairs, view
from project.core.checks import Level
from project.core.errors import Conflict, NotFound
from project.core.models import AuditEvent, Notice
from project.telegram.values import ChatInfo
from sessions.models import Lookup, TelegramSession
from sessions.services.lookups import look_up_names

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    session = TelegramSession.objects.create(
        name="main", phone_sealed=b"", phone_hint="", device={}, lifecycle="active", health="healthy"
    )
    return another(session, 10)


def another(session: TelegramSession, source: int) -> Pair:
    made = Pair.objects.create(
        source_chat=source, source_title=f"News {source}", discord_channel=20, destination_chat=30
    )
    Assignment.objects.create(pair=made, session=session)
    see(made, Access.GUEST)
    return made


def see(pair: Pair, access: Access) -> None:
    SourceAccess.objects.update_or_create(
        session=pair.assignment.session,
        source_chat=pair.source_chat,
        defaults={"access": access, "checked_at": timezone.now()},
    )


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Who joined what."""
    calls: list[tuple[str, str]] = []

    def join(account: str, reference: str) -> ChatInfo:
        calls.append((account, reference))
        return ChatInfo(int(reference), "News", "news", True, protected=False, can_post=False, top_message_id=1)

    monkeypatch.setattr(joining, "join_chat", join)
    return calls


SAID: dict[str, Callable[[Pair], str]] = {
    "the list": lambda pair: list_pairs()[0].remark,
    "one pair": lambda pair: view(find_pair(pair.pk)).remark,
    "a pair that was just added": lambda pair: view(pair).remark,
    "the bot's list": lambda pair: line(view(pair), timezone.now()),
    "the bot's page": lambda pair: details(view(pair), timezone.now()),
    "its buttons": lambda pair: " ".join(button.text for row in buttons(view(pair)) for button in row),
}


@pytest.mark.parametrize("where", SAID)
def test_it_is_said_as_long_as_it_is_so(pair: Pair, where: str) -> None:
    wanted = "Join the source" if "buttons" in where else "not a member of the source: posts may come up to 20 s late"
    assert wanted in SAID[where](pair)
    see(pair, Access.MEMBER)
    assert wanted not in SAID[where](pair)


def test_the_best_session_for_a_source_says_it_too(pair: Pair) -> None:
    assert guest_note() in optimal_session([pair.source_chat]).answer


def test_one_notice_tells_it_and_ends_with_it(pair: Pair) -> None:
    for _ in range(2):
        tell_guests()
    (notice,) = Notice.objects.all()
    assert f"Session main is {guest_note()} (News 10, pair {pair.pk})" in notice.text
    see(pair, Access.PROTECTED)
    tell_guests()
    assert not Notice.objects.filter(ended_at=None).exists()
    see(pair, Access.GUEST)
    Pair.objects.update(status="paused")
    tell_guests()
    assert Notice.objects.count() == 1, "a paused pair reads nothing"


def test_a_session_joins_at_a_persons_word_with_an_audit_event(pair: Pair, joined: list[Any]) -> None:
    done = join_source(actor="bot:7", pair_id=pair.pk, reason="asked for")
    assert str(done).startswith("Session main joined News 10")
    assert joined == [("session.1".replace("1", str(pair.assignment.session_id)), "10")]
    event = AuditEvent.objects.get(action="session.join")
    assert (event.actor, event.target, event.reason) == ("bot:7", pair.assignment.session.account, "asked for")
    assert event.after == {"source": 10, "pair": pair.pk}
    assert view(find_pair(pair.pk)).guest == ""
    assert "already" in str(join_source(actor="bot:7", pair_id=pair.pk))
    assert len(joined) == 1


def test_an_account_joins_one_chat_each_two_minutes_and_twenty_a_day(pair: Pair, joined: list[Any]) -> None:
    others = [another(pair.assignment.session, number) for number in (11, 12)]
    join_source(actor="bot:7", pair_id=pair.pk)
    with pytest.raises(Conflict, match="joined other chats") as refused:
        join_source(actor="cli:me", pair_id=others[0].pk)
    assert "Try again in 1 min" in refused.value.hint
    at_that_time(AuditEvent.objects.get(), joining.PAUSE)
    join_source(actor="bot:7", pair_id=others[0].pk)
    for event in AuditEvent.objects.all():
        at_that_time(event, timedelta(hours=23))
    account = pair.assignment.session.account
    for _ in range(joining.A_DAY - 2):
        at_that_time(AuditEvent.objects.create(actor="a", action="session.join", target=account), timedelta(hours=23))
    with pytest.raises(Conflict) as refused:
        join_source(actor="bot:7", pair_id=others[1].pk)
    assert "min" in refused.value.hint
    assert len(joined) == 2


def at_that_time(event: AuditEvent, ago: timedelta) -> None:
    """The trail cannot be changed; its rows are made anew."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE core_auditevent SET at = now() - %s WHERE id = %s", [ago, event.pk])
        cursor.execute("SET session_replication_role = origin")


def test_who_cannot_join_says_why(pair: Pair, joined: list[Any]) -> None:
    with pytest.raises(NotFound):
        join_source(actor="bot:7", pair_id=999)
    TelegramSession.objects.update(health="expired")
    with pytest.raises(Conflict, match="not logged in"):
        join_source(actor="bot:7", pair_id=pair.pk)
    Assignment.objects.all().delete()
    with pytest.raises(Conflict, match="no session"):
        join_source(actor="bot:7", pair_id=pair.pk)
    assert joined == []


def test_a_name_that_was_asked_for_in_vain_is_not_asked_for_again_within_the_hour() -> None:
    """A search for stand-ins goes on each minute; Telegram lets an account look up few names."""
    told = Lookup.objects.create(account="session.1", reference="@gone", error="Nobody", answered_at=timezone.now())
    assert look_up_names({"session.1": ["@gone"]}, limit=0.2) == {}
    assert Lookup.objects.count() == 1
    Lookup.objects.filter(pk=told.pk).update(created_at=timezone.now() - timedelta(hours=2))
    assert look_up_names({"session.1": ["@gone"]}, limit=0.2) == {}
    assert Lookup.objects.count() == 2


# --- how late posts come


def post(pair: Pair, number: int, late: float, **more: Any) -> None:
    now = timezone.now()
    values = {"scope": "tg:10", "kind": "create", "payload": {"date": int(now.timestamp() - late)}, "created_at": now}
    Event.objects.create(
        pair=pair, seq=number, message_id=number, revision=0, content_hash=b"", edited=0, **values | more
    )


def test_the_last_ten_posts_tell_how_late_they_came(pair: Pair) -> None:
    for number in range(1, 13):
        post(pair, number, late=100 if number < 3 else number)
    post(pair, 13, late=500, scope="dc:20")  # of a person on Discord
    post(pair, 14, late=500, kind="edit")
    post(pair, 15, late=0, payload=None)  # emptied by retention
    found = delays(pair.pk, 10)
    assert [round(one.seconds) for one in found] == pytest.approx(list(range(12, 2, -1)), abs=1)
    told = _delay(pair)
    assert told.level is Level.OK
    assert "The last post was seen just now; the last 10 came" in told.text


@pytest.mark.parametrize(
    ("late", "level", "text"),
    [
        ([], Level.OK, "No post"),
        ([1.0], Level.OK, "after it was posted"),
        ([2.0, 170.0, 170.0], Level.WARNING, "s late, half of them"),
        ([-5.0, -5.0], Level.OK, "0 to 0 s late"),
    ],
    ids=["none", "one", "late", "a clock that is behind"],
)
def test_what_is_said_of_it(pair: Pair, late: list[float], level: Level, text: str) -> None:
    for number, seconds in enumerate(late):
        post(pair, number, seconds)
    told = _delay(pair)
    assert (told.level, text in told.text) == (level, True), told.text
