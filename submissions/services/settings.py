"""What every change of a year's settings has in common: who may, the trace it leaves, and which file awaits a new check.

What is accepted stays accepted: only what a unit still works with is judged anew when the settings change.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Q, QuerySet

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from submissions.models import Collection, Delivery, SettingChange, Submission
from submissions.services.review import refuse_personnummer

MAY_CHANGE = "submissions.change_settings"
Kind = SettingChange.Kind
Status = Submission.Status
ACCEPTED = (Status.HANDED_IN, Status.SKR_REVIEW, Status.APPROVED, Status.LOCKED)
WHY_LENGTH = 300
CLOSED = "Insamlingen är stängd, och det som gällde då ändras inte."
CHANGED_MEANWHILE = "Någon har ändrat inställningen sedan du öppnade sidan. Ladda om sidan och gör om din ändring."

Changes = list[dict[str, str]]


class Refused(NotAllowed):
    """A setting that cannot be so; `field` is the form's field that the sentence belongs to, "" for all of it."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


def check_may_change(by: User) -> None:
    """SKR's statistiker."""
    if not by.has_perm(MAY_CHANGE):
        raise NotAllowed("Bara SKR:s statistiker ändrar årets inställningar.")


def locked(collection: Collection) -> Collection:
    """The collection with its row locked, so that changes of a year's settings take turns. Raises `NotAllowed` when closed."""
    found = Collection.objects.select_for_update(of=("self",)).select_related("layout").get(pk=collection.pk)
    if found.closed_at is not None:
        raise NotAllowed(CLOSED)
    return found


def clean_why(why: str) -> str:
    """The reason on one line; raises `Refused` where there is none, or a personnummer in it."""
    text = " ".join(why.split())
    if not text:
        raise Refused("Skriv varför, så att den som undrar nästa år får svar.", "reason")
    if len(text) > WHY_LENGTH:
        raise Refused(f"Skriv högst {WHY_LENGTH} tecken.", "reason")
    try:
        refuse_personnummer(text)
    except NotAllowed as refusal:
        raise Refused(refusal.reason, "reason") from None
    return text


def changed(label: str, old: object, new: object) -> dict[str, str]:
    """One line of a change, as SettingChange keeps it."""
    return {"label": label, "from": str(old), "to": str(new)}


def note(
    kind: Kind,
    key: str,
    *,
    collection: Collection | None,
    changes: Changes,
    why: str,
    is_judging: bool,
    by: User | None,
    at: datetime,
) -> SettingChange:
    """Keep a change and write it in the audit trail, in the caller's transaction."""
    kept = SettingChange.objects.create(
        collection=collection, kind=kind, key=key[:60], changes=changes, why=why, is_judging=is_judging, by=by, at=at
    )
    year = f" {collection.year}" if collection else ""
    said = "; ".join(f"{one['label']}: {one['from']} → {one['to']}" for one in changes)
    audit.record(
        "operation:configuration",
        by=by,
        object=f"{kind.label.lower()} {key}".strip() + year,
        result=said[:120],
        purpose=why[:200],
        at=at,
    )
    return kept


def mark_of(collection: Collection) -> int:
    """A number that grows with each change of what the year's files are judged by."""
    return judged_by(collection).aggregate(last=Max("pk"))["last"] or 0


def judged_by(collection: Collection) -> QuerySet[SettingChange]:
    """The changes of the year's checks, lists and layout: all but those of its dates."""
    return SettingChange.objects.filter(collection=collection, kind__in=[Kind.CHECK, Kind.CODE_LIST, Kind.LAYOUT])


def history(kind: Kind, key: str, collection: Collection | None = None) -> QuerySet[SettingChange]:
    """The changes of one setting, the latest first."""
    found = SettingChange.objects.filter(kind=kind, key=key).select_related("by", "collection")
    found = found if collection is None else found.filter(Q(collection=collection) | Q(collection=None))
    return found.order_by("-at", "-pk")


def last_judging(collection: Collection) -> datetime | None:
    """When the year's files began to be judged in another way; None where they never did."""
    return SettingChange.objects.filter(collection=collection, is_judging=True).aggregate(last=Max("at"))["last"]


def working_files(collection: Collection) -> QuerySet[Delivery]:
    """The current files that units still work with: those that changed settings concern."""
    current = Delivery.objects.light().kept().filter(submission__collection=collection, is_current=True)
    return current.exclude(submission__status__in=ACCEPTED)


def awaiting_recheck(collection: Collection) -> QuerySet[Delivery]:
    """Those of them that were checked before the settings were last changed."""
    since = last_judging(collection)
    if since is None or collection.closed_at is not None:
        return Delivery.objects.none()
    waiting = working_files(collection).filter(checked_at__lt=since)
    return waiting.filter(Q(recheck_tried_at=None) | Q(recheck_tried_at__lt=since))


def accepted_before(submission: Submission, issued_at: datetime | None) -> datetime | None:
    """When the settings were changed after this submission was accepted, which does not concern it; None where they were not."""
    if submission.status not in ACCEPTED or issued_at is None:
        return None
    since = last_judging(submission.collection)
    return since if since is not None and since > issued_at else None
