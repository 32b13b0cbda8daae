"""Retention of Meddelanden (DRIFT-11): a matter goes whole, drafts after a month, and nothing that is younger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone

from accounts import limits
from accounts.models import AuditEvent
from config.lib import sealed
from messaging import retention, services, tasks
from messaging.models import (
    Announcement,
    Attachment,
    Draft,
    InternalNote,
    KnownIssue,
    MailText,
    Message,
    OutgoingMail,
    PendingNotice,
    ReplyTemplate,
    Thread,
)
from tests.cast import Cast

pytestmark = pytest.mark.django_db
# What is no part of a matter: mails have rules of their own, templates, letters, announcements, known faults and waiting notices hold nothing of a person.
APART = {Announcement, KnownIssue, MailText, OutgoingMail, PendingNotice, ReplyTemplate}


def whole_thread(cast: Cast) -> Thread:
    """A thread with something of everything that may hang on one."""
    now = timezone.now()
    batch = services.send_questions(
        units=[cast.trosa],
        category="file",
        subject="Frågor",
        text="Hej",
        questions=["Ett?"],
        by=cast.officer,
        at=now,
        nonce=uuid4(),
    )
    thread = batch.threads.get()
    services.tick_question(thread=thread, number=1, answer="Ja", by=cast.bo, at=now)
    services.close_thread(thread=thread, by=cast.bo, at=now)
    message = thread.messages.get()
    file = Attachment(message=message, number=1, kind="pdf", size=3, sha256="x", scan=Attachment.Scan.CLEAN, created_at=now)
    file.name_sealed, file.content_sealed = (
        sealed.seal_text(file, "name_sealed", "a.pdf"),
        sealed.seal(file, "content_sealed", b"pdf"),
    )
    file.save()
    note = InternalNote(thread=thread, author=cast.officer, created_at=now)
    note.body_sealed = sealed.seal_text(note, "body_sealed", "Ring dem.")
    note.save()
    services.save_draft(place=f"thread/{thread.pk}", values={"text": "Jag"}, by=cast.anna, at=now, thread=thread)
    return thread


def left() -> dict[str, int]:
    """How many rows of each kind there are."""
    kinds = [model for model in apps.get_app_config("messaging").get_models() if model not in APART]
    return {model.__name__: model._default_manager.count() for model in kinds}


@pytest.mark.asvs("14.2.7")
def test_drift_11_a_matter_goes_whole_two_years_after_its_last_message(cast: Cast, clock: Any) -> None:
    whole_thread(cast)
    assert min(left().values()) > 0, "prövar bara det som finns"
    clock.shift(limits.THREADS_KEPT - timedelta(seconds=1))
    retention.purge(at=timezone.now())
    assert (Thread.objects.count(), Message.objects.count(), Attachment.objects.count()) == (1, 1, 1)
    clock.shift(timedelta(seconds=1))
    assert retention.purge(at=timezone.now(), dry_run=True)["ärenden"] == 1
    tasks.purge_messages(timestamp=0)
    assert {name for name, count in left().items() if count} == set()
    assert AuditEvent.objects.filter(code="data:deleted", object="ärenden", result="1").exists()


@pytest.mark.asvs("14.2.7")
def test_drift_11_a_draft_goes_after_a_month(cast: Cast, clock: Any) -> None:
    services.save_draft(place="new", values={"text": "Hej"}, by=cast.bo, at=timezone.now())
    clock.shift(limits.MESSAGE_DRAFTS_KEPT - timedelta(seconds=1))
    retention.purge(at=timezone.now())
    assert Draft.objects.exists()
    clock.shift(timedelta(seconds=1))
    retention.purge(at=timezone.now())
    assert not Draft.objects.exists()
