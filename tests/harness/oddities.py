"""JSON as a platform might send it one day: fields dropped, nulled and given another kind. By seed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (None, True, -1, 7, 1.5, 2**70, "", "x", "9" * 30, "\0\ud800", [], [None], [7], {}, {"id": None})


def odd_json(payload: dict[str, Any], rng: Random) -> dict[str, Any]:
    """The payload with one to three of its fields, at any depth, dropped, nulled or given another kind."""
    changed = copy.deepcopy(payload)
    for _ in range(rng.randint(1, 3)):
        holder, name = rng.choice(list(_places(changed)) or [(changed, "none")])
        if rng.random() < 0.3:
            holder.pop(name) if isinstance(holder, list) else holder.pop(name, None)
        else:
            holder[name] = copy.deepcopy(rng.choice(ODD))
    return changed


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    for name, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, name
        if isinstance(value, dict | list):
            yield from _places(value)
