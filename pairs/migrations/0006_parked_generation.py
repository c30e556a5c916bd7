from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pairs", "0005_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="parked_generation",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="of the assignment that it lost when it was parked; the next one goes on from it",
            ),
        ),
    ]
