"""PostgreSQL's own array types, which asyncpg would otherwise ask the server about over each new connection.

The question is a recursive query over the catalogue: 30 to 60 ms of the server's CPU, as much as all the rest of a
connection's first statements, and a lost host's workers open two or three connections each at once. Numbers of built-in
types never change (PostgreSQL, src/include/catalog/pg_type.dat).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from project.core.pg import Connection

ELEMENTS = {
    1000: ("_bool", 16),
    1005: ("_int2", 21),
    1007: ("_int4", 23),
    1015: ("_varchar", 1043),
    1016: ("_int8", 20),
    1022: ("_float8", 701),
    1185: ("_timestamptz", 1184),
    2951: ("_uuid", 2950),
}
"""By the number of an array type: its name, and the number of its elements' type."""


@dataclass(frozen=True, slots=True)
class _NotAsked:
    """Stands for the statement of the question: it has a name, so asyncpg knows that the present one is still there."""

    name: str = "not asked"


class Informed(Connection):
    """asyncpg's connection that knows these types. About any other one the server is asked as ever."""

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> tuple[list[Any], Any]:
        asked = list(typeoids)
        if all(oid in ELEMENTS for oid in asked):
            return [_row(oid) for oid in asked], _NotAsked()
        answer: tuple[list[Any], Any] = await super()._introspect_types(asked, timeout)  # type: ignore[misc]
        return answer


def _row(oid: int) -> dict[str, object]:
    """What the server would answer."""
    name, element = ELEMENTS[oid]
    unused = ("basetype", "range_subtype", "attrtypoids", "attrnames", "elemtype_name", "basetype_name")
    known = {"oid": oid, "ns": "pg_catalog", "name": name, "kind": b"b", "elemtype": element, "elemdelim": b","}
    return {**dict.fromkeys((*unused, "range_subtype_name", "depth")), **known}
