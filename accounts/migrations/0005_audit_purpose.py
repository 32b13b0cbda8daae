"""Why somebody read or exported: the audit trail keeps the person's own words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit_chain")]
    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="purpose",
            field=models.CharField(blank=True, max_length=200, verbose_name="ändamål"),
        ),
    ]
