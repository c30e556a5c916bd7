import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """What operators have to hear."""

    dependencies = [("core", "0008_operation")]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100)),
                ("text", models.TextField()),
                (
                    "severity",
                    models.CharField(
                        choices=[("info", "Info"), ("warning", "Warning"), ("critical", "Critical")],
                        default="info",
                        max_length=8,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="when what it tells of was over", null=True),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "failed",
                    models.JSONField(blank=True, default=dict, help_text="operators whom it did not reach, and why"),
                ),
                ("alerted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("sent_at", None)), fields=["id"], name="notice_unsent"),
                    models.Index(condition=models.Q(("alerted_at", None)), fields=["id"], name="notice_unalerted"),
                    models.Index(fields=["key", "-id"], name="notice_of_key"),
                ],
            },
        ),
    ]
