"""Deleting sessions, fail-over and parked pairs, as rows: who gets which pair, and what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pairs.models import Assignment, Delivery, Event, Pair
from pairs.services import parked, progress, settling
from pairs.services.deletion import DeletionPlan, begin_deletion, finish_deletion, hand_overs_left, plan_deletion
from pairs.services.failover import fail_over, foresee, way_back
from pairs.services.interrupted import end_interrupted
from pairs.services.moving import change_sessions
from pairs.services.optimal import optimal_session
from pairs.services.parked import place_parked
from pairs.services.placing import best_sessions
from pairs.services.registry import NewPair, add_pair
from pairs.services.settling import settle
from pairs.services.statuses import pause
from pairs.services.targets import DiscordTarget
from project.core.errors import Conflict
from project.core.models import AuditEvent, Notice
from project.telegram.values import ChatInfo
from sessions.models import AccountSecret, LoginAttempt, TelegramSession
from sessions.services import removal
from tests.integration.pairs.moving_rows import DESTINATION, SOURCE, Eyes, eyes, given, owners, pair, session, wishes

__all__ = ["eyes"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    parked._last.at = float("-inf")


def delete(name: str) -> DeletionPlan:
    """With force, owners doing their part."""
    deletion = begin_deletion(actor="me", name=name, force=True)
    given()
    assert hand_overs_left(deletion) == 0
    finish_deletion(deletion, actor="me")
    return deletion.plan


def test_a_session_with_pairs_stays_unless_forced(eyes: Eyes) -> None:
    one = session("one")
    session("two")
    for number in (1, 2, 3, 5):
        pair(number, one)
    Pair.objects.filter(pk=2).update(status="paused")
    Pair.objects.filter(pk=3).update(status="removed")
    with pytest.raises(Conflict, match="pairs 1-2,5"):
        begin_deletion(actor="me", name="one")
    assert set(wishes().values()) == {None}
    delete("one")
    assert {1: "two", 2: "two", 5: "two"}.items() <= owners().items()
    assert TelegramSession.objects.get(name="one").lifecycle == "deleted"
    assert Pair.objects.get(pk=2).status == "paused"


def test_pairs_go_by_access_and_what_fits_nowhere_is_parked(eyes: Eyes) -> None:
    """Two is preferred but sees only the first source, three sees both; nobody sees the third one."""
    one, two, three = session("one", priority=9), session("two", priority=5), session("three")
    for number in (1, 2, 3):
        pair(number, one)
    eyes.blind = {(two.account, SOURCE + 2): "banned"} | {(s.account, SOURCE + 3): "unknown" for s in (two, three)}
    plan = delete("one")
    assert owners() == {1: "two", 2: "three"}
    lonely = Pair.objects.get(pk=3)
    assert lonely.status == "parked"
    assert "Session one was deleted" in lonely.status_reason
    assert "two is not a member of News 3" in plan.parked[0].reason
    assert lonely.parked_generation == 1


def test_a_pair_that_somebody_moved_meanwhile_is_not_parked(eyes: Eyes) -> None:
    one, two = session("one"), session("two")
    pair(1, one)
    eyes.blind[two.account, SOURCE + 1] = "unknown"
    deletion = begin_deletion(actor="me", name="one", force=True)
    assert [left.pair_id for left in deletion.plan.parked] == [1]
    eyes.blind.clear()
    change_sessions(actor="somebody", pairs="1", target="two")
    given()
    finish_deletion(deletion, actor="me")
    assert (owners(), Pair.objects.get().status) == ({1: "two"}, "active")


def test_a_session_that_a_pair_was_sent_to_meanwhile_is_not_deleted(eyes: Eyes) -> None:
    session("one")
    pair(1, session("two"))
    deletion = begin_deletion(actor="me", name="one", force=True)
    change_sessions(actor="somebody", pairs="1", target="one")
    with pytest.raises(Conflict, match="still carries 1 pair"):
        finish_deletion(deletion, actor="me")
    given()
    assert (owners(), TelegramSession.objects.get(name="one").lifecycle) == ({1: "one"}, "active")


def test_a_deletion_whose_program_died_is_told_and_may_be_asked_for_again(eyes: Eyes) -> None:
    one, _ = session("one"), session("two")
    pair(1, one)
    deletion = begin_deletion(actor="bot:7", name="one", force=True)
    assert hand_overs_left(deletion) == 1
    assert end_interrupted() == 0
    given()
    assert end_interrupted(silent=timedelta()) == 1
    told = Notice.objects.get().text
    assert "Deletion of session one, asked for by bot:7, was interrupted" in told
    assert "/deletesession one force" in told
    delete("one")
    assert (owners(), end_interrupted(silent=timedelta())) == ({1: "two"}, 0)


def test_a_session_whose_program_died_while_it_was_logged_out_keeps_no_secret(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = session("one")
    AccountSecret.objects.create(account=one.account, sealed=b"key", updated_at=timezone.now())

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(removal, "_wait", killed)
    with pytest.raises(KeyboardInterrupt):
        finish_deletion(begin_deletion(actor="bot:7", name="one"), actor="bot:7")
    assert end_interrupted(silent=timedelta()) == 1
    assert "Deletion of session one, asked for by bot:7, was carried out" in Notice.objects.get().text
    removal.destroy_left_overs()
    assert AccountSecret.objects.exists(), "its worker may still log it out"
    LoginAttempt.objects.update(expires_at=timezone.now())
    removal.destroy_left_overs()
    assert not AccountSecret.objects.exists()


def test_no_pair_is_added_to_a_session_that_was_deleted_meanwhile() -> None:
    one = session("one")
    source, destination = (ChatInfo(chat, "", "", True, False, True, 5) for chat in (1, 2))
    new = NewPair(one, source, DiscordTarget(1, 1, "copies", None), destination, None)
    finish_deletion(begin_deletion(actor="me", name="one"), actor="me")
    with pytest.raises(Conflict, match="one was deleted meanwhile"):
        add_pair(actor="somebody", new=new)
    assert not Pair.objects.exists()


def test_a_pause_between_looking_and_writing_is_not_undone(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control has seen that a parked pair has a session again; before it writes, a person pauses the pair."""
    pair(1, None)
    session("one")
    assert place_parked() is not None
    seen = settling._wanted()
    assert pause([1], actor="me", reason="not now").changed == (1,)
    monkeypatch.setattr(settling, "_wanted", lambda: seen)
    assert settle() == []
    monkeypatch.undo()
    settle()
    assert (Pair.objects.get().status, Pair.objects.get().status_reason) == ("paused", "not now")


