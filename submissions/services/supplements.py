"""Komplettera: files beside the delivery, and which payroll system it comes from.

A supplement is kept as it came, sealed, and never opened, but for a kodförteckning, which is read as a delivery is. Each
change of what the checks go by makes the current file's answer anew in the same transaction.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, time

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import audit, exports, limits
from accounts.models import User
from config.lib import file_types, personnummer, sealed
from config.lib.text import one_line
from profiles import payroll
from profiles.models import PayrollSystem, Unit
from submissions import reading, states
from submissions.models import Delivery, Submission, Supplement
from submissions.models.supplement import SupplementQuerySet
from submissions.services import deliver, intake, storage
from submissions.services.export import Export
from submissions.services.intake import NAME_LENGTH, FileRefused, TooManyFiles

ENDINGS = (".txt", ".csv", ".xlsx", ".ods", ".pdf", ".png", ".jpg")
READ_ENDINGS = (".txt", ".csv", ".xlsx", ".ods")  # of a kodförteckning
MEGABYTES = limits.SUPPLEMENT_BYTES // 1_000_000
NOTE_LENGTH = 200
Kind = Supplement.Kind


class NoteRefused(FileRefused):
    """What was written about the file cannot be kept; the sentence stands at that box."""


# Add and take away ---------------------------------------------------------------------------------------------------


def add_supplement(
    *, submission: Submission, kind: str, content: bytes, name: str, note: str, by: User, at: datetime
) -> Supplement:
    """Keep a file beside the delivery. A kodförteckning replaces the earlier one, and the current file is checked again.

    The same file once more, while it holds, is the one that is there: a double press gives one. Raises `NotAllowed` or
    `FileRefused` with a sentence; then nothing is kept.
    """
    _check_may_change(submission, kind, by=by, at=at)
    entries = check_content(kind, content, name)
    note = _clean_note(kind, note)
    intake.check_for_malware(submission, content, by=by, at=at)
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        locked = deliver.lock(submission)
        _check_may_change(locked, kind, by=by, at=at)
        same = _in_force(locked, kind).filter(sha256=sha256, note=note).order_by("pk").first()
        if same is not None:
            return same
        check_daily_limit(locked.unit, at=at)
        number = (Supplement.objects.filter(submission=locked).aggregate(last=Max("number"))["last"] or 0) + 1
        if kind == Kind.POSITIONS:
            _in_force(locked, kind).update(replaced_at=at, replaced_by=by)
        made = Supplement(
            submission=locked,
            number=number,
            kind=kind,
            note=note,
            size=len(content),
            sha256=sha256,
            entries=entries,
            uploaded_by=by,
            uploaded_at=at,
        )
        made.name_sealed = sealed.seal_text(made, "name_sealed", one_line(name)[-NAME_LENGTH:])
        made.content_sealed = sealed.seal(made, "content_sealed", storage.pack_content(content))
        made.save(force_insert=True)
        states.note(locked, by=by, at=at, text=f"Komplettering {number} mottagen: {made.get_kind_display().lower()}.")
        audit.record(
            "file:uploaded",
            by=by,
            unit=locked.unit.code,
            object=audit_name(made),
            result=f"sha256 {made.sha256[:16]}",
            at=at,
        )
        if kind == Kind.POSITIONS:
            check_current_again(locked, at=at)
    return made


def remove_supplement(*, supplement: Supplement, by: User, at: datetime) -> None:
    """Take a file away: it no longer holds, and stays listed. Nothing happens where it is replaced already."""
    with transaction.atomic():
        locked = deliver.lock(supplement.submission)
        _check_may_change(locked, supplement.kind, by=by, at=at)
        if not Supplement.objects.in_force().filter(pk=supplement.pk).update(replaced_at=at, replaced_by=by):
            return
        states.note(locked, by=by, at=at, text=f"Komplettering {supplement.number} är borttagen.")
        audit.record("data:changed", by=by, unit=locked.unit.code, object=audit_name(supplement), result="removed", at=at)
        if supplement.kind == Kind.POSITIONS:
            check_current_again(locked, at=at)


def check_content(kind: str, content: bytes, name: str) -> int | None:
    """Refuse a file that is not what its name says; the number of codes of a kodförteckning. Raises `FileRefused`."""
    ending = file_types.ending_of(name)
    endings = READ_ENDINGS if kind == Kind.POSITIONS else ENDINGS
    if not content:
        raise FileRefused("Filen är tom (0 byte).")
    if len(content) > limits.SUPPLEMENT_BYTES:
        raise FileRefused(f"Filen är större än {MEGABYTES} MB, och så stora kompletteringar tar vi inte emot.")
    if ending not in endings:
        taken = (
            "en textfil (.txt, .csv) eller ett kalkylblad (.xlsx, .ods)"
            if kind == Kind.POSITIONS
            else "filer som slutar på " + ", ".join(ENDINGS)
        )
        raise FileRefused(f"Den sortens fil tar vi inte emot här. Vi tar emot {taken}.")
    if not file_types.is_of_type(content, ending):
        seen = file_types.what_is(content)
        raise FileRefused(f"Filen heter {ending} men innehåller något annat: den är {seen}. Spara den igen i rätt format.")
    if kind != Kind.POSITIONS:
        return None
    try:
        return len(reading.read_position_list(content).labels)
    except reading.PositionListError as problem:
        raise FileRefused(str(problem)) from None


def check_daily_limit(unit: Unit, *, at: datetime) -> None:
    """Raise `TooManyFiles` where the unit has given as many supplements as a day takes."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
    if Supplement.objects.filter(submission__unit=unit, uploaded_at__gte=midnight).count() >= limits.SUPPLEMENTS_PER_UNIT_AND_DAY:
        raise TooManyFiles(
            f"Enheten har redan lämnat {limits.SUPPLEMENTS_PER_UNIT_AND_DAY} kompletteringar i dag. Fortsätt i morgon."
        )


