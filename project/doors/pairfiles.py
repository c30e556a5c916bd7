"""Files of pairs at the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pairs.domain.imports import MOST_BYTES, PairLine, parse_pairs, render_csv, render_yaml
from pairs.services.exports import export_pairs
from pairs.services.import_plan import Entry, ImportPlan, What, plan_import
from pairs.services.imports import Run, begin_import
from pairs.services.interrupted import end_now
from project.core.errors import InvalidInput
from project.core.stopping import StopAsked

Say = Callable[[str], None]

_RENDER = {".csv": render_csv, ".yaml": render_yaml, ".yml": render_yaml}


def read(path: Path) -> tuple[PairLine, ...]:
    """The pairs of a file. Raises InvalidInput, ManyProblems with all that is wrong."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    return parse_pairs(data)


def compared(lines: Sequence[PairLine], say: Say) -> ImportPlan:
    """What the file would change, said line by line."""
    plan = plan_import(lines)
    for entry in plan.entries:
        if entry.what is not What.UNCHANGED:
            say(_about(entry))
    say(", ".join(f"{len(plan.of(what))} {what.value}" for what in What))
    return plan


def carry_out(plan: ImportPlan, *, actor: str, say: Say) -> bool:
    """Does what the file says, and tells what was refused; whether anything was. Ctrl-C ends it, and tells the rest."""
    run = Run(actor, begin_import(actor=actor, work=plan.work), plan.work)
    try:
        while run.step():
            say(f"{run.gone} of {len(run.work)}")
    except StopAsked:
        say(end_now(run.operation.id))
        raise
    finally:
        for told in (*run.notes, *run.problems):
            say(told)
    say(f"{run.done} of {len(run.work)} lines are carried out.")
    return bool(run.problems)


def write(path: Path, *, with_secrets: bool) -> int:
    """Writes all pairs to a new file that only its owner can read; how many. Raises InvalidInput."""
    render = _RENDER.get(path.suffix.lower())
    if render is None:
        raise InvalidInput(f"{path.name} is neither .csv nor .yaml.", hint=f"Name it one of {', '.join(_RENDER)}.")
    lines = export_pairs(with_secrets=with_secrets)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.", hint="Name a new file.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(render(lines))
    return len(lines)


def _about(entry: Entry) -> str:
    line = entry.line
    route = f"{line.source} -> {line.discord or 'a webhook'} -> {line.destination}"
    why = f" ({'; '.join(entry.about)})" if entry.about else ""
    return f"line {line.line}: {entry.what.value}: {route}{why}"
