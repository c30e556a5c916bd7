"""Old checks, finished logins and answered questions."""

from __future__ import annotations

from project.core.config import Config
from project.core.retention import Removal

_ANSWERED = 1  # days; answers may name people

_REMOVE = """
WITH removed AS (
    DELETE FROM {table} WHERE id IN (
        SELECT id FROM {table} x
        WHERE {at} < clock_timestamp() - make_interval(days => %(days)s) AND {rule}
        ORDER BY {at} LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING id
)
SELECT CASE WHEN count(*) = %(most)s THEN 0 END, count(*) FROM removed
"""
_NOT_THE_LAST = "EXISTS (SELECT 1 FROM tg_sessions_healthcheck n WHERE n.session_id = x.session_id AND n.at > x.at)"


def session_removals(config: Config) -> list[Removal]:
    """Of each session the last check stays."""
    checks = _REMOVE.format(table="tg_sessions_healthcheck", at="at", rule=_NOT_THE_LAST)
    logins = _REMOVE.format(table="tg_sessions_loginattempt", at="updated_at", rule="step IN ('done', 'failed')")
    lookups = _REMOVE.format(table="tg_sessions_lookup", at="created_at", rule="true")
    return [
        Removal("checks", checks, config.check_days),
        Removal("logins", logins, config.check_days),
        Removal("questions", lookups, _ANSWERED),
    ]
