"""SKR's own notes on a submission: sealed, for SKR's people alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from config.lib.text import clean_lines
from submissions import states
from submissions.models import Submission, SubmissionNote
from submissions.services.review import refuse_personnummer

MAX_LENGTH = 2000


def add_note(*, submission: Submission, text: str, nonce: UUID, by: User, at: datetime) -> SubmissionNote:
    """Keep a note. The same `nonce` again gives the note that it made. Raises `NotAllowed`."""
    states.check_can_review(by)
    text = clean_lines(text)
    if not text:
        raise NotAllowed("Skriv en anteckning.")
    if len(text) > MAX_LENGTH:
        raise NotAllowed(f"Anteckningen får ha högst {MAX_LENGTH} tecken. Den har {len(text)}.")
    refuse_personnummer(text)
    note = SubmissionNote(submission=submission, by=by, at=at, nonce=nonce)
    note.text_sealed = sealed.seal_text(note, "text_sealed", text)
    try:
        with transaction.atomic():
            note.save(force_insert=True)
            name = f"{submission.unit.code}/{submission.collection.year}"
            audit.record("submission:noted", by=by, unit=submission.unit.code, object=name, at=at)
    except IntegrityError:
        before = SubmissionNote.objects.filter(nonce=nonce, submission=submission, by=by).first()
        if before is None or before.text != text:
            raise NotAllowed(
                "Formuläret är redan skickat med en annan text. Ladda om sidan och skriv anteckningen igen."
            ) from None
        return before
    return note


def notes_of(submission: Submission) -> list[SubmissionNote]:
    """The notes, newest first."""
    return list(SubmissionNote.objects.filter(submission=submission).select_related("by").order_by("-at", "-pk"))
