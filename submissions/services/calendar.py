"""The year's rules for a later date, which SKR's samordnare sets: how late it may be, and what is given without a decision."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from submissions.models import Collection, Submission

MAY_SET = "submissions.set_deferral_rules"


@transaction.atomic
def set_deferral_rules(*, collection: Collection, latest: date, direct_days: int, by: User, at: datetime) -> bool:
    """Set both; whether anything changed. What is granted already stays granted, so no limit is set before it."""
    if not by.has_perm(MAY_SET):
        raise NotAllowed("Bara SKR:s samordnare ändrar reglerna för uppskov.")
    locked = Collection.objects.select_for_update().get(pk=collection.pk)
    if locked.closed_at is not None:
        raise NotAllowed("Insamlingen är stängd och reglerna kan inte ändras.")
    if latest < locked.due_date:
        raise NotAllowed(f"Senaste uppskov kan inte ligga före insamlingens sista dag, {locked.due_date.isoformat()}.")
    granted = Submission.objects.filter(collection=locked).aggregate(latest=Max("granted_due_date"))["latest"]
    if granted is not None and latest < granted:
        raise NotAllowed(f"En enhet har redan fått uppskov till {granted.isoformat()}. Välj det datumet eller ett senare.")
    if not 0 <= direct_days <= (latest - locked.due_date).days:
        raise NotAllowed("Så många dagar ryms inte till senaste uppskov.")
    if (locked.latest_deferral_date, locked.direct_deferral_days) == (latest, direct_days):
        return False
    Collection.objects.filter(pk=locked.pk).update(latest_deferral_date=latest, direct_deferral_days=direct_days)
    audit.record(
        "operation:configuration",
        by=by,
        object=f"uppskov {locked.year}",
        result=f"senast {latest.isoformat()}, direkt {direct_days} dagar",
        at=at,
    )
    return True
