from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("tg_sessions", "0003_dead_keys"),
    ]

    operations = [
        migrations.AddField(model_name="lookup", name="chats", field=models.JSONField(null=True)),
    ]
