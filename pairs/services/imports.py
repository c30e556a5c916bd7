"""An import of pairs, carried out line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pairs.domain.requests import PairWish
from pairs.models import Pair
from pairs.services.adding import add_wished
from pairs.services.changing import change_pair
from pairs.services.differences import wish_of
from pairs.services.exports import session_name
from pairs.services.import_plan import Entry, What
from pairs.services.moving import change_sessions
from project.core import operations
from project.core.errors import InvalidInput, RelayError
from project.core.models import OperationState
from project.core.operations import OperationView
from project.core.secret import Secret
from project.core.words import counted

KIND = "pairs.import"


def begin_import(*, actor: str, work: Sequence[Entry]) -> OperationView:
    """Notes that an import begins."""
    title = f"Import of {counted(len(work), 'pair')}"
    lines = [entry.line.line for entry in work]
    return operations.begin(kind=KIND, title=title, actor=actor, total=len(work), payload={"lines": lines})


def carry_out(*, actor: str, entry: Entry) -> str:
    """Does one line; what has to be said of it, "" for nothing. Blocks for seconds, up to two minutes. Raises
    RelayErrors."""
    line = entry.line
    if entry.what is What.NEW:
        discord = line.webhook or Secret(str(line.discord))
        wish = PairWish(line.source, discord, line.destination, line.session, line.sender, dict(line.options))
        new = add_wished(actor=actor, wish=wish)
        return f"Line {line.line}, pair {new.id}: session {new.session} is {new.guest}." if new.guest else ""
    if entry.what is not What.CHANGED or entry.pair_id is None:
        raise InvalidInput(f"Line {line.line} is {entry.what}: there is nothing to do.")
    pair_id = entry.pair_id
    pair = Pair.objects.select_related("sender", "assignment__session").get(pk=pair_id)
    wish_to_edit = wish_of(pair, line)
    if not wish_to_edit.empty:
        change_pair(actor=actor, pair_id=pair_id, wish=wish_to_edit, reason="import")
    if line.session and line.session.lower() != session_name(pair).lower():
        change_sessions(actor=actor, pairs=[pair_id], target=line.session, reason="import")
    return ""


@dataclass
class Run:
    """An import under way, a line at a time, so that whoever runs it can show how far it is."""

    actor: str
    operation: OperationView
    work: Sequence[Entry]
    done: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def gone(self) -> int:
        """Lines that are behind us, with and without success."""
        return self.done + len(self.problems)

    @property
    def at(self) -> Entry | None:
        """The line whose turn it is, None after the last."""
        return self.work[self.gone] if self.gone < len(self.work) else None

    def step(self) -> bool:
        """Carries out the next line; False when there is none left, somebody asked to stop, or it was given up as
        interrupted because nothing was heard of it for too long."""
        entry = self.at
        if entry is None or self.operation.stop_asked or not self.operation.running:
            self._finish()
            return False
        try:
            note = carry_out(actor=self.actor, entry=entry)
            self.notes += [note] if note else []
            self.done += 1
        except RelayError as error:
            self.problems.append(f"Line {entry.line.line}: {error.for_people()}")
        self.operation = operations.advance(self.operation.id, done=self.done, failed=len(self.problems))
        return True

    def _finish(self) -> None:
        left = len(self.work) - self.gone
        state = OperationState.STOPPED if left else OperationState.DONE
        note = f"{counted(left, 'line')} {'was' if left == 1 else 'were'} not begun." if left else ""
        self.operation = operations.finish(self.operation.id, state, note=note)