def test_a_parked_pair_returns_when_a_session_gets_access_and_room(eyes: Eyes) -> None:
    one = session("one")
    two = session("two", max_pairs=1)
    pair(9, two)
    pair(1, one)
    pair(2, one)
    Pair.objects.filter(pk=2).update(status="paused", status_reason="quiet hours")
    delete("one")
    assert place_parked() is None
    TelegramSession.objects.filter(pk=two.pk).update(max_pairs=5)
    assert place_parked() is not None
    settle()
    assert owners() == {1: "two", 2: "two", 9: "two"}
    assert dict(Pair.objects.values_list("pk", "status")) == {1: "active", 2: "paused", 9: "active"}
    assert set(Assignment.objects.filter(pair__in=(1, 2)).values_list("generation", flat=True)) == {2}


def test_a_parked_pair_waits_for_the_end_of_a_post_under_way(eyes: Eyes) -> None:
    session("two")
    lonely = pair(1, None)
    event = Event.objects.create(
        pair=lonely, seq=1, scope="tg:1", message_id=1, kind="create", content_hash=b"", created_at=timezone.now()
    )
    Delivery.objects.create(
        event=event, pair=lonely, seq=1, hop=1, part=0, state="sending", source_message=1, attempted_at=timezone.now()
    )
    assert place_parked() is None
    with pytest.raises(Conflict, match="A post is under way: pair 1"):
        change_sessions(actor="me", pairs="1", target="two")
    Delivery.objects.update(state="sent")
    parked._last.at = float("-inf")
    assert place_parked() is not None


def test_searching_for_the_parked_is_cheap_while_nothing_changes(eyes: Eyes) -> None:
    two = session("two")
    pair(1, None)
    eyes.blind[two.account, SOURCE + 1] = "unknown"
    assert place_parked(now=100.0) is None
    looks = len(eyes.asked)
    assert place_parked(now=110.0) is None
    assert len(eyes.asked) == looks
    session("three")
    assert place_parked(now=111.0) is not None
    assert owners() == {1: "three"}


