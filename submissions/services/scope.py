"""Whether a unit is part of the year at all: SKR's decision, for one year, which may be taken back.

Who may decide, and what is asked and answered, is `deferrals.exempting`; here is what the decision does to the submission.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from submissions import states
from submissions.models import Submission
from submissions.services import deliver
from submissions.services.review import with_text


@transaction.atomic
def exempt(*, submission: Submission, by: User, at: datetime, text: str = "") -> None:
    """The unit hands nothing in this year. Refuses one that has handed in, or already is exempt."""
    locked = deliver.lock(submission)
    if locked.exempt_at is not None:
        raise NotAllowed("Enheten omfattas redan inte i år. Ladda om sidan.")
    if locked.status not in states.WORKING:
        raise NotAllowed(f"Inlämningen är {locked.get_status_display().lower()}. Bara en enhet som inte är klar kan undantas.")
    Submission.objects.filter(pk=locked.pk).update(exempt_at=at)
    states.note(locked, by=by, at=at, text=with_text("SKR har beslutat att enheten inte omfattas i år.", text))
    _record("submission:exempted", locked, by, at)


@transaction.atomic
def include_again(*, submission: Submission, by: User, at: datetime, text: str = "") -> None:
    """The unit is part of the year again, where it stood before."""
    locked = deliver.lock(submission)
    if locked.exempt_at is None:
        raise NotAllowed("Enheten omfattas redan. Ladda om sidan.")
    Submission.objects.filter(pk=locked.pk).update(exempt_at=None)
    states.note(locked, by=by, at=at, text=with_text("SKR har ändrat sitt beslut: enheten omfattas i år.", text))
    _record("submission:included", locked, by, at)


def _record(code: str, submission: Submission, by: User, at: datetime) -> None:
    name = f"{submission.unit.code}/{submission.collection.year}"
    audit.record(code, by=by, unit=submission.unit.code, object=name, at=at)
