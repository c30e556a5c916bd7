"""Signs of life, by the database's clock, with how far the clock of whoever gives them is ahead of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from project.core.pg import Connection

CONTROL, BEAT, NODE = "control", "beat", "node."
SOONEST = 5.0  # seconds between two runs of one task

PULSE = """
INSERT INTO workers_pulse (name, at, ahead)
VALUES ({0}, clock_timestamp(), {1}::float8 - extract(epoch FROM clock_timestamp()))
ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at, ahead = EXCLUDED.ahead
"""
# A time that lies ahead was written before the database's clock was set back.
_RUN = (
    PULSE.format("%s", "%s")
    + """
WHERE workers_pulse.at < clock_timestamp() - make_interval(secs => %s) OR workers_pulse.at > clock_timestamp()
"""
)


def give_pulse(name: str) -> None:
    """This process lives."""
    with connection.cursor() as cursor:
        cursor.execute(PULSE.format("%s", "%s"), [name, time.time()])


def give_pulse_over(conn: Any, name: str) -> None:
    """The same over a psycopg connection, as Beat has one."""
    conn.execute(PULSE.format("%s", "%s"), [name, time.time()])


async def give_pulse_on(conn: Connection, name: str) -> None:
    """The same over asyncpg, as a node has it."""
    await conn.execute(PULSE.format("$1", "$2"), name, time.time())


def begin_run(task: str) -> bool:
    """Whether this run of a periodic task is to be done: of those that piled up while nobody took them one is enough.
    It counts as done now."""
    with connection.cursor() as cursor:
        cursor.execute(_RUN, [task, time.time(), SOONEST])
        return bool(cursor.rowcount)
