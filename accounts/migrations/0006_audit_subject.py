"""Find a person's own events: the page of her sign-ins asks for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_audit_purpose")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["subject_id", "at"], name="audit_subject_at"),
        ),
    ]
