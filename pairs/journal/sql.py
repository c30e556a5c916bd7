"""The journal's writing statements. Each locks the lease row first (FOR SHARE): a take-over queues behind every write
in flight, and a write after a take-over does nothing (a bare WHERE EXISTS let the old owner commit late: measured).

Locks are taken in one order everywhere: leases by name, pairs by id, assignments. FOR NO KEY UPDATE, since inserts in
other processes hold their pair's key. An assignment is locked as well, so that a hand-over queues behind a write."""

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
    ORDER BY l.name FOR SHARE OF l
)"""

_PARTS = "part smallint, act text, source_message bigint, rendered text, key text, target bigint"

# `parts` of an event are those of hop 1 when its lane would send it at once: they are `sending` from the start.
APPEND = f"""
WITH {_SESSION_FENCE},
input AS MATERIALIZED (
    SELECT i.*, decode(i.hash, 'hex') AS content_hash FROM json_to_recordset($4::json) AS i(
        ord int, pair_id bigint, generation bigint, scope text, message_id bigint, kind text, hash text, payload json,
        edited bigint, cursor_to bigint, hops smallint, inbox_id bigint, tell text, identity text, parts json)
),
owned AS MATERIALIZED (
    SELECT p.id, p.last_seq, a.generation FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE EXISTS (SELECT 1 FROM fence) AND p.status IN ('active', 'degraded', 'error')
      AND (p.id, a.generation) IN (SELECT pair_id, generation FROM input)
    ORDER BY p.id FOR NO KEY UPDATE OF p FOR SHARE OF a
),
fresh AS MATERIALIZED (
    SELECT i.*, o.last_seq,
           CASE WHEN i.kind = 'edit' THEN known.revision + 1 ELSE 0 END AS revision,
           row_number() OVER (PARTITION BY i.pair_id ORDER BY i.ord) AS n
    FROM input i
    JOIN owned o ON o.id = i.pair_id AND o.generation = i.generation
    LEFT JOIN LATERAL (
        SELECT e.revision, e.content_hash, e.edited FROM pairs_event e
        WHERE e.pair_id = i.pair_id AND e.scope = i.scope AND e.message_id = i.message_id
          AND e.kind IN ('create', 'edit')
        ORDER BY e.revision DESC LIMIT 1
    ) known ON true
    WHERE CASE i.kind
        WHEN 'create' THEN known.revision IS NULL
        WHEN 'edit' THEN known.content_hash <> i.content_hash AND i.edited >= known.edited
        ELSE known.revision IS NOT NULL END
      AND NOT EXISTS (
        SELECT 1 FROM pairs_event e WHERE e.pair_id = i.pair_id AND e.scope = i.scope
          AND e.message_id = i.message_id AND e.kind = 'delete')
),
added AS (
    INSERT INTO pairs_event (pair_id, seq, scope, message_id, revision, kind, payload, content_hash, edited, created_at)
    SELECT pair_id, last_seq + n, scope, message_id, revision, kind, payload::jsonb, content_hash, edited,
           clock_timestamp()
    FROM fresh
    RETURNING id, pair_id, seq, scope, message_id, kind, revision
),
numbered AS MATERIALIZED (
    SELECT a.id, a.pair_id, a.seq, a.message_id, a.revision, f.hops, f.ord, f.identity, f.parts FROM added a
    JOIN fresh f ON f.pair_id = a.pair_id AND f.last_seq + f.n = a.seq
),
planned AS (
    INSERT INTO pairs_delivery
        (event_id, pair_id, seq, hop, part, act, state, source_message, rendered, key, identity, attempted_at, tries,
         reason)
    SELECT n.id, n.pair_id, n.seq, h.hop, 0, 'plan', 'waiting', n.message_id, NULL::jsonb, '', '', NULL::timestamptz,
           0, ''
    FROM numbered n CROSS JOIN (VALUES (1), (2)) AS h(hop)
    WHERE n.hops & h.hop <> 0 AND (h.hop = 2 OR n.parts IS NULL)
    UNION ALL
    SELECT n.id, n.pair_id, n.seq, 1, p.part, p.act, 'sending', p.source_message, nullif(p.rendered, '')::jsonb, p.key,
           n.identity, clock_timestamp(), 0, ''
    FROM numbered n CROSS JOIN LATERAL json_to_recordset(n.parts) AS p({_PARTS})
    WHERE n.parts IS NOT NULL
),
moved AS (
    UPDATE pairs_pair p
    SET last_seq = p.last_seq + m.events, cursor = greatest(p.cursor, m.cursor_to)
    FROM (
        SELECT i.pair_id, max(i.cursor_to) AS cursor_to,
               (SELECT count(*) FROM fresh f WHERE f.pair_id = i.pair_id) AS events
        FROM input i JOIN owned o ON o.id = i.pair_id AND o.generation = i.generation GROUP BY i.pair_id
    ) m WHERE p.id = m.pair_id
),
taken AS (
    DELETE FROM pairs_inbox x USING input i JOIN owned o ON o.id = i.pair_id AND o.generation = i.generation
    WHERE x.id = i.inbox_id
)
SELECT (SELECT count(*) FROM fence) AS fenced,
       (SELECT array_agg(id ORDER BY id) FROM owned) AS owned_pairs,
       (SELECT array_agg(generation ORDER BY id) FROM owned) AS owned_generations,
       (SELECT array_agg(ord ORDER BY ord) FROM numbered) AS ords,
       (SELECT array_agg(id ORDER BY ord) FROM numbered) AS ids,
       (SELECT array_agg(seq ORDER BY ord) FROM numbered) AS seqs,
       (SELECT array_agg(revision ORDER BY ord) FROM numbered) AS revisions,
       (SELECT count(pg_notify('relay_news', t.tell || ' ' || t.pair_id)) FROM (
            SELECT DISTINCT tell, pair_id FROM fresh WHERE tell IS NOT NULL) t) AS told
