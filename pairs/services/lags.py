"""Pairs whose queue waits: for how long, on which hop, and why. Said wherever pairs are shown; told when it lasts."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction

from pairs.domain.moves import pairs_named
from project.core import notices
from project.core.config import current
from project.core.models import Notice
from project.core.notices import Severity

SHOWN = 30.0  # seconds; shorter ones are the ordinary course of things
_NOTICE = "lag."
_TO = {1: "Discord", 2: "the destination"}

# The oldest unfinished part of each lane. What was sent again by hand is older than it waits.
_OLDEST = """
SELECT DISTINCT ON (p.id) p.id, h.hop, x.age, x.tries, x.reason, x.asked, x.sent
FROM pairs_pair p CROSS JOIN (VALUES (1::smallint), (2::smallint)) AS h(hop)
CROSS JOIN LATERAL (
    SELECT extract(epoch FROM clock_timestamp() -
                   CASE WHEN d.replays > 0 THEN d.troubled_at ELSE e.created_at END) AS age,
           d.tries, d.reason, d.not_before > clock_timestamp() AS asked, d.attempted_at IS NOT NULL AS sent
    FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
    WHERE d.pair_id = p.id AND d.hop = h.hop AND d.state IN ('waiting', 'sending')
    ORDER BY d.seq, d.part LIMIT 1
) x
WHERE p.status IN ('active', 'degraded') AND (%s::bigint[] IS NULL OR p.id = ANY(%s::bigint[])) AND x.age >= %s
ORDER BY p.id, h.hop
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """A pair's oldest message that has not gone out. `seconds` since it came; `tries` that decided nothing."""

    pair: int
    hop: int
    seconds: float
    tries: int
    reason: str

    def __str__(self) -> str:
        times = f" Tried {self.tries} times." if self.tries > 1 else ""
        return f"{_lasting(self.seconds)} behind on the way to {_TO[self.hop]}: {self.reason}{times}"


def lags(pair_ids: Collection[int] | None = None, *, least: float = SHOWN) -> dict[int, Lag]:
    """By pair: of these, or of all that run, those that wait for at least so many seconds."""
    wanted = None if pair_ids is None else list(pair_ids)
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [wanted, wanted, least])
        rows = cursor.fetchall()
    return {
        pair: Lag(pair, hop, float(age), tries, _why(hop, tries, reason, asked=bool(asked), sent=sent))
        for pair, hop, age, tries, reason, asked, sent in rows
    }


def tell_lags() -> None:
    """One notice for all pairs that wait for the same reason longer than LAG_NOTICE; it ends when that is over."""
    waiting: dict[str, list[Lag]] = defaultdict(list)
    for lag in lags(least=current().lag_notice).values():
        waiting[f"{_NOTICE}{lag.hop}.{zlib.crc32(lag.reason.encode()):x}"].append(lag)
    told = set(Notice.objects.filter(key__startswith=_NOTICE, ended_at=None).values_list("key", flat=True))
    with transaction.atomic():
        for name in sorted(told - waiting.keys()):
            notices.end(name)
        for name in sorted(waiting.keys() - told):
            notices.post(name, _notice(waiting[name]), severity=Severity.WARNING)


def _notice(waiting: list[Lag]) -> str:
    longest = max(waiting, key=lambda lag: lag.seconds)
    named = pairs_named([lag.pair for lag in waiting])
    return (
        f"🟠 {named[0].upper()}{named[1:]}: {longest}\nNothing is lost, and it goes on by itself. A message that alone"
        " is the cause is set aside within ten minutes; `python manage.py deadletters list` shows it then."
        f" /testpair {longest.pair} looks at the rest."
    )


def _why(hop: int, tries: int, reason: str, *, asked: bool, sent: bool) -> str:
    if tries and reason:
        return reason
    if asked:
        return "it was asked to wait."
    return "no answer has come yet." if sent else "nothing of it was sent yet."


def _lasting(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"
