from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0008_quality_cards'),
    ]

    operations = [
        migrations.AddField(
            model_name='reviewpoint',
            name='resolved_by_waiver',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
