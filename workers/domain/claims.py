"""How many unclaimed placements a node takes."""

from __future__ import annotations


def fair_share(*, total: int, mine: int, nodes: int, claimable: int) -> int:
    """How many of `claimable` placements this node may take.

    `total` counts every placement there is, `mine` those this node has, `nodes` the live nodes with this one.
    All nodes together can always take everything: the shares are rounded up.
    """
    share = -(-total // max(nodes, 1))
    return max(0, min(claimable, share - mine))
