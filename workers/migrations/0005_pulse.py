from django.db import migrations, models

SHARE = 0.8  # of its interval, after which a run of ours expired by Beat's clock


def never_expire(apps, schema_editor):
    """Rows as we made them: a run expired by the clock of another host. Values that people set stay."""
    rows = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for row in rows.filter(task__startswith="workers.").exclude(expire_seconds=None).select_related("interval"):
        seconds = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}.get(row.interval.period if row.interval else "")
        if seconds and row.expire_seconds == int(row.interval.every * seconds * SHARE):
            rows.filter(pk=row.pk).update(expire_seconds=None)


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0004_balance"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.AddField(
            model_name="placement",
            name="connected_at",
            field=models.DateTimeField(
                blank=True, help_text="when its process last said that its account is connected", null=True
            ),
        ),
        migrations.CreateModel(
            name="Pulse",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("ahead", models.FloatField(db_default=0.0, default=0.0)),
            ],
        ),
        migrations.RunPython(never_expire, migrations.RunPython.noop),
    ]
