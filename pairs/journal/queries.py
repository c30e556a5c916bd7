"""The journal's reading statements."""

from __future__ import annotations

DUE = """
SELECT d.part, d.act, d.state, d.source_message, d.rendered, d.key, d.identity, d.tries, d.reason,
       extract(epoch FROM clock_timestamp() - d.attempted_at)::float8 AS age,
       extract(epoch FROM clock_timestamp() - d.troubled_at)::float8 AS troubled,
       greatest(0, extract(epoch FROM d.not_before - clock_timestamp()))::float8 AS wait, d.remote_id,
       d.replays, e.id AS event_id, e.pair_id, e.seq, e.scope, e.message_id, e.revision, e.kind,
       CASE WHEN d.replays = 0 OR e.payload IS NULL THEN e.payload ELSE (
           SELECT n.payload FROM pairs_event n
           WHERE n.pair_id = e.pair_id AND n.scope = e.scope AND n.message_id = e.message_id
             AND n.kind IN ('create', 'edit') AND n.payload IS NOT NULL
           ORDER BY n.revision DESC LIMIT 1) END AS payload,
       d.hop = 2 AND EXISTS (
           SELECT 1 FROM pairs_delivery f WHERE f.event_id = d.event_id AND f.hop = 1
             AND f.state IN ('waiting', 'sending', 'held')) AS hop1_open,
       EXISTS (
           SELECT 1 FROM pairs_event x JOIN pairs_delivery y ON y.event_id = x.id AND y.hop = d.hop
           WHERE x.pair_id = e.pair_id AND x.scope = e.scope AND x.message_id = e.message_id AND x.seq > e.seq
             AND x.kind = ANY(CASE e.kind WHEN 'create' THEN '{delete}' WHEN 'edit' THEN '{edit,delete}' END::text[])
       ) AS overtaken
FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
WHERE d.pair_id = $1 AND d.hop = $2 AND d.state IN ('waiting', 'sending')
ORDER BY d.seq, d.part LIMIT $3
"""

# A delete of ours is committed as `sending` before its call, so its echo never comes before its row. What is `waiting`
# was not tried yet. Behind a delete at the source it does not matter who was first.
RESOLVE = """
SELECT o.scope, o.message_id, EXISTS (
    SELECT 1 FROM pairs_event k WHERE k.pair_id = x.pair_id AND k.scope = x.scope AND k.message_id = x.message_id
      AND k.kind = 'create') AS known, own.open, own.done
FROM unnest($1::bigint[], $2::text[], $3::bigint[]) WITH ORDINALITY AS x(pair_id, scope, message_id, ord)
LEFT JOIN LATERAL (
    SELECT e.scope, e.message_id FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
    WHERE d.pair_id = x.pair_id AND d.hop = 1 AND d.remote_id = x.message_id AND d.act = 'post' LIMIT 1
) o ON true
LEFT JOIN LATERAL (
    SELECT bool_or(d.state = 'sending') AS open,
           bool_or(e.kind = 'delete' OR d.state = 'sent' AND d.reason <> 'was gone') AS done
    FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
    WHERE d.pair_id = x.pair_id AND d.hop = 1 AND d.remote_id = x.message_id AND d.act = 'delete'
      AND d.state IN ('sending', 'sent')
) own ON true
ORDER BY x.ord
"""

LINKS = """
SELECT d.part, d.remote_id, d.source_message, d.rendered
FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
WHERE e.pair_id = $1 AND e.scope = $2 AND e.message_id = $3 AND d.hop = $4
  AND d.act = 'post' AND d.state = 'sent' AND d.remote_id IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM pairs_delivery x WHERE x.pair_id = d.pair_id AND x.hop = d.hop AND x.remote_id = d.remote_id
      AND x.act = 'delete' AND x.state = 'sent' AND NOT ($5 AND x.reason = 'was gone'))
ORDER BY e.revision, d.part
"""

