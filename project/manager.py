"""Sessions from Python: the same services as the admin bot, for scripts and other programs.

    from project.manager import advanced_session_manager

    status = await advanced_session_manager.get_session_status("user1_main")
    if not status:
        print(status.reason, status.hint)

Works in a plain script as well as in a running Django; every call may be awaited on any event loop.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import django
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
if not apps.ready:
    django.setup()  # the tables below can be imported only afterwards

from pairs.services.deletion import delete_session
from pairs.services.moving import change_sessions
from pairs.services.optimal import optimal_session
from project.api import login
from project.api.answers import (
    Deleted,
    Failure,
    LoginProgress,
    Optimal,
    Reassigned,
    Sessions,
    SessionStatus,
    Statistics,
    Verified,
)
from project.api.calls import answered, call, is_node_up, until
from project.api.views import ALL, all_sessions, statistics, status_of, verify
from project.core.errors import Conflict, InvalidInput, RelayError
from project.core.message import storable_text
from project.doors.actor import actor
from sessions.services.finding import find_session
from sessions.services.registering import register_session
from workers.services.status import WorkerStatus, worker_status

__all__ = ["AdvancedSessionManager", "Failure", "advanced_session_manager"]

LOGIN_LIMIT = 120.0  # seconds for the worker's next step; taking over a lease may take 30 of them
_MOST_PAIRS = 100_000


class AdvancedSessionManager:
    """Registers, logs in, watches, moves and deletes sessions. Acts as `api:<user of the operating system>`.

    No call raises for what a caller gets wrong, or for a server that is away: the answer is a `Failure` then, which is
    false and says why (`reason`) and what to do (`hint`). Every other answer is true.
    """

    def __init__(self, *, acting_as: str = "") -> None:
        self._actor = acting_as or actor("api")

    async def register_session(
        self, name: str, phone: str, priority: int = 1, max_pairs: int | None = None
    ) -> SessionStatus | Failure:
        """Registers a user account; nothing is sent to Telegram yet. `max_pairs` None: MAX_PAIRS_PER_SESSION."""

        async def work() -> SessionStatus:
            _texts(name=name, phone=phone)
            _numbers(priority=priority, max_pairs=1 if max_pairs is None else max_pairs)
            done = await call(
                register_session, actor=self._actor, name=name, phone=phone, priority=priority, max_pairs=max_pairs
            )
            return await call(status_of, done.name, warnings=done.warnings)

        return await answered(work())

    async def authenticate_session(
        self, name: str, verification_code: str | None = None, *, password: str | None = None
    ) -> LoginProgress | Failure:
        """Asks Telegram for a login code, or hands over the code and the password of two-step verification.

        Blocks until Telegram has answered, at most two minutes. Needs a node that runs.
        """

        async def work() -> LoginProgress:
            _texts(name=name, verification_code=verification_code or "", password=password or "")
            await _need_a_node()
            code, secret = (verification_code or "").strip(), password or ""
            if code or secret:
                account = await call(login.give, name, code, secret)
                if code and secret:
                    wanted: bool | None = await until(partial(login.wants_password, account), seconds=LOGIN_LIMIT)
                    if wanted:
                        await call(login.give, name, "", secret)
            else:
                account = await call(login.begin, self._actor, name)
            state = await until(partial(login.turn, account), seconds=LOGIN_LIMIT)
            if state is None:
                raise Conflict(f"The worker did not get on with the login within {LOGIN_LIMIT:.0f} s.", hint=_DOCTOR)
            return login.progress(name, state)

        return await answered(work())

    async def verify_session(self, name: str) -> Verified | Failure:
        """A check now, by the session's own worker over its live connection; at most 20 s. Needs a node that runs."""

        async def work() -> Verified:
            _texts(name=name)
            await call(find_session, name)
            await _need_a_node()
            return await call(verify, name)

        return await answered(work())

    async def get_session_status(self, name: str) -> SessionStatus | Failure:
        """Everything that is known of one session."""

        async def work() -> SessionStatus:
            _texts(name=name)
            return await call(status_of, name)

        return await answered(work())

    async def list_sessions(self) -> Sessions | Failure:
        """All sessions that were not deleted, by name."""
        return await answered(call(all_sessions))

    async def bulk_reassign_session(
        self, pair_ids: Iterable[int], target: str, *, partly: bool = False, reason: str = ""
    ) -> Reassigned | Failure:
        """Moves pairs to the session `target`, all or none; with `partly` those that can. They change hands within
        seconds; nothing is lost, doubled or reordered, and paused pairs stay paused."""

        async def work() -> Reassigned:
            _texts(target=target, reason=reason)
            ids = _pair_ids(pair_ids)
            done = await call(
                change_sessions, actor=self._actor, pairs=ids, target=target, partly=partly, reason=reason
            )
            refused = MappingProxyType({one.pair_id: one.reason for one in done.refused})
            operation = done.operation.id if done.operation else None
            return Reassigned(target, done.moved, done.already, refused, done.warnings, operation)

        return await answered(work())

    async def get_optimal_session_for_assignment(self, source_chats: Sequence[int] = ()) -> Optimal | Failure:
        """The best session for a new pair, by health, free seats and priority; for given sources by access, too."""

        async def work() -> Optimal:
            found = await call(optimal_session, _pair_ids(source_chats) if source_chats else ())
            refused = {one.name: one.reasons for one in found.ranking.refused}
            if found.best is None:
                why = "; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in refused.items())
                raise Conflict(found.answer, hint=why)
            others = tuple(one.name for one in found.ranking.best[1:])
            best = found.best
            return Optimal(best.name, best.priority, best.free, found.answer, others, MappingProxyType(refused))

        return await answered(work())

    async def delete_session(self, name: str, *, force: bool = False, reason: str = "") -> Deleted | Failure:
        """Deletes a session: logged out, its secret destroyed. With pairs only by `force`, which moves them to other
        sessions or parks them; that may take a minute and a half. An unknown session is a failure."""

        async def work() -> Deleted:
            _texts(name=name, reason=reason)
            deletion, removed = await call(delete_session, actor=self._actor, name=name, force=force, reason=reason)
            moved = tuple(move.pair_id for move in deletion.plan.placement.moves)
            parked = MappingProxyType({one.pair_id: one.reason for one in deletion.plan.parked})
            return Deleted(removed.name, removed.logged_out, moved, parked, removed.note)

        return await answered(work())

    async def get_worker_status(self) -> WorkerStatus | Failure:
        """Workers, their groups and the nodes, as far as they report."""
        return await answered(call(worker_status, per_page=ALL))

    async def get_statistics(self) -> Statistics | Failure:
        """Numbers of the installation."""
        return await answered(call(statistics))


