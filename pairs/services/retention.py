"""What of the journal is removed when. Unfinished rows, cursors and each lane's last link never are."""

from __future__ import annotations

from project.core.config import Config
from project.core.retention import Removal

_REMOVED_PAIRS_INBOX = 1  # days

# Contents are needed by what is still to be sent, and by dead letters that may be sent again.
_EMPTY_PAYLOADS = """
WITH old AS MATERIALIZED (
    SELECT e.id FROM pairs_event e
    WHERE e.payload IS NOT NULL AND e.created_at < clock_timestamp() - make_interval(days => %(days)s)
      AND NOT EXISTS (
        SELECT 1 FROM pairs_delivery d
        WHERE d.event_id = e.id AND d.state IN ('waiting', 'sending', 'held', 'dead'))
    ORDER BY e.created_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), emptied AS (
    UPDATE pairs_event e SET payload = NULL FROM old WHERE e.id = old.id RETURNING e.id
)
SELECT CASE WHEN count(*) = %(most)s THEN 0 END, count(*) FROM emptied
"""

# Of each pair the last hundred events stay, however old: the next look-back or re-check needs them.
_REMOVE_EVENTS = """
WITH seen AS MATERIALIZED (
    SELECT e.id, e.pair_id, e.seq, e.scope, e.message_id, e.kind FROM (
        SELECT * FROM pairs_event WHERE id > %(after)s ORDER BY id LIMIT %(most)s) e
    WHERE e.created_at < clock_timestamp() - make_interval(days => %(days)s)
), old AS MATERIALIZED (
    SELECT e.id FROM pairs_event e JOIN seen s ON s.id = e.id JOIN pairs_pair p ON p.id = e.pair_id
    WHERE NOT EXISTS (
        SELECT 1 FROM pairs_delivery d WHERE d.event_id = e.id AND d.state IN ('waiting', 'sending', 'held'))
      AND (p.status = 'removed' OR e.seq <= p.last_seq - 100)
      AND NOT EXISTS (  -- something happened to the message since
        SELECT 1 FROM pairs_event n
        WHERE n.pair_id = e.pair_id AND n.scope = e.scope AND n.message_id = e.message_id
          AND n.created_at >= clock_timestamp() - make_interval(days => %(days)s))
      AND (e.kind <> 'create' OR p.status = 'removed' OR EXISTS (  -- the newest message of its chat stays
        SELECT 1 FROM pairs_event n
        WHERE n.pair_id = e.pair_id AND n.scope = e.scope AND n.message_id > e.message_id AND n.kind = 'create'))
      AND (p.status = 'removed' OR NOT EXISTS (  -- the newest post of its lane stays
        SELECT 1 FROM pairs_delivery d
        WHERE d.event_id = e.id AND d.act = 'post' AND d.state = 'sent' AND d.remote_id IS NOT NULL
          AND NOT EXISTS (
            SELECT 1 FROM pairs_delivery n
            WHERE n.pair_id = d.pair_id AND n.hop = d.hop AND n.remote_id > d.remote_id
              AND n.act = 'post' AND n.state = 'sent')))
    FOR UPDATE OF e SKIP LOCKED
), unlinked AS (
    DELETE FROM pairs_delivery d USING old WHERE d.event_id = old.id AND d.state NOT IN ('waiting', 'sending', 'held')
), removed AS (
    DELETE FROM pairs_event e USING old WHERE e.id = old.id RETURNING e.id
)
SELECT (SELECT max(id) FROM seen), (SELECT count(*) FROM removed)
"""

_REMOVE_INBOX = """
WITH removed AS (
    DELETE FROM pairs_inbox x USING pairs_pair p
    WHERE p.id = x.pair_id AND p.status = 'removed'
      AND x.created_at < clock_timestamp() - make_interval(days => %(days)s)
      AND x.id IN (
        SELECT i.id FROM pairs_inbox i JOIN pairs_pair r ON r.id = i.pair_id
        WHERE r.status = 'removed' ORDER BY i.id LIMIT %(most)s)
    RETURNING x.id
)
SELECT CASE WHEN count(*) = %(most)s THEN 0 END, count(*) FROM removed
"""


def journal_removals(config: Config) -> list[Removal]:
    """Contents, then links, then what people said on Discord to pairs that were removed."""
    return [
        Removal("contents", _EMPTY_PAYLOADS, config.payload_days),
        Removal("events", _REMOVE_EVENTS, config.link_days),
        Removal("inbox rows", _REMOVE_INBOX, _REMOVED_PAIRS_INBOX),
    ]
