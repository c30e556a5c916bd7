"""Whether pairs would feed each other for ever."""

from __future__ import annotations

from collections.abc import Iterable

Route = tuple[int, int]  # (source chat, destination chat)


def closes_cycle(routes: Iterable[Route], new: Route) -> bool:
    """True when what `new` writes would come back to its own source, by itself or through other pairs."""
    onward: dict[int, set[int]] = {}
    for source, destination in routes:
        onward.setdefault(source, set()).add(destination)
    seen: set[int] = set()
    waiting = [new[1]]
    while waiting:
        chat = waiting.pop()
        if chat == new[0]:
            return True
        if chat not in seen:
            seen.add(chat)
            waiting.extend(onward.get(chat, ()))
    return False