_DOCTOR = "`python manage.py doctor` says what is in the way."


async def _need_a_node() -> None:
    if not await call(is_node_up):
        raise Conflict("No node is up, so nobody can ask Telegram.", hint="`python manage.py up` starts everything.")


def _texts(**given: Any) -> None:
    for name, value in given.items():
        if not isinstance(value, str):
            raise InvalidInput(f"{name} has to be a text, not {type(value).__name__}.")
        if storable_text(value) != value:
            raise InvalidInput(
                f"{name} holds signs that no table takes.", hint="No NUL, no halves of a surrogate pair."
            )


def _numbers(**given: Any) -> None:
    for name, value in given.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidInput(f"{name} has to be a whole number, not {type(value).__name__}.")


def _pair_ids(given: Any) -> list[int]:
    """A copy, bounded, whatever it is an iterable of."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidInput("Ids have to be a list of whole numbers.", hint="[1, 2, 3]")
    ids: list[int] = []
    for value in given:
        _numbers(id=value)
        ids.append(value)
        if len(ids) > _MOST_PAIRS:
            raise RelayError(f"These are more than {_MOST_PAIRS} ids.")
    if not ids:
        raise InvalidInput("No ids were given.", hint="[1, 2, 3]")
    return ids


advanced_session_manager = AdvancedSessionManager()
