from django.db import migrations, models

# Rows of the journal change their state two or three times and are then left alone for weeks: vacuum early, in small
# bites. Pairs are few, and each message changes one: half of each page is left free, so that no index has to follow.
FORWARD = """
ALTER TABLE pairs_event SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE pairs_delivery SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE pairs_inbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE pairs_pair SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
"""
BACKWARD = """
ALTER TABLE pairs_event RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE pairs_delivery RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE pairs_inbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE pairs_pair RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
"""


class Migration(migrations.Migration):
    """Old contents are found by their age; the hot tables are vacuumed often enough."""

    dependencies = [("pairs", "0004_dead_letters")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("payload__isnull", False)), fields=["created_at"], name="event_content_age"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