def test_a_dead_sessions_pairs_fail_over_one_by_one(eyes: Eyes) -> None:
    one, two, three = session("one"), session("two", priority=3, max_pairs=1), session("three")
    for number in (1, 2, 3):
        pair(number, one)
    TelegramSession.objects.filter(pk=one.pk).update(health="expired", health_reason="SESSION_REVOKED")
    settle()
    eyes.blind = {(two.account, SOURCE + 2): "unknown", (three.account, SOURCE + 2): "banned"}
    eyes.mute = {(three.account, DESTINATION + 3)}
    foreseen = foresee("one")
    report = fail_over(one.pk, actor="control", reason="expired")
    assert (foreseen.moved, foreseen.left) == (report.moved, report.left)
    # Three may not post for pair 3, so pair 1 leaves two's only seat to it.
    assert [(moved.pair_id, moved.before, moved.after) for moved in report.moved] == [
        (1, "one", "three"),
        (3, "one", "two"),
    ]
    assert [left.pair_id for left in report.left] == [2]
    settle()
    assert dict(Pair.objects.values_list("pk", "status")) == {1: "active", 2: "disabled", 3: "active"}
    given()
    assert fail_over(one.pk, actor="control", reason="again").moved == ()
    assert AuditEvent.objects.filter(action="pair.session", actor="control").count() == 2
    TelegramSession.objects.filter(pk=one.pk).update(health="healthy")
    assert way_back(one.pk) == (1, 3)
    assert report.operation_id is not None
    assert progress.undo(report.operation_id, actor="me") is not None
    assert wishes() == {1: "one", 2: None, 3: "one"}
    assert way_back(one.pk) == ()


def test_a_pair_of_a_basic_group_stays_with_its_dead_session(eyes: Eyes) -> None:
    one, _ = session("one"), session("two")
    Pair.objects.filter(pk=pair(1, one).pk).update(source_chat=-77)
    TelegramSession.objects.filter(pk=one.pk).update(health="expired", health_reason="SESSION_REVOKED")
    report = fail_over(one.pk, actor="control", reason="expired")
    assert report.moved == ()
    assert "message ids belong to one account; make a new pair" in report.left[0].reason
    settle()
    assert (Pair.objects.get().status, owners(), eyes.asked) == ("disabled", {1: "one"}, [])


def test_who_is_best_and_why_not_the_others(eyes: Eyes) -> None:
    pair(1, session("full", max_pairs=1))
    session("low")
    session("high", priority=7)
    session("sick", health="unhealthy", health_reason="3 failed checks")
    session("new", lifecycle="registered", health="unknown")
    found = optimal_session()
    assert found.best is not None
    assert [choice.name for choice in found.ranking.best] == ["high", "low"]
    assert {refusal.name: refusal.reasons for refusal in found.ranking.refused} == {
        "full": ("full: 1 of 1 pairs",),
        "new": ("not logged in yet",),
        "sick": ("unhealthy (3 failed checks)",),
    }
    TelegramSession.objects.filter(name__in=("low", "high")).update(lifecycle="disabled")
    assert optimal_session().best is None
    assert "No session fits" in optimal_session().answer


def test_what_is_on_its_way_to_a_deleted_session_goes_elsewhere(eyes: Eyes) -> None:
    one, two, three = session("one"), session("two"), session("three", priority=5)
    pair(1, one, wanted_session=two)
    pair(2, two, wanted_session=three)
    plan = plan_deletion("two")
    assert ([p.id for p in plan.pairs], plan.leaving) == ([1], (2,))
    delete("two")
    assert owners() == {1: "three", 2: "three"}


@pytest.mark.parametrize("count", [2, 30])
def test_the_number_of_questions_does_not_grow_with_the_sessions(
    eyes: Eyes, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        one = session(f"s{number}")
        for place in range(3):
            pair(number * 3 + place + 1, one)
    with django_assert_max_num_queries(4):
        assert len(best_sessions([SOURCE + 1]).best) == count
    with django_assert_max_num_queries(10):
        assert len(foresee("s0").moved) == 3
