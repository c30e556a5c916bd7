import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Webhooks that a pair had before: what they posted is still ours."""

    dependencies = [("pairs", "0007_status_memory")]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="former_webhooks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="ids of webhooks that it posted through before",
                size=None,
            ),
        ),
    ]
