from django.db import migrations, models


class Migration(migrations.Migration):
    """What a pair's status was before it was parked, and the code of what stopped it."""

    dependencies = [("pairs", "0006_parked_generation")]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="status_code",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="the name of the error that stopped it",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="pair",
            name="status_before",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="of a parked pair: what it is again when a session takes it",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="pair",
            name="reason_before",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="the reason of that", max_length=300
            ),
        ),
    ]
