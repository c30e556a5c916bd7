"""What the control service does by itself, beside its tasks: judge, tell, move, settle. One of several does it.

It looks every five seconds, and at once when somebody says so (NOTIFY relay_wake, 'placements'); it needs no Redis.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import psycopg
from celery import bootsteps
from django.db import Error as DatabaseError
from django.db import close_old_connections, transaction

from pairs.services.guests import tell_guests
from pairs.services.interrupted import end_interrupted
from pairs.services.lags import tell_lags
from pairs.services.parked import place_parked
from pairs.services.progress import look_at_all
from pairs.services.settling import settle
from pairs.services.statuses import resume_expired
from pairs.services.stillness import let_go
from project.core.clock import database_now
from project.core.config import Config, current
from project.core.errors import Conflict
from project.core.logs import get_logger
from project.core.tables import check_tables
from sessions.domain.health import Limits
from sessions.services.removal import destroy_left_overs
from workers.beat import KEEPALIVE
from workers.services.alarms import Alarms
from workers.services.balance import balance
from workers.services.failovers import FailOvers, tell_moves
from workers.services.groups import replan_changed
from workers.services.health import judge_all, tell, tell_settled
from workers.services.logins import tell_logins
from workers.services.pulses import CONTROL, give_pulse
from workers.services.room import tell_shortage
from workers.services.sights import Watch
from workers.services.standstill import ChecksWatch, watch_clocks

QUEUE = "control"
EVERY = 5.0  # seconds
AGAIN = 1.0  # seconds, after an error and between wake-ups
BREATH = 0.2  # seconds that what happens at once may take
_LOCK = (7461, 3)
_WAKE = "placements"

P = ParamSpec("P")
T = TypeVar("T")

log = get_logger(__name__)


class Rounds:
    """All that is looked at, in the order in which one thing follows from another."""

    def __init__(self, config: Config) -> None:
        self._limits = Limits(timeout=timedelta(seconds=config.session_timeout))
        self._watch = Watch(self._limits)
        self._checks = ChecksWatch()
        self._failovers = FailOvers()
        self._well = True

    def look(self) -> bool:
        """One round; whether all of it went well. Pairs move before those that nobody takes are disabled."""
        now = database_now()
        self._well = True
        self._do(give_pulse, CONTROL)
        self._do(judge_all, self._watch, self._limits, now)
        reports = self._do(self._failovers.round, now) or {}
        self._do(tell_shortage)
        self._do(tell, reports)
        self._do(tell_moves, reports)
        self._do(tell_logins)
        self._do(place_parked)
        self._do(_settle)
        self._do(look_at_all)
        self._do(end_interrupted)
        self._do(destroy_left_overs)
        self._do(resume_expired, now)
        self._do(let_go)
        self._do(replan_changed)
        self._do(balance)
        self._do(self._checks.look, now)
        self._do(watch_clocks, now)
        return self._well

    def _do(self, step: Callable[P, T], *args: P.args, **named: P.kwargs) -> T | None:
        """Whatever is wrong with one step, the others are taken; the next round tries it again."""
        try:
            return step(*args, **named)
        except DatabaseError:
            raise
        except Exception:
            log.exception("a step of control broke", step=getattr(step, "__qualname__", ""))
            self._well = False
            return None

    def lost_sight(self) -> None:
        """The tables could not be read for a while."""
        self._watch.lost_sight()
        self._checks.lost_sight()


class Control(threading.Thread):
    """Runs `Rounds` while it holds the lock, which lives as long as its connection."""

    def __init__(self, config: Config) -> None:
        super().__init__(name="control", daemon=True)
        self._config = config
        self._stopped = threading.Event()
        self._alarms = Alarms(config)

    def run(self) -> None:
        """Until `stop`."""
        rounds = Rounds(self._config)
        while not self._stopped.is_set():
            try:
                check_tables()
                with psycopg.connect(self._config.database_direct_url, autocommit=True, **KEEPALIVE) as conn:
                    self._watch(conn, rounds)
            except (psycopg.Error, DatabaseError) as error:
                log.warning("control cannot look for now", reason=str(error).strip())
            except Conflict as error:
                log.warning("control cannot look for now", reason=error.for_people())
            rounds.lost_sight()
            close_old_connections()
            self._stopped.wait(AGAIN)

    def stop(self) -> None:
        """The present round is the last one."""
        self._stopped.set()
        self._alarms.stop()
        self.join(timeout=EVERY)

    def _watch(self, conn: psycopg.Connection[Any], rounds: Rounds) -> None:
        conn.execute("LISTEN relay_wake")
        leads = False
        while not self._stopped.is_set():
            if not leads:
                row = conn.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK).fetchone()
                leads = bool(row and row[0])
                if leads:
                    log.info("control leads")
            if leads:
                self._look(rounds)
            self._wait(conn)

    def _look(self, rounds: Rounds) -> None:
        close_old_connections()
        if rounds.look():
            self._alarms.well()

    def _wait(self, conn: psycopg.Connection[Any]) -> None:
        """Until somebody wakes us, or it is time. Fails when the connection, and with it the lock, is gone."""
        deadline = time.monotonic() + EVERY
        while not self._stopped.is_set() and (left := deadline - time.monotonic()) > 0:
            for heard in conn.notifies(timeout=min(left, AGAIN), stop_after=1):
                if heard.payload == _WAKE:
                    self._stopped.wait(BREATH)
                    return
        conn.execute("SELECT 1")


def _settle() -> None:
    """Statuses and what people hear of them, or neither: whoever dies in between does it again."""
    with transaction.atomic():
        tell_settled(settle())
        tell_guests()
        tell_lags()


class ControlStep(bootsteps.StartStopStep):
    """Starts it with the worker of the control queue, after its processes are forked."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._control: Control | None = None

    def include_if(self, parent: Any) -> bool:
        """Only there."""
        return QUEUE in parent.app.amqp.queues.consume_from

    def start(self, parent: Any) -> None:
        """Celery calls it once."""
        self._control = Control(current())
        self._control.start()

    def stop(self, parent: Any) -> None:
        """Before the pool ends."""
        if self._control is not None:
            self._control.stop()
