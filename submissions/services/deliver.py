"""A file's way in: kept as it came, then checked. Either step may be cut short and nothing is lost.

`receive_delivery` commits the bytes before anything looks inside them. `check_delivery` may run any number of times; a
delivery whose check was cut short is taken up again by the next page view and by a periodic job (`take_up_unchecked`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from accounts import audit, limits
from accounts.models import User
from config.lib import sealed
from config.lib.text import amount, one_line
from submissions import states
from submissions.deadline import TookTooLong
from submissions.models import Collection, Delivery, Submission
from submissions.services import asking, carry, check_counts, intake, points, storage
from submissions.services.evaluate import Outcome, outcome_of, time_for_a_check
from submissions.services.groups import count_uncommented, make_salt

log = structlog.get_logger("submissions")

LEASE = limits.CHECK_TIME + timedelta(seconds=30)  # a started check is left alone so long before another process takes it up
SECONDS = int(limits.CHECK_TIME.total_seconds())
TRIES = 3  # of a check whose file before is corrected meanwhile
Status = Delivery.Status
Trouble = Delivery.Trouble


class Overtaken(Exception):
    """The file that counts was changed each time while the one that takes its place was checked."""


# Receive -------------------------------------------------------------------------------------------------------------


def receive_delivery(
    *,
    submission: Submission,
    content: bytes,
    name: str,
    by: User,
    at: datetime,
    is_test: bool = False,
    source: str = "",
    part_sizes: Sequence[int] = (),
    chosen_encodings: Sequence[str] = (),
    once: bool = False,
) -> Delivery:
    """Keep the bytes as the unit's next version, committed. Raises `NotAllowed` with a sentence.

    Of two uploads at once both are kept, each with its own version; but the same files from the same person, while the first of
    them waits for its check, are one that was sent twice. A test file is kept and checked alike, but never counts
    and moves nothing. `source` says in the history where the bytes come from, when it is not an upload.
    `part_sizes` are the bytes of each file where there are several (`intake.joined`), `name` then has one name a line.
    `chosen_encodings` is what was answered for each of the same files before. With `once`, where the file that counts or waits for its
    check has the same bytes already, that one is given: the button was pressed twice.
    """
    check_may_come = states.check_can_test if is_test else states.check_can_upload
    check_may_come(by, submission, today=timezone.localdate(at))
    intake.check_daily_limit(submission.unit, size=len(content), at=at)
    intake.check_for_malware(submission, content, by=by, at=at)
    packed = storage.pack_content(content)
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        locked = lock(submission)
        check_may_come(by, locked, today=timezone.localdate(at))
        answers = list(chosen_encodings)
        counting = _in_force(locked) if once else _just_sent(locked, by, is_test=is_test, part_sizes=list(part_sizes))
        found = counting.filter(sha256=sha256, chosen_encodings=answers).order_by("-version", "pk").first()
        if found is not None:
            found.submission = locked
            return found
        intake.check_daily_limit(submission.unit, size=len(content), at=at)  # again: others may have come in meanwhile
        make_salt(locked)
        version = (Delivery.objects.filter(submission=locked).aggregate(last=Max("version"))["last"] or 0) + 1
        delivery = Delivery(
            submission=locked,
            version=version,
            is_test=is_test,
            uploaded_at=at,
            uploaded_by=by,
            size=len(content),
            sha256=sha256,
        )
        delivery.part_sizes = list(part_sizes)
        delivery.chosen_encodings = answers
        names = name.split("\n") if part_sizes else [name]
        shown = "\n".join(one_line(part)[-intake.NAME_LENGTH :] for part in names)
        delivery.name_sealed = sealed.seal_text(delivery, "name_sealed", shown)
        delivery.content_sealed = sealed.seal(delivery, "content_sealed", packed)
        delivery.save(force_insert=True)
        files = f" ({len(part_sizes)} filer)" if part_sizes else ""
        text = f"{'Testfil' if is_test else 'Fil'} mottagen, version {version}{files}{source}."
        if locked.status == Submission.Status.NOT_STARTED and not is_test:
            states.move(locked, Submission.Status.RECEIVED, by=by, at=at, text=text)
        else:
            states.note(locked, by=by, at=at, text=text)
        audit.record(
            "file:uploaded",
            by=by,
            unit=locked.unit.code,
            object=audit_name(delivery),
            result=f"sha256 {sha256[:16]}{', testfil' if is_test else ''}",
            at=at,
        )
    return delivery


def _in_force(submission: Submission) -> QuerySet[Delivery]:
    """The real file that counts, and those that wait for their check."""
    real = Delivery.objects.light().filter(submission=submission, is_test=False)
    return real.filter(Q(is_current=True) | Q(status=Status.RECEIVED))


def _just_sent(submission: Submission, by: User, *, is_test: bool, part_sizes: list[int]) -> QuerySet[Delivery]:
    """Of this kind, from this person, and not checked yet."""
    waiting = Delivery.objects.light().filter(submission=submission, status=Status.RECEIVED, uploaded_by=by)
    return waiting.filter(is_test=is_test, part_sizes=part_sizes)


def audit_name(delivery: Delivery) -> str:
    """The audit's word for a delivery."""
    return f"{delivery.submission.unit.code}/{delivery.submission.collection.year} version {delivery.version}"


