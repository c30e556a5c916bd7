from django.db import migrations, models
from django.db.models.functions import Now


def told(apps, schema_editor):
    """What ended before is no news."""
    apps.get_model("tg_sessions", "LoginAttempt").objects.filter(step__in=["done", "failed"]).update(told_at=Now())


class Migration(migrations.Migration):
    dependencies = [
        ("tg_sessions", "0009_lookup_join"),
    ]

    operations = [
        migrations.AddField(
            model_name="loginattempt",
            name="told_at",
            field=models.DateTimeField(blank=True, help_text="when control told how it ended", null=True),
        ),
        migrations.RunPython(told, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="loginattempt",
            index=models.Index(
                condition=models.Q(("step__in", ["done", "failed"]), ("told_at", None)),
                fields=["id"],
                name="login_untold",
            ),
        ),
    ]
