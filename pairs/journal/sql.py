"""The journal's statements. Each locks the lease row first (FOR SHARE): a take-over queues behind every write in
flight, and a write after a take-over does nothing (a bare WHERE EXISTS let the old owner commit late: measured)."""

from __future__ import annotations

_SESSION_FENCE = """
fence AS MATERIALIZED (
    SELECT 1 FROM core_lease WHERE name = $1 AND owner = $2 AND epoch = $3 FOR SHARE
)"""

_ACCOUNTS_FENCE = """
fence AS MATERIALIZED (
    SELECT l.name FROM core_lease l
    JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS held(name, owner, epoch)
      ON l.name = held.name AND l.owner = held.owner AND l.epoch = held.epoch
    FOR SHARE OF l
)"""

APPEND = f"""
WITH {_SESSION_FENCE},
input AS MATERIALIZED (
    SELECT * FROM unnest(
        $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::bytea[], $10::text[], $11::bigint[],
        $12::bigint[], $13::smallint[], $14::bigint[]
    ) WITH ORDINALITY AS i(pair_id, generation, scope, message_id, kind, hash, payload, edited,
                           cursor_to, hops, inbox_id, ord)
),
owned AS MATERIALIZED (
    SELECT p.id, p.last_seq FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE EXISTS (SELECT 1 FROM fence)
      AND (p.id, a.generation) IN (SELECT pair_id, generation FROM input)
    ORDER BY p.id FOR UPDATE OF p
),
fresh AS MATERIALIZED (
    SELECT i.*, o.last_seq,
           CASE WHEN i.kind = 'edit' THEN known.revision + 1 ELSE 0 END AS revision,
           row_number() OVER (PARTITION BY i.pair_id ORDER BY i.ord) AS n
    FROM input i
    JOIN owned o ON o.id = i.pair_id
    LEFT JOIN LATERAL (
        SELECT e.revision, e.content_hash, e.edited FROM pairs_event e
        WHERE e.pair_id = i.pair_id AND e.scope = i.scope AND e.message_id = i.message_id
          AND e.kind IN ('create', 'edit')
        ORDER BY e.revision DESC LIMIT 1
    ) known ON true
    WHERE CASE i.kind
        WHEN 'create' THEN known.revision IS NULL
        WHEN 'edit' THEN known.content_hash <> i.hash AND i.edited >= known.edited
        ELSE known.revision IS NOT NULL END
      AND NOT EXISTS (
        SELECT 1 FROM pairs_event e WHERE e.pair_id = i.pair_id AND e.scope = i.scope
          AND e.message_id = i.message_id AND e.kind = 'delete')
),
added AS (
    INSERT INTO pairs_event (pair_id, seq, scope, message_id, revision, kind, payload, content_hash, edited, created_at)
    SELECT pair_id, last_seq + n, scope, message_id, revision, kind, payload::jsonb, hash, edited, clock_timestamp()
    FROM fresh
    RETURNING id, pair_id, seq, scope, message_id, kind, revision
),
numbered AS MATERIALIZED (
    SELECT a.id, a.pair_id, a.seq, a.message_id, a.revision, f.hops, f.ord FROM added a
    JOIN fresh f ON f.pair_id = a.pair_id AND f.last_seq + f.n = a.seq
),
planned AS (
    INSERT INTO pairs_delivery
        (event_id, pair_id, seq, hop, part, act, state, source_message, key, identity, tries, reason)
    SELECT n.id, n.pair_id, n.seq, h.hop, 0, 'plan', 'waiting', n.message_id, '', '', 0, ''
    FROM numbered n CROSS JOIN (VALUES (1), (2)) AS h(hop) WHERE n.hops & h.hop <> 0
),
moved AS (
    UPDATE pairs_pair p
    SET last_seq = p.last_seq + m.events, cursor = greatest(p.cursor, m.cursor_to)
    FROM (
        SELECT i.pair_id, max(i.cursor_to) AS cursor_to,
               (SELECT count(*) FROM fresh f WHERE f.pair_id = i.pair_id) AS events
        FROM input i JOIN owned o ON o.id = i.pair_id GROUP BY i.pair_id
    ) m WHERE p.id = m.pair_id
),
taken AS (
    DELETE FROM pairs_inbox x USING input i JOIN owned o ON o.id = i.pair_id WHERE x.id = i.inbox_id
)
SELECT (SELECT count(*) FROM fence) AS fenced,
       (SELECT array_agg(id) FROM owned) AS owned,
       (SELECT array_agg(ord ORDER BY ord) FROM numbered) AS ords,
       (SELECT array_agg(id ORDER BY ord) FROM numbered) AS ids,
       (SELECT array_agg(seq ORDER BY ord) FROM numbered) AS seqs,
       (SELECT array_agg(revision ORDER BY ord) FROM numbered) AS revisions
"""

