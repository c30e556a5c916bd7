from django.db import migrations, models


class Migration(migrations.Migration):
    """A file of pairs names destinations as people do, so that its difference has to know their names."""

    dependencies = [("pairs", "0009_held")]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="destination_username",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
