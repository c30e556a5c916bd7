from django.db import migrations, models


class Migration(migrations.Migration):
    """A person may let an account join a public chat, through its own live connection."""

    dependencies = [("tg_sessions", "0008_imported_keys")]

    operations = [
        migrations.AddField(
            model_name="lookup",
            name="join",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
