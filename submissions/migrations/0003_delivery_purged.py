"""A delivery whose file is gone."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0002_delivery_check_trouble'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='purged_at',
            field=models.DateTimeField(null=True, verbose_name='borttagen'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='content_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='name_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('content_sealed__isnull', False), ('name_sealed__isnull', False), ('purged_at', None)), models.Q(('content_sealed', None), ('findings_sealed', None), ('name_sealed', None), ('purged_at__isnull', False), ('summary_sealed', None)), _connector='OR'), name='delivery_is_whole_until_purged'),
        ),
    ]
