"""The year's calendar, which SKR's samordnare and statistiker set, and its rules for a later date, which the samordnare sets.

Before the year opens every date may be moved. After, only what takes nothing from anybody: the last day to a later one,
and days that have not come. What is granted already stays granted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from submissions import states
from submissions.models import Collection, SettingChange, Submission, SubmissionEvent
from submissions.services import settings
from submissions.services.settings import CHANGED_MEANWHILE, Kind, Refused

MAY_SET = "submissions.set_deferral_rules"
MAY_CHANGE = "submissions.change_calendar"
PASSED = "Dagen har passerat och kan inte ändras."


@dataclass(frozen=True, slots=True)
class Calendar:
    """The five dates of a year."""

    opens_on: date
    delivers_on: date
    measurement_day: date
    due_date: date
    latest_deferral_date: date


LABELS = {
    "opens_on": "Öppnar",
    "delivers_on": "Tar emot skarpa filer från",
    "measurement_day": "Mätdag",
    "due_date": "Sista dag",
    "latest_deferral_date": "Senaste uppskov",
}


def calendar_of(collection: Collection) -> Calendar:
    """The year's dates; where none is said real files are taken from the opening."""
    return Calendar(
        collection.opens_on,
        collection.delivers_on or collection.opens_on,
        collection.measurement_day,
        collection.due_date,
        collection.latest_deferral_date,
    )


def fixed(collection: Collection, *, today: date) -> dict[str, str]:
    """The dates that can no longer be changed, by name with the reason."""
    old, reasons = calendar_of(collection), {}
    for name in LABELS:
        day: date = getattr(old, name)
        has_begun = name in ("opens_on", "measurement_day", "delivers_on") and day <= today
        if has_begun or day < today:
            reasons[name] = PASSED
    if collection.opens_on <= today:
        reasons.setdefault("measurement_day", "Insamlingen är öppen: enheterna tar redan ut sina filer för den dagen.")
    return reasons


def change_calendar(*, collection: Collection, to: Calendar, why: str, seen: int, by: User, at: datetime) -> bool:
    """Move the year's dates; whether anything changed. `seen` is the latest change that the page showed.

    Where the last day moves the open units get an event, and a granted date that now lies before it is no longer needed.
    Raises `Refused` with the date's name, and `NotAllowed`.
    """
    with transaction.atomic():
        if not by.has_perm(MAY_CHANGE):
            raise NotAllowed("Bara SKR:s samordnare och statistiker ändrar kalendern.")
        locked = settings.locked(collection)
        old = calendar_of(locked)
        if old == to:
            return False
        if seen != latest_change(locked):
            raise NotAllowed(CHANGED_MEANWHILE)
        check_calendar(locked, to, today=timezone.localdate(at))
        said = settings.clean_why(why)
        Collection.objects.filter(pk=locked.pk).update(**{one.name: getattr(to, one.name) for one in fields(Calendar)})
        changes = [
            settings.changed(label, getattr(old, name).isoformat(), getattr(to, name).isoformat())
            for name, label in LABELS.items()
            if getattr(old, name) != getattr(to, name)
        ]
        settings.note(Kind.CALENDAR, "", collection=locked, changes=changes, why=said, is_judging=False, by=by, at=at)
        if old.due_date != to.due_date:
            _tell_of_last_day(locked, to.due_date, said, by=by, at=at)
    return True


def latest_change(collection: Collection) -> int:
    """The key of the calendar's latest change, 0 where there is none."""
    return SettingChange.objects.filter(collection=collection, kind=Kind.CALENDAR).aggregate(last=Max("pk"))["last"] or 0


def check_calendar(collection: Collection, to: Calendar, *, today: date) -> None:
    """Raise `Refused` with the name of the first date that cannot be so."""
    old = calendar_of(collection)
    reasons = fixed(collection, today=today)
    for name, label in LABELS.items():
        new = getattr(to, name)
        if new == getattr(old, name):
            continue
        if name in reasons:
            raise Refused(reasons[name], name)
        if new < today:
            raise Refused(f"{label} kan inte läggas på en dag som har passerat. Välj i dag eller en senare dag.", name)
    _check_order(collection, to)
    if collection.opens_on <= today and to.due_date < old.due_date:
        raise Refused("Insamlingen är öppen: sista dagen kan bara flyttas till en senare dag.", "due_date")
    _check_deferrals(collection, to)


def _check_order(collection: Collection, to: Calendar) -> None:
    for name in ("opens_on", "measurement_day"):
        if getattr(to, name).year != collection.year:
            raise Refused(f"Dagen ska ligga i {collection.year}.", name)
    if to.delivers_on < to.opens_on:
        raise Refused("Skarpa filer kan tas emot tidigast den dag insamlingen öppnar.", "delivers_on")
    if to.due_date <= to.opens_on:
        raise Refused("Sista dagen ska ligga efter den dag insamlingen öppnar.", "due_date")
    if to.due_date < to.delivers_on:
        raise Refused("Sista dagen kan inte ligga innan skarpa filer tas emot.", "due_date")
    if to.due_date < to.measurement_day:
        raise Refused("Sista dagen kan inte ligga före mätdagen.", "due_date")
    if to.latest_deferral_date < to.due_date:
        raise Refused("Senaste uppskov kan inte ligga före sista dagen.", "latest_deferral_date")


def _check_deferrals(collection: Collection, to: Calendar) -> None:
    granted = Submission.objects.filter(collection=collection).aggregate(latest=Max("granted_due_date"))["latest"]
    if granted is not None and to.latest_deferral_date < granted:
        raise Refused(
            f"En enhet har redan fått uppskov till {granted.isoformat()}. Välj det datumet eller ett senare.",
            "latest_deferral_date",
        )
    if collection.direct_deferral_days > (to.latest_deferral_date - to.due_date).days:
        raise Refused(
            f"Regeln att bevilja {collection.direct_deferral_days} dagar direkt ryms inte till senaste uppskov. "
            "Välj ett senare datum, eller ändra regeln först.",
            "latest_deferral_date",
        )


def _tell_of_last_day(collection: Collection, due_date: date, why: str, *, by: User, at: datetime) -> None:
    """An event for the units that still work, and granted dates that say less than the year's own are taken off."""
    working = Submission.objects.filter(collection=collection, status__in=states.WORKING, exempt_at=None)
    if collection.opens_on > timezone.localdate(at):
        return
    text = f"SKR har flyttat årets sista dag till {due_date.isoformat()}. {why}"[:400]
    SubmissionEvent.objects.bulk_create(
        SubmissionEvent(submission_id=pk, at=at, by=by, text=text) for pk in working.order_by("pk").values_list("pk", flat=True)
    )
    Submission.objects.filter(collection=collection, granted_due_date__lte=due_date).update(granted_due_date=None)


# A later date --------------------------------------------------------------------------------------------------------


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
    before = (locked.latest_deferral_date, locked.direct_deferral_days)
    if before == (latest, direct_days):
        return False
    Collection.objects.filter(pk=locked.pk).update(latest_deferral_date=latest, direct_deferral_days=direct_days)
    lines = [("Senaste uppskov", before[0].isoformat(), latest.isoformat()), ("Direkt uppskov, dagar", before[1], direct_days)]
    SettingChange.objects.create(
        collection=locked,
        kind=Kind.CALENDAR,
        changes=[settings.changed(label, old, new) for label, old, new in lines if old != new],
        by=by,
        at=at,
    )
    audit.record(
        "operation:configuration",
        by=by,
        object=f"uppskov {locked.year}",
        result=f"senast {latest.isoformat()}, direkt {direct_days} dagar",
        at=at,
    )
    return True