def lock(submission: Submission) -> Submission:
    """The submission with its row locked: uploads and checks of one unit take turns.

    The collection is not fetched with it: it is read once the lock is there, so that one that was closed meanwhile is closed.
    """
    return Submission.objects.select_for_update(of=("self",)).select_related("unit").get(pk=submission.pk)


# Check ---------------------------------------------------------------------------------------------------------------


def check_delivery(
    *, delivery: Delivery, at: datetime, content: bytes | None = None, clock: Callable[[], datetime] = timezone.now
) -> Delivery:
    """Read the bytes, run every check and store the answer in one transaction. Gives the delivery as it now stands.

    A received delivery that another process is checking is left alone. One that three checks could not end is refused.
    Also for a checked delivery: its corrections are laid on and the answer is made anew. `content` is what was just
    received, where the caller still holds it; else the stored bytes are opened. `clock` says when the answer is there.
    Raises `TookTooLong` where the time of one check is over; nothing is stored then.
    """
    if delivery.status == Status.RECEIVED and not _claim(delivery, at):
        return fresh(delivery)
    started = fresh(delivery, with_content=content is None)
    if started.status == Status.REJECTED:
        return started
    kept = content if content is not None else storage.content_of(started)
    for _ in range(TRIES):
        source = carry.source_of(started)
        outcome = outcome_of(started, kept, deadline=time_for_a_check(), source=source)
        if _store(started, outcome, at=clock(), source=source):
            return started
    raise Overtaken


def _free(at: datetime) -> Q:
    """Which no check holds. One that began in the time to come was begun before the clock was put right, and has ended."""
    began = Q(check_started_at__lt=at - LEASE) | Q(check_started_at__gt=at + LEASE)
    return Q(check_started_at=None) | began


def _claim(delivery: Delivery, at: datetime) -> bool:
    """Take the lease on an unchecked delivery; False where another has it or the tries are used up.

    The try is counted and committed before the check begins, so that one that kills its process counts too.
    """
    waiting = Delivery.objects.filter(_free(at), pk=delivery.pk, status=Status.RECEIVED)
    if waiting.filter(check_attempts__lt=limits.CHECK_ATTEMPTS).update(
        check_started_at=at, check_attempts=F("check_attempts") + 1
    ):
        return True
    if waiting.exists():
        _give_up(delivery, at)
    return False


def _give_up(delivery: Delivery, at: datetime) -> None:
    """Refuse a delivery that cannot be checked, and tell SKR by the audit's alarm."""
    took_too_long = Delivery.objects.filter(pk=delivery.pk, check_trouble=Trouble.TOO_LONG).exists()
    why = f"tog längre tid än {SECONDS} sekunder" if took_too_long else "gick inte att slutföra"
    refusal = f"Kontrollen av filen {why}, trots {limits.CHECK_ATTEMPTS} försök. Filen är sparad och SKR har fått veta det."
    summary = {"refusal": {"seen": refusal, "expected": "Skriv till SKR under Meddelanden, eller prova att ta ut filen igen."}}
    with transaction.atomic():
        submission = lock(delivery.submission)
        changed = Delivery.objects.filter(pk=delivery.pk, status=Status.RECEIVED).update(
            status=Status.REJECTED, refusal=refusal, summary_sealed=storage.seal_summary(delivery, summary)
        )
        if changed:
            audit.record(
                "operation:alarm",
                unit=submission.unit.code,
                object=audit_name(delivery),
                result="kontrollen slutförs inte",
                at=at,
            )
            _refused(submission, delivery, at)


