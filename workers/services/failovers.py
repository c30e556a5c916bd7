"""Pairs of sessions that cannot work go to others: at once when a login is dead, later when it is only unhealthy. Of a
session that works, those whose source it cannot read any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection, transaction

from pairs.domain.status import SOURCE_ACCESS
from pairs.services.failover import FailOverReport, fail_over, mark_told, untold_moves
from project.core import notices
from project.core.config import current
from project.core.errors import RelayError
from project.core.logs import get_logger
from project.core.notices import Severity
from workers.services.health import Reports, pairs_lines, whole

ACTOR = "control"
AGAIN = timedelta(minutes=5)
"""Between two looks for stand-ins: a session may have come back, or found room, that can take what was left."""

_OUT = """
SELECT s.id, s.name, s.health, s.lifecycle, s.health_reason, lost.pairs FROM tg_sessions_telegramsession s
CROSS JOIN LATERAL (
    SELECT array_agg(p.id) AS pairs FROM pairs_assignment a JOIN pairs_pair p ON p.id = a.pair_id
    WHERE a.session_id = s.id AND s.lifecycle = 'active' AND s.health = 'healthy' AND p.status = 'error'
      AND p.status_code = %(source_access)s AND p.wanted_session_id IS NULL
) lost
WHERE s.failover
  AND (s.lifecycle = 'disabled' OR lost.pairs IS NOT NULL
    OR s.lifecycle = 'active' AND s.health IN ('expired', 'unauthorized')
    OR s.lifecycle = 'active' AND s.health = 'unhealthy' AND %(unhealthy_before)s >= (
        SELECT max(f.at) FROM tg_sessions_healthflip f WHERE f.session_id = s.id))
  AND EXISTS (
    SELECT 1 FROM pairs_assignment a JOIN pairs_pair p ON p.id = a.pair_id
    WHERE a.session_id = s.id AND p.status <> 'removed' AND coalesce(p.wanted_session_id, s.id) = s.id)
ORDER BY s.priority DESC, s.id
"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Out:
    session_id: int
    name: str
    health: str
    lifecycle: str
    reason: str
    lost: list[int] | None
    """Pairs whose source it cannot read, while it is well; None when all of its pairs have to go."""

    @property
    def why(self) -> str:
        if self.lost is not None:
            return "lost sources"
        return self.lifecycle if self.lifecycle == "disabled" else self.health


class FailOvers:
    """One per control. It remembers what it tried when."""

    def __init__(self) -> None:
        self._tried: dict[tuple[int, str], datetime] = {}

    def round(self, now: datetime) -> dict[int, FailOverReport]:
        """Looks once; what became of the pairs of each session that was tried, by its id."""
        config = current()
        if not config.failover:
            return {}
        with connection.cursor() as cursor:
            before = now - timedelta(seconds=config.failover_unhealthy_after)
            cursor.execute(_OUT, {"unhealthy_before": before, "source_access": SOURCE_ACCESS})
            out = [_Out(*row) for row in cursor.fetchall()]
        # Who was well in between has not been tried: a login that dies twice within minutes fails over twice.
        self._tried = {key: at for key in map(_key, out) if (at := self._tried.get(key)) is not None}
        due = [one for one in out if self._due(one, now)]
        return {one.session_id: report for one in due if (report := self._try(one)) is not None}

    def _due(self, one: _Out, now: datetime) -> bool:
        if now - self._tried.get(_key(one), now - AGAIN) < AGAIN:
            return False
        self._tried[_key(one)] = now
        return True

    def _try(self, one: _Out) -> FailOverReport | None:
        try:
            reason = f"{one.why}: {one.reason}".rstrip(": ")
            return fail_over(one.session_id, actor=ACTOR, reason=reason, only=one.lost)
        except RelayError as error:  # overtaken by other changes: the next round plans anew
            del self._tried[_key(one)]
            log.warning("no fail-over for now", session=one.name, reason=error.for_people())
        except DatabaseError:
            raise
        except Exception:  # whatever is wrong with one session, the others' pairs move
            log.exception("fail-over broke", session=one.name)
        return None


def tell_moves(reports: Reports) -> None:
    """Tells of pairs that moved without a change of health that told it already."""
    with transaction.atomic():
        untold = untold_moves()
        moved = whole(untold, reports)
        for session_id in untold:
            report = moved[session_id]
            lines = [f"🔀 Pairs of session {report.session} go on elsewhere:", *pairs_lines(report)]
            notices.post(f"failover.{session_id}", "\n".join(lines), severity=Severity.INFO)
        mark_told(untold)


def _key(one: _Out) -> tuple[int, str]:
    return one.session_id, one.why
