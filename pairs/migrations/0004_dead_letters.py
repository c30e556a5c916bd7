from django.db import migrations, models


class Migration(migrations.Migration):
    """Dead letters are found without reading every delivery."""

    dependencies = [("pairs", "0003_replays")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "dead")), fields=["event", "hop"], name="delivery_dead"
            ),
        ),
    ]
