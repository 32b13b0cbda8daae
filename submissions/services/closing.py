"""Close a year: what SKR has approved is locked, and nothing is taken in any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from submissions import states
from submissions.models import Collection, Submission
from submissions.services import quality

Status = Submission.Status


@dataclass(frozen=True, slots=True)
class Closed:
    """What `close_collection` did."""

    collection: Collection
    was_closed: bool  # it was closed before, and keeps its day
    locked: int
    left: list[Submission]  # not approved, in the units' order


@transaction.atomic
def close_collection(*, year: int, by: User | None, at: datetime) -> Closed:
    """Lock every approved submission of the year and take nothing more in. Raises `Collection.DoesNotExist`.

    What is locked gets its quality card. May be run again: what SKR has approved since is locked then. Uploads and hand-ins that have begun are waited for;
    those that come after find the year closed.
    """
    collection = Collection.objects.select_for_update().get(year=year)
    submissions = list(
        Submission.objects.select_for_update(of=("self",))
        .filter(collection=collection)
        .exclude(status=Status.LOCKED)
        .select_related("unit")
        .order_by("unit__sort_key", "unit__pk")
    )
    was_closed = collection.closed_at is not None
    if not was_closed:
        collection.closed_at = at
        collection.save(update_fields=["closed_at"])
    approved = [submission for submission in submissions if submission.status == Status.APPROVED]
    for submission in approved:
        submission.collection = collection
        states.move(submission, Status.LOCKED, by=by, at=at, text="Insamlingen är avslutad och uppgifterna är låsta.")
    quality.make_cards(collection=collection, at=at)
    left = [submission for submission in submissions if submission.status != Status.LOCKED]
    if approved or not was_closed:
        result = f"stängd: {len(approved)} låsta, {len(left)} inte godkända"
        audit.record("operation:configuration", by=by, object=f"insamling {year}", result=result, at=at)
    return Closed(collection, was_closed, len(approved), left)