"""

# What became of parts, and parts about to be sent: never of the same event and hop in one statement.
STEP = f"""
WITH {_ACCOUNTS_FENCE},
outcomes AS MATERIALIZED (
    SELECT * FROM json_to_recordset($4::json) AS i(
        account text, event_id bigint, hop smallint, part smallint, state text, remote_id bigint, reason text,
        tries smallint, troubled float8, wait float8, tell text, pair_id bigint, generation bigint)
),
claims AS MATERIALIZED (
    SELECT * FROM json_to_recordset($5::json) AS i(
        account text, event_id bigint, pair_id bigint, seq bigint, hop smallint, identity text, generation bigint,
        parts json)
),
owned AS MATERIALIZED (
    SELECT a.pair_id, a.generation FROM pairs_assignment a
    WHERE EXISTS (SELECT 1 FROM fence)
      AND a.pair_id IN (SELECT pair_id FROM outcomes WHERE generation IS NOT NULL
                        UNION ALL SELECT pair_id FROM claims WHERE generation IS NOT NULL)
    ORDER BY a.pair_id FOR SHARE
),
done AS (
    UPDATE pairs_delivery d
    SET state = i.state, remote_id = coalesce(i.remote_id, d.remote_id), reason = i.reason, tries = i.tries,
        troubled_at = clock_timestamp() - make_interval(secs => i.troubled),
        not_before = clock_timestamp() + make_interval(secs => i.wait)
    FROM outcomes i JOIN fence f ON f.name = i.account
    WHERE d.event_id = i.event_id AND d.hop = i.hop AND d.part = i.part AND d.state IN ('waiting', 'sending')
      -- That a post stands is true whoever owns the pair by now; anything else is the new owner's to say.
      AND (i.generation IS NULL OR i.state = 'sent'
           OR (i.pair_id, i.generation) IN (SELECT pair_id, generation FROM owned))
),
allowed AS MATERIALIZED (
    SELECT c.* FROM claims c JOIN fence f ON f.name = c.account
    WHERE c.generation IS NULL OR (c.pair_id, c.generation) IN (SELECT pair_id, generation FROM owned)
),
claimed AS (
    INSERT INTO pairs_delivery AS d
        (event_id, pair_id, seq, hop, part, act, state, source_message, rendered, key, identity, attempted_at, tries,
         reason, remote_id)
    SELECT c.event_id, c.pair_id, c.seq, c.hop, p.part, p.act, 'sending', p.source_message,
           nullif(p.rendered, '')::jsonb, p.key, c.identity, clock_timestamp(), 0, '', p.target
    FROM allowed c CROSS JOIN LATERAL json_to_recordset(c.parts) AS p({_PARTS})
    ON CONFLICT (event_id, hop, part) DO UPDATE SET
        act = excluded.act, state = 'sending', source_message = excluded.source_message, rendered = excluded.rendered,
        key = excluded.key, identity = excluded.identity, attempted_at = excluded.attempted_at, not_before = NULL,
        remote_id = excluded.remote_id
    WHERE d.state IN ('waiting', 'sending')
    RETURNING event_id, hop
)
SELECT (SELECT array_agg(name) FROM fence) AS held,
       (SELECT array_agg(event_id) FROM claimed) AS events,
       (SELECT array_agg(hop) FROM claimed) AS hops,
       (SELECT count(pg_notify('relay_news', t.tell || ' ' || t.pair_id)) FROM (
            SELECT DISTINCT tell, pair_id FROM outcomes WHERE tell IS NOT NULL) t) AS told
