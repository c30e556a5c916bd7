"""The pairs that a command names."""

from __future__ import annotations

from pairs.domain.moves import MovingPair
from pairs.domain.specs import parse_spec
from pairs.services.selection import pairs_of_spec
from project.botkit.parts import Call
from project.core.errors import ManyProblems


async def named_pairs(call: Call, spec: str, *, command: str, rest: str = "") -> list[MovingPair]:
    """Raises ManyProblems with the whole command, and the `rest` that followed the pairs, as the correction."""
    try:
        return await call.do(pairs_of_spec, parse_spec(spec))
    except ManyProblems as error:
        correction = f"/{command} {error.correction} {rest}".strip() if error.correction else ""
        raise ManyProblems(error.problems, correction=correction, hint=error.hint) from None
