"""The statements of a hand-over. Each is a compare-and-set on the pair's generation: run twice, it moves once.

The assignment's row lock lets a hand-over queue behind every write in flight for the pair, and every later write of the
old owner find another generation. Locks are taken as everywhere: leases by name, pairs by id, assignments.
"""

from __future__ import annotations

WANTED = """
SELECT a.pair_id, a.generation, a.session_id, p.wanted_session_id AS wanted
FROM pairs_assignment a JOIN pairs_pair p ON p.id = a.pair_id
WHERE a.session_id = ANY($1::bigint[]) AND p.wanted_session_id <> a.session_id
ORDER BY p.id
"""

_FENCE = """
fence AS MATERIALIZED (
    SELECT 1 FROM core_lease WHERE name = $1 AND owner = $2 AND epoch = $3 FOR SHARE
)"""

# The emptiest group of the new session; groups that grew too large are evened out by the planner.
_MOVED = """
moved AS (
    UPDATE pairs_assignment a
    SET session_id = w.wanted, generation = a.generation + 1, "group" = coalesce((
        SELECT o."group" FROM pairs_assignment o WHERE o.session_id = w.wanted
        GROUP BY o."group" ORDER BY count(*), o."group" LIMIT 1), 1)
    FROM wish w WHERE a.pair_id = w.pair_id AND a.generation = w.generation
    RETURNING a.pair_id, a.session_id
),
fulfilled AS (
    UPDATE pairs_pair p SET wanted_session_id = NULL FROM moved m WHERE p.id = m.pair_id
),
told AS (
    SELECT count(pg_notify('relay_wake', n.who)) AS times FROM (
        SELECT 'session.' || session_id AS who FROM moved
        UNION SELECT 'placements' WHERE EXISTS (SELECT 1 FROM moved)) n
)"""

# ruff: noqa: S608 - made of constants
GIVE = f"""
WITH {_FENCE},
wish AS MATERIALIZED (
    SELECT a.pair_id, a.generation, p.wanted_session_id AS wanted
    FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE EXISTS (SELECT 1 FROM fence) AND p.wanted_session_id <> a.session_id
      AND (a.pair_id, a.generation) IN (SELECT * FROM unnest($4::bigint[], $5::bigint[]))
    ORDER BY p.id FOR NO KEY UPDATE OF p, a
),
{_MOVED}
SELECT (SELECT count(*) FROM fence) AS fenced, (SELECT count(*) FROM moved) AS moved, (SELECT times FROM told) AS told
"""

GIVE_ALL = f"""
WITH {_FENCE},
wish AS MATERIALIZED (
    SELECT a.pair_id, a.generation, p.wanted_session_id AS wanted
    FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE EXISTS (SELECT 1 FROM fence) AND p.wanted_session_id <> a.session_id AND a.session_id = $4
    ORDER BY p.id FOR NO KEY UPDATE OF p, a
),
{_MOVED}
SELECT (SELECT count(*) FROM fence) AS fenced, (SELECT count(*) FROM moved) AS moved, (SELECT times FROM told) AS told
"""

# Sessions that pairs are wanted from, and their leases as they stand.
OWNERS = """
SELECT DISTINCT 'session.' || a.session_id AS account, l.epoch, l.expires_at,
       l.name IS NULL OR l.released_at IS NOT NULL AS free
FROM pairs_assignment a JOIN pairs_pair p ON p.id = a.pair_id
LEFT JOIN core_lease l ON l.name = 'session.' || a.session_id
WHERE p.wanted_session_id IS NOT NULL AND p.wanted_session_id <> a.session_id
"""

# Only of leases that are still as they were seen, and locked against renewal and acquisition from here on. One that is
# locked now (a write in flight, an owner coming) is left for the next look.
FORCE = f"""
WITH seen AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS i(name, epoch, expires_at)
),
ended AS MATERIALIZED (
    SELECT l.name FROM core_lease l JOIN seen s ON s.name = l.name
    WHERE l.epoch = s.epoch AND l.expires_at = s.expires_at
    ORDER BY l.name FOR NO KEY UPDATE OF l SKIP LOCKED
),
gone AS MATERIALIZED (
    SELECT name FROM ended
    UNION ALL SELECT s.name FROM seen s
    WHERE s.epoch IS NULL AND NOT EXISTS (SELECT 1 FROM core_lease l WHERE l.name = s.name)
),
wish AS MATERIALIZED (
    SELECT a.pair_id, a.generation, p.wanted_session_id AS wanted
    FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE p.wanted_session_id <> a.session_id AND 'session.' || a.session_id IN (SELECT name FROM gone)
    ORDER BY p.id FOR NO KEY UPDATE OF p, a
),
{_MOVED}
SELECT coalesce((SELECT array_agg(pair_id ORDER BY pair_id) FROM moved), '{{}}') AS moved,
       (SELECT times FROM told) AS told
"""
