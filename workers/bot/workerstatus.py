"""/workerstatus: every session's worker and groups, and the nodes."""

from __future__ import annotations

from project.botkit.pages import Page, page_buttons, page_from
from project.botkit.parts import PAGE_NUMBER, Call, Command, Press, Reply, bold, plain
from project.botkit.problems import nothing_after
from project.botkit.sizes import free_of, size
from project.botkit.times import span
from project.core.operators import Role
from project.core.words import counted
from workers.services.balance import Spread
from workers.services.nodes import NodeView
from workers.services.status import GroupView, WorkerStatus, WorkerView, worker_status

ACT = "workers"
_NODE_ICONS = {"up": "🟢", "draining": "🟡", "held": "🔴"}


async def _run(call: Call) -> None:
    nothing_after(call, COMMAND.name)
    await _show(call, 1)


async def _turn(call: Call) -> None:
    await _show(call, page_from(call.words[0]))


async def _show(call: Call, page: int) -> None:
    status = await call.do(worker_status, page)
    shown = Page(status.workers, status.page, status.pages, status.total)
    await call.reply(Reply(status_text(status), (page_buttons(ACT, shown),)))


def status_text(status: WorkerStatus) -> str:
    """The whole message."""
    title = f"⚙️ {bold('Workers')}: {counted(status.total, 'session')}, {counted(len(status.nodes), 'node')}"
    if status.pages > 1:
        title += f" · page {status.page} of {status.pages}"
    workers = [_worker(worker) for worker in status.workers] or ["There is no session yet. → /registersession"]
    nodes = [_node(node) for node in status.nodes] or ["🔴 No node is running: nothing is relayed."]
    nodes += [_spread(status.spread)] if status.spread else []
    standing = ["\n".join(f"🟡 {plain(sentence)}" for sentence in status.standing)] if status.standing else []
    return "\n\n".join([title, *standing, *workers, "\n".join([bold("Nodes"), *nodes])])


def _spread(spread: Spread) -> str:
    """Who has how many, and the next move."""
    counts = " · ".join(f"{plain(name)} {count}" for name, count in sorted(spread.accounts.items()))
    if not spread.moves:
        return f"⚖️ Accounts: {counts}"
    if not spread.by_itself:
        what = f"{counted(len(spread.moves), 'account')} to move: python manage.py node balance"
        return f"⚖️ Accounts: {counts}\n{what}"
    move, when = spread.moves[0], "when the one before is up"
    if spread.wait is not None:
        when = f"in {span(spread.wait)}" if spread.wait else "now"
    going = f"{plain(move.account)} from {plain(move.source)} to {plain(move.target)}, {when} ({move.why})"
    return f"⚖️ Accounts: {counts}\nNext move: {going}; {len(spread.moves)} in all"


def _worker(worker: WorkerView) -> str:
    where = [f"node {plain(worker.node)}"] if worker.node else []
    where += [f"pid {worker.pid}"] if worker.pid else []
    head = " · ".join([f"{worker.state.icon} {bold(worker.session)}", worker.state.word, *where])
    groups = ", ".join(_group(group) for group in worker.groups) or "none"
    return "\n".join([head, f"pairs {worker.pairs}/{worker.max_pairs} · groups {groups}", _figures(worker)])


def _group(group: GroupView) -> str:
    remarks = [group.state] if group.state != "running" else []
    remarks += ["silent"] if group.silent else []
    remarks += [counted(group.restarts, "restart")] if group.restarts else []
    text = f"{group.number}: {group.pairs}/{group.most}"
    return f"{text} ({', '.join(remarks)})" if remarks else text


def _figures(worker: WorkerView) -> str:
    figures = [f"up {span(worker.uptime)}"] if worker.uptime is not None else []
    figures += [f"restarts {worker.restarts}", f"lag {span(worker.lag)}"]
    if worker.memory is not None:
        figures.append(f"memory {size(worker.memory)}")
    if worker.cpu_percent is not None:
        figures.append(f"CPU {worker.cpu_percent:.1f} %")
    if worker.restarts and worker.last_exit:
        figures.append(f"last end: {plain(worker.last_exit)}")
    return " · ".join(figures)


def _node(node: NodeView) -> str:
    state = "draining" if node.drain_asked else node.state
    figures = [f"{_NODE_ICONS.get(state, '⚪')} {plain(node.name)}", state, counted(node.accounts, "account")]
    if node.memory_total:
        figures += [
            f"memory {free_of(node.memory_free, node.memory_total)}",
            f"disk {free_of(node.disk_free, node.disk_total)}",
            f"CPU {node.cpu_percent or 0:.0f} %",
        ]
    return " · ".join(figures)


COMMAND = Command(
    name="workerstatus",
    arguments="",
    summary="Workers, their groups and the nodes",
    role=Role.VIEWER,
    section="Workers",
    run=_run,
    details=(
        "Of every session: its pairs, its worker groups with their pairs of at most 30, the node and process that run "
        "it, for how long, restarts after crashes, how long its oldest message has been waiting (lag), memory that it "
        "shares with nobody, and CPU of one processor. Of every node: its accounts, memory, disk and CPU; "
        "how accounts are spread over the nodes, and which one moves next."
    ),
    examples=("/workerstatus",),
)
PRESS = Press(act=ACT, role=Role.VIEWER, run=_turn, takes=PAGE_NUMBER)