CLAIM = f"""
WITH {_ACCOUNTS_FENCE},
input AS MATERIALIZED (
    SELECT * FROM unnest(
        $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::smallint[], $9::smallint[], $10::text[],
        $11::bigint[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::bigint[]
    ) AS i(account, event_id, pair_id, seq, hop, part, act, source_message, rendered, key, identity, target, generation)
),
allowed AS MATERIALIZED (
    SELECT i.* FROM input i JOIN fence f ON f.name = i.account
    WHERE i.generation IS NULL OR EXISTS (
        SELECT 1 FROM pairs_assignment a WHERE a.pair_id = i.pair_id AND a.generation = i.generation)
)
INSERT INTO pairs_delivery AS d
    (event_id, pair_id, seq, hop, part, act, state, source_message, rendered, key, identity, attempted_at, tries,
     reason, remote_id)
SELECT event_id, pair_id, seq, hop, part, act, 'sending', source_message, rendered::jsonb, key, identity,
       clock_timestamp(), 0, '', target
FROM allowed
ON CONFLICT (event_id, hop, part) DO UPDATE SET
    act = excluded.act, state = 'sending', source_message = excluded.source_message, rendered = excluded.rendered,
    key = excluded.key, identity = excluded.identity, attempted_at = excluded.attempted_at, not_before = NULL,
    remote_id = excluded.remote_id
WHERE d.state IN ('waiting', 'sending')
RETURNING event_id, hop
"""

SETTLE = f"""
WITH {_ACCOUNTS_FENCE},
input AS MATERIALIZED (
    SELECT * FROM unnest(
        $4::text[], $5::bigint[], $6::smallint[], $7::smallint[], $8::text[], $9::bigint[], $10::text[],
        $11::smallint[], $12::float8[], $13::text[]
    ) AS i(account, event_id, hop, part, state, remote_id, reason, tries, wait, wake)
),
done AS (
    UPDATE pairs_delivery d
    SET state = i.state, remote_id = coalesce(i.remote_id, d.remote_id), reason = i.reason, tries = i.tries,
        not_before = clock_timestamp() + make_interval(secs => i.wait)
    FROM input i JOIN fence f ON f.name = i.account
    WHERE d.event_id = i.event_id AND d.hop = i.hop AND d.part = i.part AND d.state IN ('waiting', 'sending')
    RETURNING d.event_id
)
SELECT (SELECT array_agg(name) FROM fence) AS held,
       (SELECT count(*) FROM done) AS done,
       (SELECT count(pg_notify('relay_wake', w.wake)) FROM (
            SELECT DISTINCT wake FROM input WHERE wake IS NOT NULL) w) AS woken
"""

DUE = """
SELECT d.id, d.part, d.act, d.state, d.source_message, d.rendered, d.key, d.identity, d.attempted_at, d.tries,
       greatest(0, extract(epoch FROM d.not_before - clock_timestamp()))::float8 AS wait, d.remote_id,
       e.id AS event_id, e.pair_id, e.seq, e.scope, e.message_id, e.revision, e.kind, e.payload,
       d.hop = 2 AND EXISTS (
           SELECT 1 FROM pairs_delivery f WHERE f.event_id = d.event_id AND f.hop = 1
             AND f.state IN ('waiting', 'sending', 'held')) AS hop1_open
FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
WHERE d.pair_id = $1 AND d.hop = $2 AND d.seq > $3 AND d.state IN ('waiting', 'sending')
ORDER BY d.seq, d.part LIMIT $4
"""