def try_check(*, delivery: Delivery, at: datetime, content: bytes | None = None) -> Delivery:
    """`check_delivery`, where a check that breaks or takes too long is left for the next try: the bytes are safe (FIL-11).

    The last try that fails refuses the file.
    """
    try:
        return check_delivery(delivery=delivery, at=at, content=content)
    except Exception as error:
        log.error("check failed", delivery=delivery.pk, error=type(error).__name__)
        trouble = Trouble.TOO_LONG if isinstance(error, TookTooLong) else Trouble.BROKEN
    waiting = Delivery.objects.filter(pk=delivery.pk, status=Status.RECEIVED)
    if waiting.update(check_trouble=trouble) and waiting.filter(check_attempts__gte=limits.CHECK_ATTEMPTS).exists():
        _give_up(delivery, timezone.now())
    return fresh(delivery)


def fresh(delivery: Delivery, *, with_content: bool = False) -> Delivery:
    """The delivery from the database with its unit and year; the bytes only when asked for."""
    deliveries = Delivery.objects.select_related("submission__unit", "submission__collection", "uploaded_by")
    deliveries = deliveries.defer("frame_sealed") if with_content else deliveries.defer("content_sealed", "frame_sealed")
    return deliveries.get(pk=delivery.pk)


def _store(
    delivery: Delivery, outcome: Outcome, *, at: datetime, source: Delivery | None = None, only_working: bool = False
) -> bool:
    """Write the answer in one transaction, unless a correction came in meanwhile (then it has its own answer).

    With `only_working` neither where the unit has handed in meanwhile: what is accepted stays as it was judged.

    False, and nothing is written, where another file or revision counts now than the one the corrections follow from.
    """
    sealed = _sealed(delivery, outcome)
    with transaction.atomic():
        submission = lock(delivery.submission)
        delivery.submission = submission
        if only_working and submission.status not in states.WORKING:
            return True
        was_received = delivery.status == Status.RECEIVED
        if was_received and not carry.is_same(source, carry.source_of(delivery)):
            return False
        values = {**sealed, **fields_of(delivery, outcome, at)}
        unchanged = Delivery.objects.filter(pk=delivery.pk, revision=delivery.revision).exclude(status=Status.REJECTED)
        if not unchanged.update(**values):
            delivery.refresh_from_db(fields=["status", "revision", "is_current"])
            return True
        for name, value in values.items():
            setattr(delivery, name, value)
        if was_received:
            _conclude(submission, delivery, outcome, at)
        if outcome.accepted:
            check_counts.keep(delivery, outcome.findings, is_first=was_received)
            asking.note_corrections(submission, delivery, findings=outcome.findings, rows=lambda: outcome.checked, at=at)
            points.note_findings(submission, delivery, findings=outcome.findings, at=at)
    storage.keep_findings(delivery, outcome.findings)
    if outcome.frame is not None:
        storage.keep_base_frame(delivery, outcome.frame)
    return True


