from django.db import migrations, models

CAUSE = {"blank": True, "db_default": "", "default": "", "max_length": 100}


class Migration(migrations.Migration):
    """Why a session is unhealthy, when it is not its own fault; sessions whose pairs never move by themselves."""

    dependencies = [("tg_sessions", "0005_login_kinds")]

    operations = [
        migrations.AddField(
            model_name="telegramsession",
            name="health_cause",
            field=models.CharField(help_text='what it shares its trouble with: "host.node1"; empty: itself', **CAUSE),
        ),
        migrations.AddField(
            model_name="telegramsession",
            name="failover",
            field=models.BooleanField(
                db_default=True, default=True, help_text="whether others take its pairs when it cannot work"
            ),
        ),
        migrations.AddField(
            model_name="healthflip",
            name="cause",
            field=models.CharField(help_text='what it shares its trouble with: "host.node1"; empty: itself', **CAUSE),
        ),
        migrations.AddIndex(
            model_name="healthflip",
            index=models.Index(condition=models.Q(("processed", None)), fields=["id"], name="healthflip_untold"),
        ),
    ]