ORIGIN = """
SELECT e.scope, e.message_id FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
WHERE d.pair_id = $1 AND d.hop = $2 AND d.remote_id = $3 AND d.act = 'post' LIMIT 1
"""

LAST_LINK = """
SELECT max(remote_id) FROM pairs_delivery
WHERE pair_id = $1 AND hop = $2 AND remote_id IS NOT NULL AND act = 'post' AND state = 'sent'
  AND ($3::bigint = 0 OR attempted_at < to_timestamp($3::bigint))
"""

KNOWN_REMOTE = """
SELECT d.remote_id FROM pairs_delivery d
WHERE d.hop = $2 AND d.remote_id = ANY($3::bigint[]) AND d.pair_id IN (
    SELECT o.id FROM pairs_pair p JOIN pairs_pair o
      ON CASE $2 WHEN 1 THEN o.discord_channel = p.discord_channel ELSE o.destination_chat = p.destination_chat END
    WHERE p.id = $1)
"""

MESSAGE = """
SELECT payload FROM pairs_event
WHERE pair_id = $1 AND scope = $2 AND message_id = $3 AND kind IN ('create', 'edit') AND revision < $4
  AND payload IS NOT NULL
ORDER BY revision DESC LIMIT 1
"""

RECENT = """
SELECT DISTINCT message_id FROM (
    SELECT e.message_id FROM pairs_event e
    WHERE e.pair_id = $1 AND e.scope = $2 AND e.kind = 'create' AND e.created_at > clock_timestamp() - $3::interval
      AND NOT EXISTS (SELECT 1 FROM pairs_event x WHERE x.pair_id = e.pair_id AND x.scope = e.scope
                        AND x.message_id = e.message_id AND x.kind = 'delete')
    ORDER BY e.seq DESC LIMIT $4) recent
ORDER BY message_id
"""

INBOX = """
SELECT x.id, x.pair_id, x.scope, x.message_id, x.act, x.content_hash, x.payload,
       x.created_at < clock_timestamp() - interval '10 minutes' AS expired
FROM pairs_inbox x
WHERE x.pair_id = ANY($1::bigint[]) AND (x.not_before IS NULL OR x.not_before <= clock_timestamp())
ORDER BY x.id LIMIT $2
"""

_SETTINGS = """p.id, p.source_chat, p.discord_channel, p.discord_guild, p.webhook_id, p.webhook_sealed,
       p.destination_chat, p.sender_id, p.status, p.status_code, p.options, p.wanted_session_id,
       a.session_id, a."group", a.generation,
       coalesce((SELECT extract(epoch FROM resumed_at)::bigint FROM core_installation), 0) AS resumed_at"""
_OURS = """pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
WHERE p.status <> 'removed' AND (a.session_id = ANY($1::bigint[]) OR p.sender_id = ANY($2::bigint[]))"""

# ruff: noqa: S608 - made of constants
PAIRS = f"SELECT {_SETTINGS}, p.cursor FROM {_OURS} ORDER BY p.id"

# What an idle process asks every few seconds, in one statement. The stamp tells whether `PAIRS` would find other
# settings than last time; cursors move with every message and are not part of it.
LOOK = f"""
SELECT coalesce((SELECT md5(string_agg(x::text, ',' ORDER BY x.id)) FROM (SELECT {_SETTINGS} FROM {_OURS}) x), '')
           AS stamp,
       (SELECT extract(epoch FROM min(coalesce(i.not_before, i.created_at)) - clock_timestamp())::float8
        FROM pairs_inbox i WHERE i.pair_id = ANY($3::bigint[])) AS inbox,
       ARRAY(SELECT l.place FROM unnest($4::bigint[], $5::smallint[]) WITH ORDINALITY AS l(pair_id, hop, place)
             WHERE EXISTS (SELECT 1 FROM pairs_delivery d WHERE d.pair_id = l.pair_id AND d.hop = l.hop
                             AND d.state IN ('waiting', 'sending'))) AS due
"""
