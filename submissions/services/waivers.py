"""Give and end a dispens, and what holds for a file. The current file is checked again at once.

A dispens holds for files that are handed in until its last day, so that no answer changes by itself. One from last year is
offered when a new one is written, and never carried.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from config.lib.text import one_line
from submissions import checking, states
from submissions.checking.waivers import can_waive
from submissions.models import Delivery, ReviewPoint, Submission, Waiver
from submissions.services import deliver, evaluate, storage
from submissions.services.groups import Group, groups_of
from submissions.services.review import refuse_personnummer, with_text
from submissions.services.supplements import check_current_again

CHECK, FIELD, VALUE = "kontroll", "falt", "varde"
LONGEST = timedelta(days=365)
REASON_LENGTH = 300


class WrongDay(NotAllowed):
    """The last day cannot be used; the sentence says why."""


def scopes_of(group: Group) -> list[str]:
    """How narrow a dispens about the group can be, the narrowest first."""
    return [
        *([VALUE] if group.value is not None and group.field is not None else []),
        *([FIELD] if group.field is not None else []),
        CHECK,
    ]


def give_waiver(
    *,
    submission: Submission,
    delivery: Delivery,
    group_key: str,
    scope: str,
    reason: str,
    valid_until: date,
    by: User,
    at: datetime,
) -> Waiver:
    """Decide that the group's check, field or value needs neither correction nor explanation. Raises `NotAllowed`."""
    reason = _reason(reason)
    _check_day(valid_until, today=timezone.localdate(at))
    try:
        with transaction.atomic():
            locked = deliver.lock(submission)
            states.check_can_waive(by, locked)
            group = next((one for one in groups_of(locked, storage.findings_of(delivery)) if one.key == group_key), None)
            if group is None or scope not in scopes_of(group):
                raise NotAllowed("Anmärkningen finns inte längre i filen.")
            if not can_waive(group.check):
                raise NotAllowed(f"{group.check} avvisar filen och kan inte få dispens.")
            waiver = _waiver(locked, group, scope, reason, valid_until, by, at)
            ReviewPoint.objects.filter(submission=locked, group=group.key, sent_at=None).delete()
            title = checking.messages.title(group.check, locked.collection.spec(), group.field)
            states.note(locked, by=by, at=at, text=with_text(f"SKR har gett dispens: {title}.", reason))
            _record("submission:waiver:given", locked, waiver, by, at)
            check_current_again(locked, at=at)
    except IntegrityError:
        raise NotAllowed("Det finns redan en sådan dispens. Ladda om sidan.") from None
    return waiver


def _waiver(submission: Submission, group: Group, scope: str, reason: str, until: date, by: User, at: datetime) -> Waiver:
    waiver = Waiver(
        unit=submission.unit,
        collection=submission.collection,
        check_code=group.check,
        field=None if scope == CHECK else group.field,
        group=group.key if scope == VALUE else "",
        reason=reason,
        valid_until=until,
        by=by,
        at=at,
    )
    if scope == VALUE and group.value is not None:
        waiver.value_sealed = sealed.seal_text(waiver, "value_sealed", group.value)
    waiver.save(force_insert=True)
    return waiver


@transaction.atomic
def end_waiver(*, waiver: Waiver, by: User, at: datetime) -> None:
    """The decision holds no longer; pressed twice it is ended once. Raises `NotAllowed`."""
    submission = Submission.objects.get(unit=waiver.unit_id, collection=waiver.collection_id)
    locked = deliver.lock(submission)
    states.check_can_review(by)
    if not Waiver.objects.live().filter(pk=waiver.pk).update(ended_at=at, ended_by=by):
        return
    states.note(locked, by=by, at=at, text=f"SKR har avslutat dispensen för {waiver.check_code}.")
    _record("submission:waiver:ended", locked, waiver, by, at)
    if locked.status not in states.FINISHED:
        check_current_again(locked, at=at)


def last_years(submission: Submission) -> list[Waiver]:
    """The decisions of the year before, whether or not they were ended meanwhile."""
    found = Waiver.objects.filter(unit=submission.unit_id, collection__year=submission.collection.year - 1)
    return list(found.order_by("-at", "-pk"))


def of_group(found: list[Waiver], group: Group) -> Waiver | None:
    """The first of those decisions that the group is within."""
    return next((one for one in found if evaluate.spec_of(one).covers(group.check, group.field, group.value)), None)


def _reason(text: str) -> str:
    reason = one_line(text)
    if not reason:
        raise NotAllowed("Skriv skälet till dispensen.")
    if len(reason) > REASON_LENGTH:
        raise NotAllowed(f"Skälet får ha högst {REASON_LENGTH} tecken. Det har {len(reason)}.")
    refuse_personnummer(reason)
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."[:REASON_LENGTH]


def _check_day(until: date, *, today: date) -> None:
    if not today <= until <= today + LONGEST:
        raise WrongDay(f"Välj en dag från {today.isoformat()} till {(today + LONGEST).isoformat()}.")


def _record(code: str, submission: Submission, waiver: Waiver, by: User, at: datetime) -> None:
    name = f"{submission.unit.code}/{submission.collection.year}"
    about = waiver.check_code if waiver.field is None else f"{waiver.check_code} fält {waiver.field}"
    audit.record(code, by=by, unit=submission.unit.code, object=name, result=about, at=at)
