from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0009_notice"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsoleLink",
            fields=[
                ("user_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
        ),
    ]
