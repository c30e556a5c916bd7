"""What operators wait for: moving 200 pairs (C1), and the overviews of 60 sessions with 600 pairs (C2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from pairs.bot.optimalsession import optimal_text
from pairs.models import Assignment, Pair
from pairs.services.commits import commit
from pairs.services.moving import plan_moves
from pairs.services.optimal import optimal_session
from pairs.services.progress import look, undo
from pairs.services.selection import moving_pairs
from project.sandbox.client import ControlClient
from sessions.models import HealthCheck, TelegramSession
from tests.bench.figures import Result
from tests.harness.installation import Installation
from tests.harness.rows import wait
from tests.harness.waves import settle_in
from tests.harness.world import World
from workers.bot.sessionstatus import overview_text
from workers.bot.workerstatus import status_text
from workers.models import WorkerGroup
from workers.services.session_status import sessions_page
from workers.services.status import worker_status

MOVED = (8, 25)  # sessions, pairs of each: all go to the next session
SHOWN = (60, 600)
CHECKS = 100  # rows of each session's past
EVENTS = 20  # of each pair
MOST_PAIRS = 50
TIMES = 20
ACTOR = "bench"
T = TypeVar("T")

_EVENTS = """
WITH made AS (
    INSERT INTO pairs_event (pair_id, seq, scope, message_id, revision, kind, content_hash, edited, created_at)
    SELECT p.id, n, 'tg:' || p.source_chat, n, 0, 'create', '', 0, clock_timestamp() FROM pairs_pair p,
           generate_series(1, %s) AS n RETURNING id, pair_id, seq
)
INSERT INTO pairs_delivery
    (event_id, pair_id, seq, hop, part, act, state, source_message, key, identity, tries, reason, attempted_at)
SELECT id, pair_id, seq, hop, 0, 'post', CASE WHEN hop = 2 AND seq = %s THEN 'waiting' ELSE 'sent' END, seq, '', '', 0,
       '', clock_timestamp() FROM made, (VALUES (1), (2)) AS h(hop)
"""


def moves() -> dict[str, Result]:
    """C1, with sessions that are logged in and look at the sandbox."""
    with Installation(profile="off", nodes=1) as here:
        here.populate(*MOVED)
        here.start_services()
        settle_in(here.world, here.control_url)
        TelegramSession.objects.update(max_pairs=MOST_PAIRS)
        asyncio.run(_let_in(here))
        return {"C1": _move_all()}


def overviews() -> dict[str, Result]:
    """C2, on rows alone."""
    with Installation(profile="off", nodes=0):
        _fill(*SHOWN)
        return {"C2": _overviews()}


async def _let_in(here: Installation) -> None:
    """Every source and destination takes the session that is to read it next."""
    world: World = here.world
    after = {one.name: other.user_id for one, other in zip(world.people, _shifted(world.people), strict=True)}
    async with ControlClient(here.control_url) as control:
        for route in world.routes:
            await control.telegram.join(route.source, after[route.session])
            await control.telegram.join(route.destination, after[route.session], admin=True)


def _shifted(items: Sequence[T]) -> list[T]:
    return [*items[1:], items[0]]


def _move_all() -> Result:
    """Nothing is known about access before the first look; every pair has changed hands before the way back."""
    sessions = list(TelegramSession.objects.order_by("pk").values_list("pk", flat=True))
    following = dict(zip(sessions, _shifted(sessions), strict=True))
    pairs = moving_pairs(Q(assignment__isnull=False))
    began = time.monotonic()
    plan = plan_moves(pairs, {pair.id: following[pair.session_id or 0] for pair in pairs}, trust_refusals=False)
    planned = time.monotonic() - began
    assert len(plan.moves) == len(pairs), plan.problems
    operation = commit(plan.moves, actor=ACTOR, kind="pairs.move", title="all pairs on")
    committed = time.monotonic() - began
    wait(lambda: not look(operation.id).operation.running, "all pairs to change hands")
    handed = time.monotonic() - began - committed
    began = time.monotonic()
    assert undo(operation.id, actor=ACTOR) is not None
    undone = time.monotonic() - began
    figures = {"seconds": max(committed, undone), "plan_s": planned, "commit_s": committed - planned, "undo_s": undone}
    notes = f"{len(pairs)} pairs of {len(sessions)} sessions to the next one and back; looks at Telegram included."
    return Result(figures | {"hand_over_s": handed}, notes)


def _fill(sessions: int, pairs: int) -> None:
    """Rows as a busy installation has them, without anybody who works them."""
    made = TelegramSession.objects.bulk_create(_session(number) for number in range(sessions))
    rows = Pair.objects.bulk_create(
        Pair(source_chat=n, source_title=f"Source {n}", discord_channel=n, destination_chat=n, cursor=EVENTS)
        for n in range(pairs)
    )
    Assignment.objects.bulk_create(Assignment(pair=pair, session=made[n % sessions]) for n, pair in enumerate(rows))
    now = timezone.now()
    WorkerGroup.objects.bulk_create(WorkerGroup(session=one, number=1, heartbeat_at=now) for one in made)
    checked = (one for one in made for _ in range(CHECKS))
    HealthCheck.objects.bulk_create(HealthCheck(session=one, at=now, passed=True) for one in checked)
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [EVENTS, EVENTS])
        cursor.execute("ANALYZE")


def _session(number: int) -> TelegramSession:
    return TelegramSession(
        name=f"user{number}_main",
        phone_sealed=b"",
        phone_hint="+49151*****01",
        device={},
        lifecycle="active",
        health="healthy",
        priority=number % 10 + 1,
    )


def _overviews() -> Result:
    """Service and text of each command, the whole list on one page at worst."""
    shown: dict[str, Callable[[], str]] = {
        "sessionstatus_ms": lambda: overview_text(sessions_page(worst_first=True)),
        "workerstatus_ms": lambda: status_text(worker_status()),
        "optimalsession_ms": lambda: optimal_text(optimal_session()),
    }
    figures = {name: _slowest(show) for name, show in shown.items()}
    sessions, pairs = SHOWN
    notes = f"{sessions} sessions, {pairs} pairs; the slowest of {TIMES}, without Telegram's and the bot's own time."
    return Result(figures | {"slowest_ms": max(figures.values())}, notes)


def _slowest(show: Callable[[], str]) -> float:
    """Milliseconds; the first time is left out."""
    took = []
    for _ in range(TIMES + 1):
        began = time.monotonic()
        assert show()
        took.append((time.monotonic() - began) * 1000)
    return max(took[1:])
