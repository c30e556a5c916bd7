"""Which account goes to which node next: pure, one move at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

LEAST_GAP = 2  # accounts; a smaller one would only change sides


class Why(StrEnum):
    """LOAD: its node has had too little memory or CPU for long; SHARE: another node has fewer accounts."""

    LOAD = "load"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """A live node. `group`: accounts go to nodes of the same one only. `loaded`: over the threshold for long enough.
    `takes`: it is up, has room, and gave nothing away for its own load lately."""

    name: str
    group: str
    loaded: bool = False
    takes: bool = True


@dataclass(frozen=True, slots=True)
class AccountLoad:
    """An account with a process of its own. `backlog`: seconds for which its oldest message waits; `rate`: parts a
    second; `rested`: it was not moved lately, and its process is up."""

    name: str
    node: str
    backlog: float = 0.0
    rate: float = 0.0
    rested: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """One account from a node to another."""

    account: str
    source: str
    target: str
    why: Why


def next_move(nodes: Sequence[NodeLoad], accounts: Sequence[AccountLoad]) -> Move | None:
    """The most urgent move: away from a loaded node first, then from the fullest node to one with fewer accounts. The
    quietest account goes. None when nothing is to be gained."""
    counts = {node.name: 0 for node in nodes}
    for account in accounts:
        if account.node in counts:
            counts[account.node] += 1
    ranked = sorted(nodes, key=lambda node: (not node.loaded, -counts[node.name], node.name))
    for source in ranked:
        target = _target(source, nodes, counts)
        if target is None or not (source.loaded or counts[source.name] - counts[target.name] >= LEAST_GAP):
            continue
        goes = min(_movable(source, accounts), key=_quietness, default=None)
        if goes is not None:
            return Move(goes.name, source.name, target.name, Why.LOAD if source.loaded else Why.SHARE)
    return None


def plan_moves(nodes: Sequence[NodeLoad], accounts: Sequence[AccountLoad]) -> list[Move]:
    """All moves to come if nothing else changes. A loaded node gives away one account: whether that was enough shows
    only afterwards."""
    moves: list[Move] = []
    while (move := next_move(nodes, accounts)) is not None:
        moves.append(move)
        accounts = [_moved(account, move) for account in accounts]
        nodes = [_relieved(node, move) for node in nodes]
    return moves


def seconds_until(*, since_last: float | None, interval: float, settled: bool) -> float | None:
    """Until a move may be made; None while the account that moved last is not up yet. `since_last`: seconds, None when
    there was none."""
    if since_last is None:
        return 0.0
    return max(0.0, interval - since_last) if settled else None


def _target(source: NodeLoad, nodes: Iterable[NodeLoad], counts: dict[str, int]) -> NodeLoad | None:
    others = [
        node
        for node in nodes
        if node.group == source.group and node.name != source.name and node.takes and not node.loaded
    ]
    return min(others, key=lambda node: (counts[node.name], node.name), default=None)


def _movable(source: NodeLoad, accounts: Iterable[AccountLoad]) -> list[AccountLoad]:
    return [account for account in accounts if account.node == source.name and account.rested]


def _quietness(account: AccountLoad) -> tuple[float, float, str]:
    return account.backlog, account.rate, account.name


def _moved(account: AccountLoad, move: Move) -> AccountLoad:
    return replace(account, node=move.target, rested=False) if account.name == move.account else account


def _relieved(node: NodeLoad, move: Move) -> NodeLoad:
    gave = node.name == move.source and move.why is Why.LOAD
    return replace(node, loaded=False, takes=False) if gave else node
