from django.db import migrations, models


class Migration(migrations.Migration):
    """A session may read a public source without being a member of it, and then posts come late."""

    dependencies = [("pairs", "0011_people_since")]

    operations = [
        migrations.AlterField(
            model_name="sourceaccess",
            name="access",
            field=models.CharField(
                choices=[
                    ("member", "Member"),
                    ("banned", "Banned"),
                    ("protected", "Protected"),
                    ("guest", "Guest"),
                    ("unknown", "Unknown"),
                ],
                default="unknown",
                max_length=12,
            ),
        ),
    ]
