from django.db import migrations, models


class Migration(migrations.Migration):
    """Dead letters that were sent again."""

    dependencies = [("pairs", "0002_plural_names")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="replays",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="times it was sent again by hand"
            ),
        ),
    ]
