"""The shipped privacy notice as version 1, and a row for what each person has accepted so far."""

from datetime import datetime, UTC

from django.db import migrations

SHIPPED = datetime(2026, 1, 1, tzinfo=UTC)


def fill(apps, schema_editor):
    """From the columns of the users; the audit trail has the times of older versions, of which there were none."""
    User = apps.get_model("accounts", "User")
    NoticeText = apps.get_model("accounts", "NoticeText")
    NoticeAcceptance = apps.get_model("accounts", "NoticeAcceptance")
    NoticeText.objects.get_or_create(
        version=1,
        defaults={
            "state": "published",
            "body": "",
            "what_changed": "Den första texten.",
            "publishes_on": SHIPPED.date(),
            "publishes_at": SHIPPED,
            "changed_at": SHIPPED,
        },
    )
    accepted = User.objects.filter(notice_version__gt=0, notice_accepted_at__isnull=False).order_by("pk")
    rows = accepted.values_list("pk", "notice_version", "notice_accepted_at")
    NoticeAcceptance.objects.bulk_create(
        [NoticeAcceptance(user_id=pk, version=version, at=at) for pk, version, at in rows], ignore_conflicts=True, batch_size=1000
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_notice_texts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
