from django.db import migrations, models


class Migration(migrations.Migration):
    """A pair that came to another channel, or was adopted anew, relays what people write there from then on only."""

    dependencies = [("pairs", "0010_destination_username")]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="people_since",
            field=models.DateTimeField(
                blank=True,
                help_text=(
                    "people's messages in the Discord channel are relayed from then on; empty: since it was made"
                ),
                null=True,
            ),
        ),
    ]