"""

SET_CURSOR = f"""
WITH {_SESSION_FENCE}
UPDATE pairs_pair p SET cursor = $5 FROM pairs_assignment a
WHERE p.id = $4 AND a.pair_id = p.id AND a.generation = $6 AND p.cursor IS NULL AND EXISTS (SELECT 1 FROM fence)
RETURNING p.cursor
"""

LEAVE_OUT = f"""
WITH {_SESSION_FENCE},
behind AS MATERIALIZED (
    SELECT p.id, p.cursor FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE EXISTS (SELECT 1 FROM fence) AND p.cursor < $6
      AND (p.id, a.generation) IN (SELECT * FROM unnest($4::bigint[], $5::bigint[]))
    ORDER BY p.id FOR NO KEY UPDATE OF p FOR SHARE OF a
),
moved AS (
    UPDATE pairs_pair p SET cursor = $6 FROM behind b WHERE p.id = b.id
),
noted AS (
    INSERT INTO core_auditevent (actor, action, target, before, after, reason, correlation_id)
    SELECT 'worker:' || $1, 'pair.left_out', 'pair.' || id, jsonb_build_object('cursor', cursor),
           jsonb_build_object('cursor', $6::bigint), $7, ''
    FROM behind
)
INSERT INTO core_notice (key, text, severity, failed)
SELECT 'pair.' || min(id), 'After a long absence of pair' || CASE count(*) WHEN 1 THEN ' ' ELSE 's ' END
       || string_agg(id::text, ', ' ORDER BY id) || ' not all that was posted is relayed: it goes on after message '
       || $6 || ' of the source. ' || $7, 'info', '{{}}'
FROM behind HAVING count(*) > 0
"""

STOP_PAIR = f"""
WITH {_ACCOUNTS_FENCE},
going AS MATERIALIZED (
    SELECT id, status, coalesce(nullif(source_title, ''), source_chat::text) AS source,
           coalesce(nullif(discord_title, ''), discord_channel::text) AS discord,
           coalesce(nullif(destination_title, ''), destination_chat::text) AS destination
    FROM pairs_pair
    WHERE id = $4 AND status IN ('active', 'degraded') AND EXISTS (SELECT 1 FROM fence) FOR NO KEY UPDATE
),
stopped AS (
    UPDATE pairs_pair p SET status = 'error', status_reason = $5::text FROM going g WHERE p.id = g.id
),
noted AS (
    INSERT INTO core_auditevent (actor, action, target, before, after, reason, correlation_id)
    SELECT 'worker:' || $6::text, 'pair.status', 'pair.' || id, jsonb_build_object('status', status),
           jsonb_build_object('status', 'error'), $5::text, ''
    FROM going
)
SELECT source, discord, destination FROM going
"""

INBOX_LATER = f"""
WITH {_SESSION_FENCE}
UPDATE pairs_inbox SET not_before = clock_timestamp() + make_interval(secs => least($6::float8,
    greatest($5::float8, extract(epoch FROM clock_timestamp() - created_at)::float8)))
