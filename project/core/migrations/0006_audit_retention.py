from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('relay.audit_removal', true) = 'on'
       AND OLD.at < clock_timestamp() - interval '1 day' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER core_auditevent_no_truncate BEFORE TRUNCATE ON core_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION core_remove_old_audit(days integer, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE removed bigint; last_id bigint;
BEGIN
    PERFORM set_config('relay.audit_removal', 'on', true);
    WITH gone AS (
        DELETE FROM core_auditevent WHERE id IN (
            SELECT id FROM core_auditevent
            WHERE at < clock_timestamp() - make_interval(days => greatest(days, 1)) ORDER BY id LIMIT most)
        RETURNING id)
    SELECT count(*), max(id) INTO removed, last_id FROM gone;
    PERFORM set_config('relay.audit_removal', '', true);
    IF removed > 0 THEN
        INSERT INTO core_auditevent (actor, action, target, after, reason, correlation_id)
        VALUES ('beat', 'audit.retention', 'audit', jsonb_build_object('removed', removed, 'last_id', last_id),
                'older than ' || days || ' days', '');
    END IF;
    RETURN removed;
END $$;
ALTER TABLE core_lease SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
"""

BACKWARD = """
ALTER TABLE core_lease RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
DROP FUNCTION core_remove_old_audit(integer, integer);
DROP TRIGGER core_auditevent_no_truncate ON core_auditevent;
CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Migration(migrations.Migration):
    """The audit trail cannot be truncated; its oldest rows go by one function only."""

    dependencies = [("core", "0005_discord_bot")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