DUE_PAIRS = """
SELECT DISTINCT pair_id FROM pairs_delivery
WHERE pair_id = ANY($1::bigint[]) AND hop = $2 AND state IN ('waiting', 'sending')
"""

LINKS = """
SELECT d.part, d.remote_id, d.source_message, d.rendered
FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
WHERE e.pair_id = $1 AND e.scope = $2 AND e.message_id = $3 AND d.hop = $4
  AND d.act = 'post' AND d.state = 'sent' AND d.remote_id IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM pairs_delivery x WHERE x.pair_id = d.pair_id AND x.hop = d.hop AND x.remote_id = d.remote_id
      AND x.act = 'delete' AND x.state = 'sent')
ORDER BY e.revision, d.part
"""

ORIGIN = """
SELECT e.scope, e.message_id FROM pairs_delivery d JOIN pairs_event e ON e.id = d.event_id
WHERE d.pair_id = $1 AND d.hop = $2 AND d.remote_id = $3 AND d.act = 'post' LIMIT 1
"""

LAST_LINK = """
SELECT max(remote_id) FROM pairs_delivery
WHERE pair_id = $1 AND hop = $2 AND remote_id IS NOT NULL AND act = 'post' AND state = 'sent'
"""

KNOWN_REMOTE = """
SELECT remote_id FROM pairs_delivery WHERE pair_id = $1 AND hop = $2 AND remote_id = ANY($3::bigint[])
"""

MESSAGE = """
SELECT payload FROM pairs_event
WHERE pair_id = $1 AND scope = $2 AND message_id = $3 AND kind IN ('create', 'edit') AND revision < $4
  AND payload IS NOT NULL
ORDER BY revision DESC LIMIT 1
"""

KNOWS = """
SELECT 1 FROM pairs_event WHERE pair_id = $1 AND scope = $2 AND message_id = $3 AND kind = 'create'
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

INBOX_LATER = f"""
WITH {_SESSION_FENCE}
UPDATE pairs_inbox SET not_before = clock_timestamp() + make_interval(secs => $5)
WHERE id = ANY($4::bigint[]) AND EXISTS (SELECT 1 FROM fence)
"""

INBOX_DROP = f"""
WITH {_SESSION_FENCE}
DELETE FROM pairs_inbox WHERE id = ANY($4::bigint[]) AND EXISTS (SELECT 1 FROM fence)
"""

SET_CURSOR = f"""
WITH {_SESSION_FENCE}
UPDATE pairs_pair p SET cursor = $5 FROM pairs_assignment a
WHERE p.id = $4 AND a.pair_id = p.id AND a.generation = $6 AND p.cursor IS NULL AND EXISTS (SELECT 1 FROM fence)
RETURNING p.cursor
"""

STOP_PAIR = f"""
WITH {_ACCOUNTS_FENCE}
UPDATE pairs_pair SET status = 'error', status_reason = $5
WHERE id = $4 AND status IN ('active', 'degraded') AND EXISTS (SELECT 1 FROM fence)
"""

PAIRS = """
SELECT p.id, p.source_chat, p.discord_channel, p.discord_guild, p.webhook_id, p.webhook_sealed, p.destination_chat,
       p.sender_id, p.status, p.cursor, p.options, a.session_id, a."group", a.generation
FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
WHERE p.status <> 'removed' AND (a.session_id = ANY($1::bigint[]) OR p.sender_id = ANY($2::bigint[])
   OR (p.sender_id IS NULL AND a.session_id = ANY($1::bigint[])))
ORDER BY p.id
"""