def _check_may_change(submission: Submission, kind: str, *, by: User, at: datetime) -> None:
    check = states.check_can_change_conditions if kind == Kind.POSITIONS else states.check_can_supplement
    check(by, submission, today=timezone.localdate(at))


def _clean_note(kind: str, note: str) -> str:
    note = one_line(note)[:NOTE_LENGTH]
    if personnummer.LOOKS_LIKE.search(note):
        raise NoteRefused("Skriv inte personnummer i beskrivningen.")
    if kind == Kind.OTHER and not note:
        raise NoteRefused("Skriv med några ord vad filen är.")
    return note


def _in_force(submission: Submission, kind: str) -> SupplementQuerySet:
    return Supplement.objects.in_force().filter(submission=submission, kind=kind)


def check_current_again(submission: Submission, *, at: datetime) -> None:
    """Make the answer of the current file anew, in the caller's transaction, with what the checks now go by.

    One that today's rules would refuse keeps its answer, as in `deliver.recheck`.
    """
    current = Delivery.objects.light().kept().filter(submission=submission, is_current=True).first()
    if current is not None:
        current.submission = submission
        deliver.recheck(delivery=current, at=at, store=True)


def audit_name(supplement: Supplement) -> str:
    """The audit's word for a supplement."""
    submission = supplement.submission
    return f"{submission.unit.code}/{submission.collection.year} komplettering {supplement.number}"


# Out again -----------------------------------------------------------------------------------------------------------


def name_of(supplement: Supplement) -> str:
    """The file's own name, for showing only."""
    return sealed.open_text(supplement, "name_sealed")


def file_of(*, supplement: Supplement, purpose: str, by: User, at: datetime) -> Export:
    """The bytes as they came, counted and recorded as an export: they may be about individuals. Raises `TooManyExports`."""
    submission = supplement.submission
    exports.reserve(by=by, unit=submission.unit.code, at=at)
    content = storage.content_of(supplement)
    exports.record(
        by=by,
        unit=submission.unit.code,
        object=f"{audit_name(supplement)}, filen",
        rows=supplement.entries or 0,
        note="som den lämnades",
        purpose=purpose,
        at=at,
    )
    title = f"Personalstatistik {submission.unit.name} {submission.collection.year} komplettering {supplement.number}"
    return Export(f"{title}{file_types.ending_of(name_of(supplement))}", content)


# Payroll system ------------------------------------------------------------------------------------------------------


def choose_payroll_system(*, submission: Submission, code: str, other: str, by: User, at: datetime) -> PayrollSystem:
    """Say which payroll system the year's file comes from; the current file is checked again. Raises `NotAllowed`."""
    with transaction.atomic():
        locked = deliver.lock(submission)
        states.check_can_change_conditions(by, locked, today=timezone.localdate(at))
        systems = payroll_systems(locked)
        chosen, changed = payroll.choose_system(
            unit=locked.unit, year=locked.collection.year, code=code, other=other, systems=systems, by=by, at=at
        )
        if changed:
            states.note(locked, by=by, at=at, text=f"Lönesystem: {chosen.other or systems[chosen.code]}.")
            check_current_again(locked, at=at)
    return chosen


def payroll_systems(submission: Submission) -> dict[str, str]:
    """Name by code, of the year's list."""
    listed = submission.collection.code_lists.filter(kind="lonesystem").first()
    return dict(listed.codes.order_by("pk").values_list("code", "label")) if listed else {}
