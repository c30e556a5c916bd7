"""Moving pairs: what is refused before anything changes, what is written, how it is stopped and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pairs.models import Assignment, Pair, SourceAccess
from pairs.services import progress
from pairs.services.commits import commit
from pairs.services.moving import change_sessions, plan_change
from project.core.errors import Conflict, ManyProblems, NotFound
from project.core.models import AuditEvent, Operation
from sessions.models import TelegramSession
from tests.integration.pairs.moving_rows import DESTINATION, SOURCE, Eyes, eyes, given, owners, pair, session, wishes

__all__ = ["eyes"]
pytestmark = pytest.mark.django_db


def move(pairs: str, target: str, *, partly: bool = False) -> list[int]:
    return list(change_sessions(actor="me", pairs=pairs, target=target, partly=partly).moved)


def test_pairs_move_together_each_audited(eyes: Eyes) -> None:
    one, two = session("one"), session("two")
    for number in (1, 2, 3):
        pair(number, one)
    Pair.objects.filter(pk=2).update(status="paused")
    result = change_sessions(actor="me", pairs="1-2, 3", target="TWO", reason="holiday")
    assert result.moved == (1, 2, 3)
    assert wishes() == {1: "two", 2: "two", 3: "two"}
    assert any("paused, and will stay paused" in warning for warning in result.warnings)
    assert any("no longer be edited" in warning for warning in result.warnings)
    assert eyes.asked == [(two.account, (1001, 1002, 1003, 5001, 5002, 5003))]
    events = AuditEvent.objects.filter(action="pair.session")
    assert {(event.target, str(event.before), str(event.after), event.reason) for event in events} == {
        (f"pair.{number}", "{'session': 'one'}", "{'session': 'two'}", "holiday") for number in (1, 2, 3)
    }
    assert result.operation is not None
    assert {event.correlation_id for event in events} == {result.operation.correlation_id}
    assert change_sessions(actor="me", pairs="1-3", target="two").already == (1, 2, 3)


def test_progress_ends_with_the_last_hand_over_and_undo_goes_back(eyes: Eyes) -> None:
    one, two = session("one"), session("two")
    pair(1, one)
    pair(2, one)
    operation = change_sessions(actor="me", pairs="1,2", target="two").operation
    assert operation is not None
    assert progress.look(operation.id).waiting == (1, 2)
    Assignment.objects.filter(pair_id=1).update(session=two)
    Pair.objects.filter(pk=1).update(wanted_session=None)
    half = progress.look(operation.id)
    assert (half.waiting, half.operation.done, half.operation.running) == ((2,), 1, True)
    given()
    assert progress.look(operation.id).operation.state == "done"
    back = progress.undo(operation.id, actor="me")
    assert back is not None
    assert back.title == "2 pairs back to one"
    assert wishes() == {1: "one", 2: "one"}
    with pytest.raises(Conflict, match="undone already"):
        progress.undo(operation.id, actor="me")


def test_undo_is_looked_at_like_any_move_and_ends_after_an_hour(eyes: Eyes) -> None:
    one, _ = session("one"), session("two")
    pair(1, one)
    operation = change_sessions(actor="me", pairs="1", target="two").operation
    assert operation is not None
    given()
    eyes.mute.add((one.account, DESTINATION + 1))
    with pytest.raises(ManyProblems, match="may not post"):
        progress.undo(operation.id, actor="me")
    eyes.mute.clear()
    Operation.objects.update(undo_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="an hour"):
        progress.undo(operation.id, actor="me")
    assert owners() == {1: "two"}


def test_what_was_moved_on_or_lost_its_session_stays_at_an_undo(eyes: Eyes) -> None:
    one, _, three = session("one"), session("two"), session("three")
    pair(1, one)
    pair(2, one)
    pair(3, three)
    operation = change_sessions(actor="me", pairs="1-3", target="two").operation
    assert operation is not None
    given()
    assert move("2", "three") == [2]
    TelegramSession.objects.filter(pk=three.pk).update(lifecycle="deleted")
    plan = progress.plan_undo(operation.id)
    assert [step.pair_id for step in plan.moves] == [1]
    assert plan.problems == ("pair 2: it was moved on meanwhile", "pair 3: its session was deleted")
    assert progress.undo(operation.id, actor="me", partly=True) is not None
    assert wishes() == {1: "one", 2: "three", 3: None}


def test_stop_withdraws_what_has_not_moved(eyes: Eyes) -> None:
    one, two = session("one"), session("two")
    pair(1, one)
    pair(2, one)
    operation = change_sessions(actor="me", pairs="1,2", target="two").operation
    assert operation is not None
    Assignment.objects.filter(pair_id=1).update(session=two)
    Pair.objects.filter(pk=1).update(wanted_session=None)
    stopped = progress.stop(operation.id, actor="me")
    assert (stopped.state, stopped.done) == ("stopped", 1)
    assert wishes() == {1: None, 2: None}
    assert owners() == {1: "two", 2: "one"}
    with pytest.raises(Conflict):
        progress.stop(operation.id, actor="me")


def test_of_two_wishes_for_a_pair_the_first_is_heard(eyes: Eyes) -> None:
    one, _, _ = session("one"), session("two"), session("three")
    pair(1, one)
    pair(2, one)
    move("1", "two")
    with pytest.raises(
        ManyProblems, match="pair 1: already moving to two; wait for it, or move it back to one"
    ) as refused:
        move("1,2", "three")
    assert refused.value.correction == "2"
    assert wishes() == {1: "two", 2: None}
    assert move("1,2", "three", partly=True) == [2]
    assert move("1", "one") == [1]
    assert move("1", "three") == [1]


def test_of_two_wishes_at_the_same_moment_the_first_is_heard(eyes: Eyes) -> None:
    """Both were planned before either was written."""
    one, _, _ = session("one"), session("two"), session("three")
    pair(1, one)
    plans = [plan_change("1", name).plan for name in ("two", "three")]
    commit(plans[0].moves, actor="ann", kind="pairs.move", title="first")
    with pytest.raises(Conflict, match="Meanwhile pair 1 is already moving to two"):
        commit(plans[1].moves, actor="bob", kind="pairs.move", title="second")
    assert wishes() == {1: "two"}


def test_all_reasons_at_once_and_nothing_changed(eyes: Eyes) -> None:
    one, two = session("one"), session("two")
    for number in range(1, 6):
        pair(number, one)
    Pair.objects.filter(pk=4).update(source_chat=-77)
    eyes.blind = {(two.account, SOURCE + 1): "banned", (two.account, SOURCE + 2): "unknown"}
    eyes.mute.add((two.account, DESTINATION + 3))
    with pytest.raises(ManyProblems) as refused:
        move("1-5", "two")
    told = "\n".join(refused.value.problems)
    for text in (
        "pair 1: two is banned from News 1",
        "pair 2: two is not a member of News 2",
        "pair 3: two may not post",
    ):
        assert text in told
    assert "pair 4: its source is a basic group or private chat" in told
    assert refused.value.correction == "5"
    assert set(wishes().values()) == {None}
    assert not AuditEvent.objects.exists()
    assert move("1-5", "two", partly=True) == [5]
    assert wishes()[5] == "two"


def test_seats_are_counted_before(eyes: Eyes) -> None:
    one, two = session("one"), session("two", max_pairs=2)
    pair(9, two)
    for number in (1, 2):
        pair(number, one)
    with pytest.raises(ManyProblems, match=r"pair 2: two has no seat left \(1 of 2 pairs\)"):
        move("1,2", "two")
    assert move("1", "two") == [1]
    with pytest.raises(ManyProblems, match="no seat left"):
        move("2", "two")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"health": "unhealthy", "health_reason": "3 failed checks"}, "unhealthy (3 failed checks)"),
        ({"health": "expired"}, "expired"),
        ({"lifecycle": "disabled"}, "disabled"),
        ({"lifecycle": "registered", "health": "unknown"}, "not logged in"),
    ],
)
def test_a_target_that_cannot_work_is_refused(eyes: Eyes, changes: dict[str, str], told: str) -> None:
    pair(1, session("one"))
    session("two", **changes)
    with pytest.raises(Conflict) as refused:
        move("1", "two")
    assert told in refused.value.message
    assert not eyes.asked


def test_a_target_that_does_not_answer_is_told(eyes: Eyes) -> None:
    two = session("two")
    pair(1, session("one"))
    eyes.off.add(two.account)
    with pytest.raises(ManyProblems, match="two did not answer within 10 s"):
        move("1", "two")


def test_fresh_access_is_not_asked_again_and_an_old_refusal_is(eyes: Eyes) -> None:
    one, two = session("one"), session("two")
    Pair.objects.filter(pk__in=[pair(1, one).pk, pair(2, one).pk]).update(sender=None)
    now = timezone.now()
    SourceAccess.objects.create(session=two, source_chat=SOURCE + 1, access="member", checked_at=now)
    SourceAccess.objects.create(session=two, source_chat=SOURCE + 2, access="banned", checked_at=now)
    assert move("1,2", "two") == [1, 2]
    assert eyes.asked == [(two.account, (SOURCE + 2, DESTINATION + 1, DESTINATION + 2))]
    assert SourceAccess.objects.get(source_chat=SOURCE + 2).access == "member"


def test_unknown_and_removed_pairs_are_told_by_id(eyes: Eyes) -> None:
    one, _ = session("one"), session("two")
    for number in (1, 2, 4):
        pair(number, one)
    Pair.objects.filter(pk=2).update(status="removed")
    with pytest.raises(ManyProblems) as refused:
        plan_change("1-5, 7-900000000000", "two")
    assert refused.value.problems == ("There is no pair 3,5,7-900000000000.", "Removed: pair 2.")
    assert refused.value.correction == "1,4"
    with pytest.raises(NotFound):
        plan_change("all_from:nobody", "two")
    with pytest.raises(ManyProblems) as refused:
        plan_change("1,x", "nobody")
    assert refused.value.problems == ("There is no session named nobody.", "x: that is no pair id and no range.")


def test_all_from_a_session_names_what_is_on_its_way_there_too(eyes: Eyes) -> None:
    one, two, three = session("one"), session("two"), session("three")
    pair(1, one)
    pair(2, two, wanted_session=one)
    pair(3, three)
    with pytest.raises(ManyProblems, match="pair 2: already moving to one"):
        move("all_from:one", "three")
    assert move("all_from:one", "three", partly=True) == [1]
    given()
    Pair.objects.update(wanted_session=None)
    assert move("all_from:one", "three") == [2]


def test_asking_for_the_present_owner_takes_the_wish_back(eyes: Eyes) -> None:
    one, two = session("one", max_pairs=1), session("two")
    pair(1, one, wanted_session=two)
    eyes.off.add(one.account)  # it need not be asked
    assert move("1", "one") == [1]
    assert wishes() == {1: None}


def test_a_parked_pair_gets_an_assignment_of_a_later_generation(eyes: Eyes) -> None:
    session("two")
    pair(1, None, parked_generation=4)
    operation = change_sessions(actor="me", pairs="1", target="two").operation
    assert operation is not None
    assert owners() == {1: "two"}
    assert Assignment.objects.get().generation == 5
    assert progress.look(operation.id).operation.state == "done"
    assert operation.undo is None


def test_a_hand_over_between_plan_and_commit_is_noticed(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = session("one"), session("two")
    pair(1, one)
    look = eyes.look

    def meanwhile(asked: dict[str, list[int]]) -> object:
        Assignment.objects.update(generation=2)
        return look(asked)

    monkeypatch.setattr("pairs.services.access.look_at_chats", meanwhile)
    with pytest.raises(Conflict, match="Meanwhile changed: pair 1"):
        move("1", "two")
    assert wishes() == {1: None}


def test_fifty_pairs_are_written_by_a_handful_of_statements(
    eyes: Eyes, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sessions = [session(f"s{number}", max_pairs=50) for number in range(5)]
    targets = session("target", max_pairs=50)
    for number in range(50):
        pair(number + 1, sessions[number % 5])
    assert targets
    with django_assert_max_num_queries(28):
        assert len(move("1-50", "target")) == 50
