from django.db import migrations, models


class Migration(migrations.Migration):
    """A person asks a session's owner for a check."""

    dependencies = [("tg_sessions", "0006_health_cause")]

    operations = [
        migrations.AddField(
            model_name="telegramsession",
            name="check_asked",
            field=models.UUIDField(blank=True, help_text="somebody waits for a check with this mark", null=True),
        ),
    ]
