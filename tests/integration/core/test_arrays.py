"""Array types that need no question to the server are those of the server, and go through both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from project.core.arrays import ELEMENTS
from project.core.database import connect

VALUES = {
    "bool": [True, None],
    "int2": [-1, 2],
    "int4": [2**31 - 1],
    "varchar": ["a,b", ""],
    "int8": [-(2**63), None],
    "float8": [0.5],
    "timestamptz": [datetime(2026, 11, 23, tzinfo=UTC)],
    "uuid": [UUID(int=7)],
}
QUESTIONS = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'WITH RECURSIVE typeinfo_tree%'"


@pytest.fixture
async def conn(transactional_db: None) -> AsyncIterator[asyncpg.Connection]:
    """As the product opens it."""
    opened = await connect("tests")
    yield opened
    await opened.close(timeout=5)


async def test_they_are_those_of_the_server(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("SELECT oid, typname, typelem FROM pg_type WHERE oid = ANY($1::oid[])", list(ELEMENTS))
    assert {row["oid"]: (row["typname"], row["typelem"]) for row in rows} == ELEMENTS


@pytest.mark.parametrize("name", VALUES)
async def test_values_go_there_and_back_and_nothing_is_asked(conn: asyncpg.Connection, name: str) -> None:
    assert await conn.fetchval(f"SELECT $1::{name}[]", VALUES[name]) == VALUES[name]
    assert await conn.fetchval(QUESTIONS) == 0


async def test_about_other_types_the_server_is_asked(conn: asyncpg.Connection) -> None:
    assert await conn.fetchval("SELECT $1::date[]", []) == []
    assert await conn.fetchval(QUESTIONS) == 1
