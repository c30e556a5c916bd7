"""How the audit trail reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from project.bot.commands.audit import listing
from project.core.trail import Entry, TrailPage, told_change

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"session": "main", "options": {}, "note": "", "sender": None, "many": []}, "session: main"),
        ({"priority": 1, "name": "a"}, {"priority": 3, "name": "a"}, "priority 1 → 3"),
        ({"metadata": {}}, {"metadata": {"team": "red", "old": ""}}, "metadata: team red"),
        ({"reason": "it was full"}, {}, "reason was it was full"),
        ({"failover": True}, {"failover": False}, "failover yes → no"),
        ({"used": 0}, {"used": 2}, "used 0 → 2"),
        ({}, {"until": "2026-03-01T14:30:09.123456+00:00"}, "until: 2026-03-01 14:30 UTC"),
        ({}, {"until": "2026-03-01T14:30:09.123456+02:00"}, "until: 2026-03-01 12:30 UTC"),
        ({}, {"pairs": [1, 2]}, "pairs: 1, 2"),
        ({}, {"text": "9999-99-99T99:99:99 is no time"}, "text: 9999-99-99T99:99:99 is no time"),
    ],
)
def test_what_changed_is_told_without_what_is_empty(
    before: dict[str, object], after: dict[str, object], told: str
) -> None:
    assert told_change(before, after) == told


def test_people_sessions_and_pairs_have_their_names_and_what_is_unknown_its_id() -> None:
    def entry(actor: str, target: str) -> Entry:
        return Entry(1, NOW - timedelta(minutes=3), actor, "pair.pause", target, "", "")

    names = {"bot:6000000002": "Ann <3 (6000000002)", "session.3": "session main", "pair.7": "pair 7 (News → Copy)"}
    entries = (entry("bot:6000000002", "pair.7"), entry("worker:session.3", "pair.77"))
    text = listing(TrailPage(entries, older=False, newer=False), "", NOW, names)
    assert "<b>pair.pause</b> pair 7 (News → Copy)\n     Ann &lt;3 (6000000002), 3 min ago" in text
    assert "<b>pair.pause</b> pair.77\n     worker:session main, 3 min ago" in text