WHERE id = ANY($4::bigint[]) AND EXISTS (SELECT 1 FROM fence)
"""

INBOX_DROP = f"""
WITH {_SESSION_FENCE}
DELETE FROM pairs_inbox WHERE id = ANY($4::bigint[]) AND EXISTS (SELECT 1 FROM fence)
"""

# A cursor of 0 is the beginning: ids of the new chat are its own, and begin with 1. The next generation keeps whoever
# read the pair before from moving that cursor. A pair that somebody made of the new chat meanwhile has the route.
MOVE_SOURCE = f"""
WITH {_SESSION_FENCE},
ours AS MATERIALIZED (
    SELECT p.id, EXISTS (
        SELECT 1 FROM pairs_pair o WHERE o.source_chat = $7 AND o.discord_channel = p.discord_channel
          AND o.destination_chat = p.destination_chat AND o.status <> 'removed') AS taken
    FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE EXISTS (SELECT 1 FROM fence) AND p.source_chat = $6
      AND (p.id, a.generation) IN (SELECT * FROM unnest($4::bigint[], $5::bigint[]))
    ORDER BY p.id FOR NO KEY UPDATE OF p, a
),
moved AS (
    UPDATE pairs_pair p SET source_chat = $7, cursor = 0 FROM ours o WHERE p.id = o.id AND NOT o.taken RETURNING p.id
),
stopped AS (
    UPDATE pairs_pair p SET status = 'error',
        status_reason = 'Its group became a supergroup, which another pair with the same ends reads: remove this one.'
    FROM ours o WHERE p.id = o.id AND o.taken AND p.status IN ('active', 'degraded')
),
fenced_off AS (
    UPDATE pairs_assignment a SET generation = a.generation + 1 FROM moved m WHERE a.pair_id = m.id
),
seen AS (
    INSERT INTO pairs_sourceaccess (session_id, source_chat, access, checked_at)
    SELECT split_part($1, '.', 2)::bigint, $7, 'member', clock_timestamp() WHERE EXISTS (SELECT 1 FROM moved)
    ON CONFLICT (session_id, source_chat) DO NOTHING
),
noted AS (
    INSERT INTO core_auditevent (actor, action, target, before, after, reason, correlation_id)
    SELECT 'worker:' || $1, 'pair.source', 'pair.' || id, jsonb_build_object('source', $6::bigint),
           jsonb_build_object('source', $7::bigint), 'The group became a supergroup.', ''
    FROM moved
),
told AS (
    INSERT INTO core_notice (key, text, severity, failed)
    SELECT 'pair.' || id, 'The source of pair ' || id || ' became a supergroup; the pair goes on there.', 'info', '{{}}'
    FROM moved
)
SELECT count(pg_notify('relay_wake', x)) FROM unnest(ARRAY[$1, 'placements']) AS x WHERE EXISTS (SELECT 1 FROM moved)
"""

TELL_STILL = "SELECT count(pg_notify('relay_still', x)) FROM unnest($1::text[]) AS x"

RENEW_WEBHOOK = f"""
WITH {_SESSION_FENCE},
changed AS (
    UPDATE pairs_pair p
    SET webhook_id = $7, webhook_sealed = $8, former_webhooks = array_append(p.former_webhooks, $6)
    FROM pairs_assignment a
    WHERE p.id = $4 AND a.pair_id = p.id AND a.generation = $5 AND p.webhook_id = $6 AND EXISTS (SELECT 1 FROM fence)
    RETURNING p.id, p.discord_channel
),
noted AS (
    INSERT INTO core_auditevent (actor, action, target, before, after, reason, correlation_id)
    SELECT 'worker:' || $1, 'pair.webhook', 'pair.' || id, jsonb_build_object('webhook', $6::bigint),
           jsonb_build_object('webhook', $7::bigint), 'The former webhook was deleted on Discord.', ''
    FROM changed
),
told AS (
    INSERT INTO core_notice (key, text, severity, failed)
    SELECT 'pair.' || id, 'The webhook of pair ' || id || ' was deleted on Discord; a new one was made and it goes on.',
           'info', '{{}}' FROM changed
)
SELECT count(pg_notify('relay_wake', $1)) FROM changed
"""
