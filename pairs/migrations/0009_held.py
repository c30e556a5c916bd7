from django.db import migrations, models


class Migration(migrations.Migration):
    """Rows that are held while their pair changes are found at once."""

    dependencies = [("pairs", "0008_former_webhooks")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["pair", "hop"], condition=models.Q(("state", "held")), name="delivery_held"),
        ),
    ]
