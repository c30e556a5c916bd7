"""Work whose program ended in the midst of it: it is ended, and people hear what was done, what was not, what to do.

Nothing is resumed by itself. A file of pairs may hold secrets and is not kept, and a deletion is grave enough to be
asked for again; either goes on where it stopped when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from pairs.domain.specs import shorten
from pairs.services import deletion, imports
from project.core import notices, operations
from project.core.models import OperationState
from project.core.notices import Severity
from project.core.operations import OperationView
from project.core.whitelist import standing
from project.core.words import counted
from sessions.models import Lifecycle, TelegramSession

SILENT = timedelta(minutes=5)
"""Longer than the longest step between two reports: a line of an import blocks for up to two minutes."""
_SHOWN = 100  # characters of a list of lines
OF_BOT = "bot:"  # how the actors of what the admin bot does begin


@dataclass(frozen=True, slots=True)
class _End:
    """How an interrupted operation ends. `note` is kept with it; people are told both."""

    state: OperationState
    note: str
    todo: str = ""


def end_interrupted(*, actors: str = "", silent: timedelta = SILENT) -> int:
    """Ends imports and deletions of which nothing was heard for so long, and tells people, in one transaction; how
    many.

    The admin bot asks at its start about those `actors` that are its own, whatever the time: it is the only one, so
    whoever began them has ended.
    """
    with transaction.atomic():
        found = operations.silent_operations(tuple(_ENDS), silent=silent, actors=actors)
        for operation in found:
            _tell(operation, _ENDS[operation.kind](operation))
    return len(found)


def end_now(operation_id: int) -> str:
    """The same of one whose program is just being ended; what people are told, "" when it is over already."""
    with transaction.atomic():
        operation = operations.find_operation(operation_id)
        return _tell(operation, _ENDS[operation.kind](operation)) if operation.running else ""


def _tell(operation: OperationView, end: _End) -> str:
    operations.finish(operation.id, end.state, note=end.note)
    done = end.state == OperationState.DONE
    head = "was carried out" if done else "was interrupted: the program that did it has ended"
    text = f"{'✅' if done else '⚠️'} {operation.title}{_asked_by(operation.actor)} {head}. {end.note}\n{end.todo}"
    return notices.post(f"operation.{operation.id}", text.strip(), severity=Severity.INFO).text


def _asked_by(actor: str) -> str:
    number = actor.removeprefix(OF_BOT)
    person = standing(int(number)) if actor.startswith(OF_BOT) and number.isdecimal() else None
    return f", asked for by {person.name if person is not None and person.name else actor},"


def _of_import(operation: OperationView) -> _End:
    """Lines are done in the order of `payload["lines"]`, each told when it is done; so one may have been under way."""
    gone, left = operation.done + operation.failed, operation.total - operation.done - operation.failed
    done = f"{operation.done} of {counted(operation.total, 'line')} were carried out, {operation.failed} refused."
    if left <= 0:
        return _End(OperationState.DONE, done)
    lines = [int(line) for line in operation.payload.get("lines", ())][gone:]
    under_way = f" Line {lines[0]} was under way: it may be done or not." if lines else ""
    rest = lines[1:] if lines else []
    not_begun = f" Not begun: {_lines(rest)}." if rest else ""
    again = "Send the file again, with /importpairs or `python manage.py pair import FILE`:"
    todo = f"{again} what is missing is shown first, and nothing that is done is done twice."
    return _End(OperationState.FAILED, f"{done}{under_way}{not_begun}", todo)


def _lines(numbers: Sequence[int]) -> str:
    short = shorten(numbers)
    return f"line{'s' if len(numbers) > 1 else ''} {short}" if len(short) <= _SHOWN else counted(len(numbers), "line")


def _of_deletion(operation: OperationView) -> _End:
    name = str(operation.payload["name"])
    session = TelegramSession.objects.filter(pk=operation.payload["session"]).first()
    if session is None or session.lifecycle == Lifecycle.DELETED:
        return _End(OperationState.DONE, "Should Telegram still list its login, end it in Settings > Devices.")
    left = operation.total - operation.done
    moved = f"{operation.done} of {counted(operation.total, 'pair')} had left it." if operation.total else ""
    on = " Those on their way go on changing hands." if left > 0 else ""
    note = f"The session was not deleted. {moved}{on}"
    return _End(OperationState.FAILED, note.strip(), f"To go on: /deletesession {session.name or name} force")


_ENDS: Mapping[str, Callable[[OperationView], _End]] = {
    imports.KIND: _of_import,
    deletion.DELETION: _of_deletion,
}
