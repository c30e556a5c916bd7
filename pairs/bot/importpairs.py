"""/importpairs: a file of pairs, its difference from what there is, and carrying it out with progress and [Stop]."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Sequence

from pairs.bot.editpair import check_role
from pairs.bot.texts import listed
from pairs.domain.imports import HINT, PairLine, parse_pairs
from pairs.services.import_plan import Entry, ImportPlan, What, plan_import
from pairs.services.imports import Run, begin_import
from project.botkit.parts import ID, Button, Call, Command, Confirmed, Dialogue, Press, Reply, Room, bold, plain
from project.botkit.times import span
from project.core import operations
from project.core.errors import Conflict, InvalidInput
from project.core.operators import Role
from project.core.redaction import names_webhook

_SHOW_EVERY = 1.0  # seconds between edits of the message
_MOST_KEPT = 20  # files that wait for their answer; they may hold secrets, so they stay in memory
_ICONS = {What.NEW: "➕", What.CHANGED: "✏️", What.CONFLICT: "❌"}
_BAR = 10  # characters

_waiting: OrderedDict[str, Sequence[Entry]] = OrderedDict()


async def _run(call: Call) -> None:
    if not await _take(call):
        await call.ask(FILE.name)
        await call.reply(
            Reply(
                f"📄 {bold('Send the file of pairs')}, CSV or YAML, as a document.\n{plain(HINT)}\n"
                "You see what it would change before anything is done. /cancel ends this."
            )
        )


async def _file(call: Call) -> None:
    if not await _take(call):
        raise InvalidInput("That was no file.", hint="Send it as a document, or /cancel.")


async def _take(call: Call) -> bool:
    """Reads the file that came with the message, shows the difference, asks."""
    data = await call.document()
    if data is None:
        return False
    if names_webhook(data.replace(b"\0", b"").decode(errors="replace")):  # UTF-16, too
        await call.remove()
    plan = await call.do(lambda: plan_import(parse_pairs(data)))
    await call.finish()
    check_role(call, _named_options(plan.work))
    if not plan.work:
        await call.reply(Reply(_difference(plan)))
        return True
    token = secrets.token_urlsafe(8)
    _waiting[token] = plan.work
    while len(_waiting) > _MOST_KEPT:
        _waiting.popitem(last=False)
    label = f"Import {len(plan.work)}"
    await call.confirm(Reply(_difference(plan)), act=BEGIN.act, args=(token,), label=label)
    return True


def _named_options(work: Sequence[Entry]) -> set[str]:
    """Options that a line would set to something that an owner answers for."""
    return {name for entry in work for name, value in entry.line.options if value != "skip"}


def _difference(plan: ImportPlan) -> str:
    lines = [bold("This file against the pairs there are"), _counts(plan)]
    for what, icon in _ICONS.items():
        entries = plan.of(what)
        if entries:
            lines += [f"\n{icon} {bold(what.value)}", *listed(map(_about, entries), most=12)]
    if plan.of(What.CONFLICT):
        lines.append("\nLines in conflict are left out.")
    if not plan.work:
        lines.append("\nThere is nothing to do.")
    return "\n".join(lines)


def _counts(plan: ImportPlan) -> str:
    return ", ".join(f"{len(plan.of(what))} {what.value}" for what in What)


def _about(entry: Entry) -> str:
    pair = f", pair {entry.pair_id}" if entry.pair_id else ""
    why = f" ({'; '.join(entry.about)})" if entry.about else ""
    return f"line {entry.line.line}{pair}: {_route(entry.line)}{why}"


def _route(line: PairLine) -> str:
    return f"{line.source} → {line.discord or 'a webhook'} → {line.destination}"


# --- carrying it out


async def _begin(call: Call) -> None:
    work = _waiting.pop(call.words[0], None)
    if work is None:
        raise Conflict("The file is not kept any more.", hint="Send it again: /importpairs")
    operation = await call.do(begin_import, actor=call.actor, work=work)
    run = Run(call.actor, operation, work)
    await call.reply(_shown(run))
    call.later(lambda: _follow(call, run))


async def _follow(call: Call, run: Run) -> None:
    """Shows what has changed, and the line whose turn it is, at most once a second: a line may take long."""
    work = asyncio.ensure_future(_carry_out(call, run))
    shown = None
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=_SHOW_EVERY)
            now = _shown(run)
            if now != shown:
                await call.reply(now)
                shown = now
        work.result()
    finally:
        work.cancel()


async def _carry_out(call: Call, run: Run) -> None:
    while await call.do(run.step):
        pass


def _shown(run: Run) -> Reply:
    operation, total, gone, at = run.operation, len(run.work), run.gone, run.at  # another thread moves them
    if operation.running:
        full = _BAR * gone // total
        left = f", about {span(operation.eta)} left" if operation.eta is not None else ""
        head = f"⏳ {bold(operation.title)}\n{'▓' * full}{'░' * (_BAR - full)} {gone} of {total}{left}"
        head += f"\nLooking at line {at.line.line}: {plain(_route(at.line))}" if at else ""
        rows: tuple[tuple[Button, ...], ...] = ((Button("Stop", STOP.act, (str(operation.id),)),),)
    else:
        icon = "⏹" if operation.state == "stopped" else "✅" if not run.problems else "⚠️"
        head = f"{icon} {bold(operation.title)}\n{run.done} of {total} lines are carried out. {plain(operation.note)}"
        rows = ((Button("All pairs", "plist", ("1",)),),)
    failed = ["", f"❌ {len(run.problems)} refused:", *listed(run.problems, most=10)] if run.problems else []
    late = ["", *listed(run.notes, most=10)] if run.notes else []
    return Reply("\n".join([head, *late, *failed]), rows)


async def _stop(call: Call) -> None:
    """The message goes on being edited by whoever carries the import out."""
    await call.do(operations.stop, int(call.words[0]), actor=call.actor)


FILE = Dialogue("pimport_file", Role.OPERATOR, _file)
BEGIN = Confirmed("pimport", Role.OPERATOR, _begin)
STOP = Press("pimport_stop", Role.OPERATOR, _stop, ID)
COMMAND = Command(
    name="importpairs",
    arguments="",
    summary="Many pairs from a CSV or YAML file",
    role=Role.OPERATOR,
    section="Pairs",
    run=_run,
    details=(
        f"{HINT} Source and destination are @names, links or ids; discord is a channel's id or link, webhook a URL. "
        "Without a session the best one takes the pair. Everything that is wrong in the file is told at once with "
        "its lines; what would be new or different is shown before anything is done. A file with webhooks is "
        "deleted here."
    ),
    examples=("/importpairs",),
)
PART = Room(commands=(COMMAND,), presses=(BEGIN, STOP), dialogues=(FILE,))