def _conclude(submission: Submission, delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    """What the first answer of a file means for the submission: a test file means nothing."""
    if not outcome.accepted:
        _refused(submission, delivery, at)
        return
    if outcome.plan is not None:
        carry.write(outcome.plan, delivery)
    if delivery.is_test:
        rows = amount(delivery.rows or 0, "rad", "rader")
        states.note(submission, by=None, at=at, text=f"Testfilen är kontrollerad, version {delivery.version}: {rows}.")
    else:
        _make_current(submission, delivery, at, told=carry.in_words(outcome.plan))


def _sealed(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    """The large columns. A refused file keeps its bytes and its refusal, not its rows."""
    columns: dict[str, Any] = {"summary_sealed": storage.seal_summary(delivery, outcome.summary)}
    if outcome.accepted:
        columns["findings_sealed"] = storage.seal_frame(delivery, "findings_sealed", outcome.findings)
        if outcome.plan is not None:
            columns |= carry.columns_of(outcome.plan, delivery)
        if outcome.frame is not None:
            columns["frame_sealed"] = storage.seal_frame(delivery, "frame_sealed", outcome.frame)
    return columns


def fields_of(delivery: Delivery, outcome: Outcome, at: datetime) -> dict[str, Any]:
    """The clear columns that an answer sets."""
    described = outcome.summary["reading"]
    return {
        "format": described.get("format", ""),
        "is_encoding_unsure": bool(described.get("doubts")),
        "status": Status.CHECKED if outcome.accepted else Status.REJECTED,
        "rows": outcome.rows,
        "encoding": outcome.encoding,
        "checked_at": at,
        "refusal": outcome.refusal,
        "fel": outcome.counts.get("fel", 0),
        "varning": outcome.counts.get("varning", 0),
        "info": outcome.counts.get("info", 0),
        "uncommented": _uncommented(delivery.submission, outcome) if outcome.accepted else 0,
    }


def _uncommented(submission: Submission, outcome: Outcome) -> int:
    return count_uncommented(submission, outcome.findings, lambda: outcome.checked)


def _make_current(submission: Submission, delivery: Delivery, at: datetime, *, told: str) -> None:
    """The newest accepted file is the current one; an older one that was checked late stays replaced.

    Once the unit has handed in, a file that was waiting for its check no longer takes the place of the one handed in.
    """
    deliveries = Delivery.objects.filter(submission=submission)
    text = f"Filen är kontrollerad, version {delivery.version}: {amount(delivery.rows or 0, 'rad', 'rader')}.{told}"
    has_newer = deliveries.filter(is_current=True, version__gt=delivery.version).exists()
    if not has_newer and submission.status in states.WORKING:
        deliveries.filter(is_current=True).update(is_current=False)
        deliveries.filter(pk=delivery.pk).update(is_current=True)
        delivery.is_current = True
    if submission.status in {Submission.Status.RECEIVED, Submission.Status.RETURNED}:
        states.move(submission, Submission.Status.UNDER_REVIEW, by=None, at=at, text=text)
    else:
        states.note(submission, by=None, at=at, text=text)


def _refused(submission: Submission, delivery: Delivery, at: datetime) -> None:
    """The refused file leaves the current one as it was; a first file that is refused leaves the unit where it began."""
    text = f"{'Testfilen' if delivery.is_test else 'Filen'} avvisades, version {delivery.version}."
    audit.record("file:rejected", unit=submission.unit.code, object=audit_name(delivery), at=at)
    others = Delivery.objects.filter(submission=submission, is_test=False, status__in=[Status.RECEIVED, Status.CHECKED])
    is_first = submission.status == Submission.Status.RECEIVED and not others.exclude(pk=delivery.pk).exists()
    if is_first and not delivery.is_test:
        states.move(submission, Submission.Status.NOT_STARTED, by=None, at=at, text=text)
    else:
        states.note(submission, by=None, at=at, text=text)


# Taken up again ------------------------------------------------------------------------------------------------------


def take_up_unchecked(*, at: datetime, submission: Submission | None = None) -> int:
    """Check what was received and not checked, oldest first; how many were taken up."""
    waiting = Delivery.objects.light().filter(status=Status.RECEIVED)
    waiting = waiting.filter(_free(at))
    if submission is not None:
        waiting = waiting.filter(submission=submission)
    waiting = waiting.select_related("submission__unit", "submission__collection").order_by("uploaded_at", "pk")
    taken = 0
    for delivery in waiting:
        try_check(delivery=delivery, at=at)
        taken += 1
    return taken


# Checked again -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rechecked:
    """Counts (fel, varning, info) before and after, or why it could not be done."""

    before: tuple[int, int, int]
    after: tuple[int, int, int]
    problem: str = ""


def to_recheck(collection: Collection) -> list[Delivery]:
    """The year's current deliveries that units still work with: what is handed in or approved stays as it was judged."""
    deliveries = Delivery.objects.light().kept().filter(submission__collection=collection, is_current=True)
    deliveries = deliveries.filter(submission__status__in=states.WORKING).select_related(
        "submission__unit", "submission__collection"
    )
    return list(deliveries.order_by("submission__unit__code", "pk"))


def recheck(*, delivery: Delivery, at: datetime, store: bool) -> Rechecked:
    """Check a current delivery with the year's settings of today. A file that would now be refused keeps its answer."""
    before = (delivery.fel, delivery.varning, delivery.info)
    started = fresh(delivery, with_content=True)
    try:
        outcome = outcome_of(started, storage.content_of(started), deadline=time_for_a_check())
    except TookTooLong:
        return Rechecked(before, before, f"kontrollen tog längre tid än {SECONDS} sekunder")
    if not outcome.accepted:
        return Rechecked(before, before, f"filen skulle avvisas: {outcome.refusal}")
    if store:
        _store(started, outcome, at=at, only_working=True)
    return Rechecked(before, (outcome.counts["fel"], outcome.counts["varning"], outcome.counts["info"]))
