"""Which worker group of its session each pair belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


def plan_groups(current: Mapping[int, int], *, limit: int, threshold: int) -> dict[int, int]:
    """Give every pair of one session a group number (1, 2, …), moving as few pairs as possible.

    `current` maps pair id to its group, 0 for a new pair. No group gets more than `limit` pairs. Groups are
    evened out only when the largest has more than `threshold` pairs more than the smallest, and merged only
    when that leaves `threshold` seats free, so that one pair coming and going moves nothing.
    """
    if not current:
        return {}
    numbers = _numbers(current, limit=limit, threshold=threshold)
    plan = {pair: group for pair, group in current.items() if group in numbers}
    sizes = dict.fromkeys(numbers, 0) | Counter(plan.values())
    for pair in sorted(current.keys() - plan.keys()):
        plan[pair] = _emptiest(sizes)
        sizes[plan[pair]] += 1
    if max(sizes.values()) > limit or max(sizes.values()) - min(sizes.values()) > threshold:
        _even_out(plan, sizes)
    return plan


def _numbers(current: Mapping[int, int], *, limit: int, threshold: int) -> list[int]:
    """The groups that stay or appear: the fullest ones, then the lowest free numbers."""
    sizes = Counter(group for group in current.values() if group > 0)
    needed = -(-len(current) // limit)
    spare = needed * limit - len(current)
    count = needed if needed >= len(sizes) or spare >= threshold else len(sizes)
    kept = sorted(sizes, key=lambda number: (-sizes[number], number))[:count]
    free = (number for number in range(1, count + len(sizes) + 1) if number not in sizes)
    return kept + [next(free) for _ in range(count - len(kept))]


def _emptiest(sizes: Mapping[int, int]) -> int:
    return min(sizes, key=lambda number: (sizes[number], number))


def _even_out(plan: dict[int, int], sizes: dict[int, int]) -> None:
    """Move the youngest pairs from the groups above their even size to those below it."""
    base, extra = divmod(len(plan), len(sizes))
    order = sorted(sizes, key=lambda number: (-sizes[number], number))
    room = {number: base + (rank < extra) - sizes[number] for rank, number in enumerate(order)}
    receivers = [number for number in sorted(room) for _ in range(room[number])]
    for pair in sorted(plan, reverse=True):
        if room[plan[pair]] < 0:
            room[plan[pair]] += 1
            plan[pair] = receivers.pop()
