"""How a check ended that gave no answer: it took too long, or it broke."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="delivery",
            name="check_trouble",
            field=models.CharField(
                blank=True,
                choices=[("too_long", "Tog för lång tid"), ("broken", "Gick inte att slutföra")],
                default="",
                max_length=10,
            ),
            preserve_default=False,
        ),
    ]
