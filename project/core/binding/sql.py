"""The database's own marks, as SQL. The row of `core_installation` is called `bound` in every condition here."""

from __future__ import annotations

# The server (initdb makes it; a dump restored elsewhere has another), the database (CREATE DATABASE makes a new one,
# also from a template) and the table (pg_restore makes a new one, also with --clean in the same place).
STAMP_NOW = """(
    (SELECT system_identifier FROM pg_control_system()) || '/'
    || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/'
    || 'core_installation'::regclass::oid
)"""

# The timeline being written. pg_control_checkpoint() says it only after the first checkpoint of a promoted server.
TIMELINE_NOW = """('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint"""

# Bytes of log that are safely on disk: they never become fewer, unless the server's data were set back.
LOG_NOW = """(pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint"""

HELD = f"(bound.held_because <> '' OR bound.database_stamp <> '' AND bound.database_stamp <> {STAMP_NOW})"
SWITCHED = f"(bound.timeline <> {TIMELINE_NOW})"

# ruff: noqa: S608 - made of the constants above
LOOK = f"""
SELECT bound.uid, bound.database_stamp AS bound_stamp, coalesce(bound.timeline, 0) AS bound_timeline,
       bound.held_because, {STAMP_NOW} AS stamp, {TIMELINE_NOW} AS timeline, {LOG_NOW} AS log
FROM core_installation AS bound
"""
BIND = """
UPDATE core_installation SET database_stamp = $1, timeline = $2, bound_at = clock_timestamp()
WHERE database_stamp = '' RETURNING uid
"""
HOLD = "UPDATE core_installation SET held_because = $1 WHERE held_because = ''"
# After a fail-over: the first node to see it starts the clock, and after the hand-over any node ends it.
NOTE_SWITCH = """
UPDATE core_installation SET switching_to = $1, switching_since = clock_timestamp()
WHERE timeline <> $1 AND switching_to IS DISTINCT FROM $1
"""
END_SWITCH = """
UPDATE core_installation SET timeline = switching_to, switching_to = NULL, switching_since = NULL
WHERE switching_to = $1 AND switching_since < clock_timestamp() - $2::interval
"""
