"""The outbox with a real worker on a real database: from the change that commits to the mail that is sent."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from config.lib import jobs
from config.lib.mail import PortalMail
from messaging.models import OutgoingMail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real_clock]


def work() -> None:
    """Let a worker do everything that waits, and stop."""
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def test_a_worker_sends_what_was_stored():
    PortalMail("messaging/new_message", to="anna.ek@trosa.example").send()
    work()
    mail = OutgoingMail.objects.get()
    assert mail.sent_at is not None
    assert mail.payload_sealed is None
    assert ProcrastinateJob.objects.get(task_name="messaging.tasks.send_mail").status == "succeeded"


def test_a_job_whose_worker_died_is_taken_up_again():
    PortalMail("messaging/new_message", to="anna.ek@trosa.example").send()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'messaging.tasks.send_mail'")
    jobs.enqueue("messaging.tasks.retry_stalled", timestamp=int(timezone.now().timestamp()))
    work()
    work()
    assert OutgoingMail.objects.get().sent_at is not None
