"""`AdvancedSessionManager`: the specification's calls, bad input, and what works while no worker runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest
from django.utils import timezone

from pairs.models import Assignment, Pair, SourceAccess
from project.api.answers import Failure, Statistics
from project.core.config import current
from project.core.crypto import seal
from project.core.models import AuditEvent
from project.doors.actor import actor
from project.env import BASE_DIR
from project.manager import AdvancedSessionManager, advanced_session_manager
from sessions.domain.changes import SessionChanges
from sessions.models import HealthCheck, SenderBot, TelegramSession
from sessions.services.editing import edit_session
from workers.services.status import WorkerStatus

pytestmark = pytest.mark.usefixtures("transactional_db")


def made(name: str, **fields: Any) -> TelegramSession:
    """A session that was logged in once."""
    values = {"phone_sealed": b"", "phone_hint": "+12••••••90", "device": {}, "lifecycle": "active"}
    session = TelegramSession.objects.create(name=name, **values | {"health": "healthy"} | fields)
    session.phone_sealed = seal(f"+12345678{session.pk}".encode(), owner=session.account, keys=current().master_keys)
    session.save()
    HealthCheck.objects.create(session=session, at=timezone.now(), passed=True)
    return session


def pair(session: TelegramSession, *, reader: TelegramSession) -> int:
    """A pair with a sender bot, of a source that `reader` is known to read."""
    number = Pair.objects.count() + 1
    sender, _ = SenderBot.objects.get_or_create(bot_id=1, defaults={"token_sealed": b"", "device": {}})
    row = Pair.objects.create(source_chat=number, discord_channel=number, destination_chat=number, sender=sender)
    Assignment.objects.create(pair=row, session=session)
    SourceAccess.objects.create(session=reader, source_chat=number, access="member", checked_at=timezone.now())
    return row.pk


def run(work: Any) -> Any:
    """Each call on a loop of its own, as a script may do it."""
    return asyncio.run(work)


@pytest.mark.sentence("S-115", "S-116", "S-48")
def test_the_specifications_example_works_as_it_stands() -> None:
    target = made("target_session", priority=5)
    ids = [pair(made(f"s{n}"), reader=target) for n in range(3)]
    made("ill", priority=9, health="unhealthy")

    async def example() -> tuple[Any, Any, Any, Any]:
        success = await advanced_session_manager.register_session(
            "api_session", "+1234567890", priority=2, max_pairs=25
        )
        status = await advanced_session_manager.get_session_status("api_session")
        result = await advanced_session_manager.bulk_reassign_session(ids, "target_session")
        optimal = await advanced_session_manager.get_optimal_session_for_assignment()
        return success, status, result, optimal

    success, status, result, optimal = run(example())
    assert success
    assert (status.name, status.health, status.priority, status.max_pairs) == ("api_session", "unknown", 2, 25)
    assert "1234567890" not in repr(status)
    assert (result.moved, result.already, dict(result.refused)) == (tuple(ids), (), {})
    assert set(Pair.objects.filter(pk__in=ids).values_list("wanted_session", flat=True)) == {target.pk}
    assert optimal.name == "target_session"
    assert {"api_session", "ill"} <= optimal.refused.keys()
    who = set(AuditEvent.objects.filter(action__in=["session.register", "pair.move"]).values_list("actor", flat=True))
    assert who == {actor("api")}


BAD: list[tuple[str, tuple[Any, ...]]] = [
    ("register_session", ("../x", "+1234567890")),
    ("register_session", ("a b", "12345")),
    ("register_session", (None, None)),
    ("register_session", ("fine", "+1; DROP TABLE")),
    ("register_session", ("fine", "+1234567890", 99, 0)),
    ("register_session", ("fine", "+1234567890", "high")),
    ("register_session", ("x" * 10_000, "+1234567890")),
    ("register_session", ("a\0b", "+1234567890")),
    ("get_session_status", ("nobody",)),
    ("get_session_status", ("\0",)),
    ("get_session_status", (7,)),
    ("bulk_reassign_session", ([999], "main")),
    ("bulk_reassign_session", ([1], "nobody")),
    ("bulk_reassign_session", ([], "main")),
    ("bulk_reassign_session", ("1,2", "main")),
    ("bulk_reassign_session", (None, "main")),
    ("bulk_reassign_session", ([-1], "main")),
    ("bulk_reassign_session", ([10**30], "main")),
    ("bulk_reassign_session", ([True, 1.5, "x"], "main")),
    ("delete_session", ("nobody",)),
    ("delete_session", (None,)),
    ("authenticate_session", ("nobody",)),
    ("authenticate_session", ("main", 12345)),
    ("verify_session", ("nobody",)),
    ("get_optimal_session_for_assignment", ("x",)),
]


def test_nothing_that_a_caller_gets_wrong_raises_or_changes_anything() -> None:
    made("main")

    async def all_of_it() -> list[Any]:
        return [await getattr(advanced_session_manager, method)(*arguments) for method, arguments in BAD]

    for (method, arguments), answer in zip(BAD, run(all_of_it()), strict=True):
        assert isinstance(answer, Failure), (method, str(arguments)[:50])
        assert not answer
        assert answer.reason, (method, arguments)
    assert TelegramSession.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_all_problems_come_at_once() -> None:
    answer = run(advanced_session_manager.register_session("a b", "12345", 99, 0))
    assert len(answer.problems) == 4


def test_without_a_node_everything_works_but_what_needs_telegram() -> None:
    main, other = made("main"), made("other", priority=9)
    moving = pair(main, reader=other)
    manager = AdvancedSessionManager()

    async def acts() -> dict[str, Any]:
        return {
            "registered": await manager.register_session("fresh", "+4915112345678"),
            "status": await manager.get_session_status("MAIN"),
            "list": await manager.list_sessions(),
            "reassigned": await manager.bulk_reassign_session([moving], "other"),
            "optimal": await manager.get_optimal_session_for_assignment(),
            "kept": await manager.delete_session("main"),
            "deleted": await manager.delete_session("fresh"),
            "again": await manager.delete_session("fresh"),
            "login": await manager.authenticate_session("main"),
            "verified": await manager.verify_session("main"),
            "workers": await manager.get_worker_status(),
            "numbers": await manager.get_statistics(),
        }

    done = run(acts())
    failed = {name for name, answer in done.items() if not answer}
    assert failed == {"kept", "again", "login", "verified"}
    assert done["status"].name == "main"
    assert done["status"].last_check is not None
    assert [(one.name, one.pairs) for one in done["list"]] == [("fresh", 0), ("main", 1), ("other", 0)]
    assert done["optimal"].name == "other"
    assert f"{moving}" in done["kept"].reason
    for name in ("login", "verified"):
        assert "No node is up" in done[name].reason
        assert "manage.py up" in done[name].hint
    assert isinstance(done["workers"], WorkerStatus)
    assert {worker.session for worker in done["workers"].workers} == {"main", "other"}
    assert isinstance(done["numbers"], Statistics)
    assert dict(done["numbers"].pairs) == {"active": 1}


@pytest.mark.sentence("S-109", "S-114")
def test_a_large_move_in_batches_and_fewer_pairs_for_a_session() -> None:
    main, other, third = made("main"), made("other", max_pairs=2), made("third")
    ids = [pair(main, reader=other) for _ in range(4)]
    for chat in Pair.objects.values_list("source_chat", flat=True):
        SourceAccess.objects.create(session=third, source_chat=chat, access="member", checked_at=timezone.now())
    whole = run(advanced_session_manager.bulk_reassign_session(ids, "other"))
    assert not whole
    assert not Pair.objects.exclude(wanted_session=None).exists()
    some = run(advanced_session_manager.bulk_reassign_session(ids, "other", partly=True))
    assert some, some
    assert some.moved == tuple(ids[:2])
    assert sorted(some.refused) == ids[2:]
    rest = run(advanced_session_manager.bulk_reassign_session(ids[2:], "third"))
    assert rest, rest
    assert rest.moved == tuple(ids[2:])
    edited = edit_session(actor="test", name="third", changes=SessionChanges(max_pairs=1))
    assert edited.name == "third"
    optimal = run(advanced_session_manager.get_optimal_session_for_assignment())
    assert "third" in optimal.refused


def test_calls_run_beside_each_other_on_one_loop_and_close_their_connections() -> None:
    for number in range(8):
        made(f"s{number}")

    async def many() -> list[Any]:
        return await asyncio.gather(*(advanced_session_manager.get_session_status(f"s{n % 8}") for n in range(40)))

    assert all(run(many()))


def test_a_plain_script_needs_nothing_but_the_import() -> None:
    made("main")
    script = """
import asyncio
from project.manager import AdvancedSessionManager, advanced_session_manager
print(asyncio.run(advanced_session_manager.get_session_status("main")).health)
print(bool(asyncio.run(AdvancedSessionManager().get_session_status("nobody"))))
"""
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=BASE_DIR, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["healthy", "False"], done.stderr


def test_a_database_that_is_away_is_an_answer() -> None:
    script = """
import asyncio
from project.manager import advanced_session_manager
answer = asyncio.run(advanced_session_manager.list_sessions())
print(bool(answer), bool(answer.reason))
"""
    env = os.environ | {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "DJANGO_SETTINGS_MODULE": "project.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=BASE_DIR, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_texts_that_no_table_takes_are_refused() -> None:
    made("one")
    manager = AdvancedSessionManager()
    for bad in ("\ud800", "a\0b"):
        answers = (
            run(manager.register_session(bad, "+1234567890")),
            run(manager.bulk_reassign_session([1], "one", reason=bad)),
            run(manager.delete_session("one", reason=bad)),
            run(manager.authenticate_session("one", password=bad)),
        )
        assert all(isinstance(answer, Failure) for answer in answers)
        assert "signs that no table takes" in answers[2].reason
    assert TelegramSession.objects.get().lifecycle == "active"
