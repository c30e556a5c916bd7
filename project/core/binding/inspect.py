"""The judgement for code without an event loop: commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import psycopg.rows

from project.core.binding import sql
from project.core.binding.judge import Seen, Standing, Verdict, judge
from project.core.binding.mark import read_mark
from project.core.errors import SettingError


def look(conn: psycopg.Connection[Any]) -> Seen | None:
    """What the database says; None when it has no installation yet. Raises psycopg.Error."""
    with conn.cursor(row_factory=psycopg.rows.class_row(Seen)) as cursor:
        return cursor.execute(sql.LOOK).fetchone()


def inspect(conn: psycopg.Connection[Any], var_dir: Path) -> Verdict:
    """How this host stands to the database. Raises psycopg.Error."""
    seen = look(conn)
    if seen is None:
        return Verdict(Standing.UNBOUND)
    try:
        return judge(seen, read_mark(var_dir))
    except SettingError as error:
        return Verdict(Standing.STRANGER, f"{error.message}.")
