"""A year is closed: what is approved is locked, what is not is told, and nothing comes in any more."""

from __future__ import annotations

import threading
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from submissions import synthetic
from submissions.models import Collection, Delivery, Submission, SubmissionEvent
from submissions.services import deliver
from submissions.services.closing import close_collection
from tests.cast import Cast

WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE datname = current_database()
)"""


def run(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("close_collection", *arguments, stdout=out)
    return out.getvalue()


def upload(submission: Submission, cast: Cast) -> Delivery:
    """A file from Bo."""
    content = synthetic.delivery("0488", 60, 1)
    return deliver.receive_delivery(submission=submission, content=content, name="fil.txt", by=cast.bo, at=timezone.now())


@pytest.mark.django_db
def test_what_is_approved_is_locked_and_the_rest_is_told(trosa: Submission, cast: Cast) -> None:
    Submission.objects.filter(pk=trosa.pk).update(status="approved")
    text = run("2026")
    assert "0999 Vagnhärads kommun: ej påbörjad" in text
    assert "1 godkänd inlämning är låst, 1 enhet är inte godkända." in text
    assert list(Submission.objects.order_by("unit__code").values_list("status", flat=True)) == ["locked", "not_started"]
    assert (
        SubmissionEvent.objects.get(submission=trosa, to_status="locked").text
        == "Insamlingen är avslutad och uppgifterna är låsta."
    )
    assert AuditEvent.objects.get(code="operation:configuration", result__startswith="stängd").object == "insamling 2026"


@pytest.mark.django_db
def test_closing_again_keeps_the_day_and_locks_what_was_approved_since(trosa: Submission, cast: Cast) -> None:
    run("2026")
    closed_at = Collection.objects.get().closed_at
    assert "0 godkända inlämningar är låsta, 2 enheter är inte godkända." in run("2026")
    Submission.objects.filter(pk=trosa.pk).update(status="approved")
    assert "stängdes 2026-11-16" in run("2026")
    assert Submission.objects.get(pk=trosa.pk).status == "locked"
    assert Collection.objects.get().closed_at == closed_at
    assert AuditEvent.objects.filter(code="operation:configuration", result__startswith="stängd").count() == 2


@pytest.mark.django_db
def test_a_dry_run_of_closing_saves_nothing(trosa: Submission, cast: Cast) -> None:
    Submission.objects.filter(pk=trosa.pk).update(status="approved")
    assert "Inget är sparat" in run("2026", "--dry-run")
    assert Submission.objects.get(pk=trosa.pk).status == "approved"
    assert Collection.objects.get().closed_at is None


@pytest.mark.django_db
def test_a_year_that_is_not_there_is_wrong_use() -> None:
    with pytest.raises(CommandError, match="Det finns ingen insamling för 2031") as refusal:
        run("2031")
    assert refusal.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_waits_while_the_year_is_closed_is_refused(trosa: Submission, cast: Cast) -> None:
    answers: list[object] = []

    def late() -> None:
        try:
            answers.append(upload(trosa, cast))
        except NotAllowed as refusal:
            answers.append(refusal.reason)
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    with transaction.atomic():
        close_collection(year=2026, by=None, at=timezone.now())
        thread.start()
        wait_for_a_waiting_lock()
    thread.join(timeout=30)
    assert answers == ["Insamlingen är stängd. Skriv till SKR under Meddelanden om något behöver ändras."]
    assert not Delivery.objects.exists()


def wait_for_a_waiting_lock() -> None:
    """Until another session waits for what this one has locked."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("ingen väntade")
