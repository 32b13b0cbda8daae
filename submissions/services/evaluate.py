"""From a delivery's bytes, or its rows with corrections, to the answer: read, check, summarise. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from django.utils import timezone

from accounts import limits
from profiles.models import PayrollSystem, Unit
from submissions import checking, reading, states, summaries
from submissions.checking.waivers import WaiverSpec
from submissions.deadline import Deadline, within
from submissions.frames import Candidate, Reading, Refusal, Sample
from submissions.models import Collection, Delivery, Receipt, Submission, Supplement, Waiver
from submissions.services import carry, storage
from submissions.services.carry import Plan
from submissions.spec import CollectionSpec, LayoutSpec


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found: everything that `_store` writes."""

    accepted: bool
    frame: pl.DataFrame | None  # as delivered; None where it was not read again
    checked: pl.DataFrame  # with corrections, as the checks saw it
    findings: pl.DataFrame
    counts: dict[str, int]
    rows: int
    encoding: str
    refusal: str
    summary: dict[str, Any]
    plan: Plan | None = None  # the corrections that follow from the file before


def time_for_a_check() -> Deadline:
    """The deadline of one file that begins to be read now."""
    return within(limits.CHECK_TIME.total_seconds())


def outcome_of(delivery: Delivery, content: bytes, *, deadline: Deadline, source: Delivery | None = None) -> Outcome:
    """The answer to the delivery's bytes, with its corrections laid on, or those that follow from `source`.

    Raises `TookTooLong` by the deadline.
    """
    collection = delivery.submission.collection.spec()
    parts = storage.contents_of(delivery, content)
    read = reading.read_parts(parts, collection.layout, encodings=delivery.chosen_encodings, deadline=deadline)
    if read.refusal is not None:
        return _refused_outcome(read, reading.by_another_layout(read.refusal, collection.layout, _other_layouts(collection)))
    described = describe(read)
    plan = carry.plan(source, read.frame)
    if plan is not None or delivery.revision:
        overlay = plan.overlay if plan is not None else storage.overlay_of(delivery)
        frame = reading.apply_corrections(read.frame, overlay)
        outcome = evaluate(delivery, frame, described, collection, delivered=read.frame, deadline=deadline)
        return replace(outcome, plan=plan)
    return evaluate(delivery, read.frame, described, collection, delivered=read.frame, read=read, deadline=deadline)


def _other_layouts(collection: CollectionSpec) -> dict[int, LayoutSpec]:
    """The layouts of the other years that the portal knows, by year."""
    others = Collection.objects.exclude(year=collection.year).exclude(layout__name=collection.layout.name)
    return {other.year: other.layout.spec() for other in others.select_related("layout").order_by("year", "pk")}


def describe(read: Reading) -> dict[str, Any]:
    """What was read, as the review page tells it and as a re-check needs it."""
    return {
        "format": read.format,
        "format_label": read.format_label,
        "parts": [
            {"first": part.first, "rows": part.rows, "format": part.format, "encoding": part.encoding} for part in read.parts
        ],
        "doubts": [{"part": part, "ways": [_way(way) for way in ways]} for part, ways in read.doubts.items()],
        "notes": list(read.notes),
        "encoding": read.encoding,
        "encoding_label": read.encoding_label,
        "separator_label": read.separator_label,
        "has_header": read.has_header,
        "rows": read.rows,
        "samples": [_sample(s) for s in read.samples],
        "wrong_rows": {name: read.wrong_rows[name].to_list() for name in ("row", "n")},
    }


def _way(way: Candidate) -> dict[str, Any]:
    return {"encoding": way.encoding, "label": way.label, "samples": [_sample(sample) for sample in way.samples]}


def _sample(sample: Sample) -> dict[str, Any]:
    return {"row": sample.row, "field": sample.field, "value": sample.value}


def _refused_outcome(read: Reading, refusal: Refusal) -> Outcome:
    summary = {
        "reading": describe(read),
        "refusal": {"check": refusal.check, "seen": refusal.seen, "expected": refusal.expected, "row": refusal.row},
    }
    return Outcome(False, None, read.frame, pl.DataFrame(), {}, read.rows, read.encoding, refusal.message, summary)


def evaluate(
    delivery: Delivery,
    frame: pl.DataFrame,
    described: dict[str, Any],
    collection: CollectionSpec,
    *,
    delivered: pl.DataFrame | None,
    deadline: Deadline,
    read: Reading | None = None,
    changed: Iterable[tuple[int, int]] | None = None,
) -> Outcome:
    """Run the checks and the summary on a frame with its corrections laid on. Raises `TookTooLong` by the deadline.

    `changed` are the cells (row, field) that got another value since the delivery's last answer, where the caller knows
    them: then only what they can change is checked anew.
    """
    context = replace(context_of(delivery, collection), firsts=tuple(part["first"] for part in described.get("parts", ())))
    previous = context.previous
    wrong_rows = pl.DataFrame(described["wrong_rows"], schema={"row": pl.UInt32, "n": pl.UInt32})
    basis = checking.basis(context)
    last = _last_answer(delivery, basis) if changed is not None else None
    figures: dict[str, Any] | None = None
    if changed is not None and last is not None:
        cells = pl.DataFrame(list(changed), schema={"row": pl.UInt32, "field": pl.UInt8}, orient="row")
        result = checking.rerun(last.findings, frame, context, cells, wrong_rows=wrong_rows, deadline=deadline)
        if summaries.FIELDS.isdisjoint(cells["field"]):
            figures = last.figures
    else:
        result = checking.run(frame if read is None else read, context, wrong_rows=wrong_rows, deadline=deadline)
    deadline()
    summary: dict[str, Any] = {
        "basis": basis,
        "reading": described,
        "summary": figures or summaries.build(frame, previous).as_dict(),
        "not_run": [{"check": n.check, "reason": n.reason} for n in result.not_run],
        "rows_with_findings": result.rows_with_findings,
        "has_previous": previous is not None,
    }
    refusal = ""
    if not result.accepted:
        refusal, summary["refusal"] = _refusal_of_findings(result.frame, collection, delivery.submission.unit)
    return Outcome(
        accepted=result.accepted,
        frame=delivered,
        checked=frame,
        findings=result.frame,
        counts=result.counts,
        rows=described["rows"],
        encoding=described["encoding"],
        refusal=refusal,
        summary=summary,
    )


def _refusal_of_findings(findings: pl.DataFrame, collection: CollectionSpec, unit: Unit) -> tuple[str, dict[str, Any]]:
    """The sentences of a file that was read but is refused by a check: another unit's file (FIL04)."""
    first = findings.row(0, named=True)
    seen = checking.messages.render(first, collection)
    expected = f"Vi väntade oss en fil för {unit.name}, med koden {unit.code} i fält 1 på varje rad."
    return f"{seen} {expected}"[:600], {"check": first["check"], "seen": seen, "expected": expected, "row": first["row"]}


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """What the delivery's last check found, made on the same basis as one would be made now."""

    findings: pl.DataFrame
    figures: dict[str, Any]  # the review table


def _last_answer(delivery: Delivery, basis: str) -> LastAnswer | None:
    """The last answer, where it was made on the same basis; else None."""
    summary = storage.summary_of(delivery)
    if summary.get("basis") != basis:
        return None
    found = storage.findings_of(delivery)
    return LastAnswer(found, summary["summary"]) if found.width else None


def previous_frame(submission: Submission) -> pl.DataFrame | None:
    """Last year's approved rows of the unit, with corrections; None without."""
    last = last_years(submission)
    return storage.current_frame(last) if last else None


def last_years(submission: Submission) -> Delivery | None:
    """Last year's approved file of the unit, as long as its rows are kept; None without.

    That of the receipt in force, as it was signed: what is corrected after SKR has opened it again does not count yet.
    """
    unapproved = [Submission.Status.HANDED_IN, Submission.Status.SKR_REVIEW]
    last = (
        Delivery.objects.filter(
            receipts__withdrawn_at=None,
            receipts__isnull=False,
            frame_sealed__isnull=False,
            submission__unit=submission.unit_id,
            submission__collection__year=submission.collection.year - 1,
        )
        .exclude(submission__status__in=unapproved)
        .defer("content_sealed", "frame_sealed", "findings_sealed", "summary_sealed")  # the frame is most often at hand
        .select_related("submission")
        .order_by("pk")
        .first()
    )
    if last is not None and last.submission.status in states.WORKING:
        last.as_of = Receipt.objects.filter(delivery=last, withdrawn_at=None).values_list("issued_at", flat=True).get()
    return last


def context_of(delivery: Delivery, collection: CollectionSpec) -> checking.Context:
    """What the checks need to know beside the rows."""
    unit, last_year = delivery.submission.unit, last_years(delivery.submission)
    before = list(
        Delivery.objects.filter(submission=delivery.submission_id, version__lt=delivery.version, is_test=False)
        .exclude(status=Delivery.Status.REJECTED)
        .order_by("version", "pk")
        .values_list("sha256", "uploaded_at", "status")
    )
    checked = [timezone.localdate(at) for _, at, status in before if status == Delivery.Status.CHECKED]
    systems = payroll_systems(unit, collection)
    return checking.Context(
        unit_code=unit.code,
        unit_kind=unit.kind,
        collection=collection,
        previous=storage.current_frame(last_year) if last_year else None,
        previous_name="/".join(map(str, storage.state_of(last_year))) if last_year else "",
        positions=positions_of(delivery.submission),
        unit_names=dict(Unit.objects.order_by("code").values_list("code", "name")),
        earlier={sha256: timezone.localdate(at) for sha256, at, _ in before},
        sha256=delivery.sha256,
        replaces=checked[-1] if checked else None,
        is_test=delivery.is_test,
        in_portal=True,
        waivers=waivers_of(delivery),
        payroll_system=systems.get(collection.year, ""),
        payroll_system_before=systems.get(collection.year - 1, ""),
    )


def waivers_of(delivery: Delivery) -> tuple[WaiverSpec, ...]:
    """What SKR has decided that holds for a file of the day it was handed in."""
    submission, on = delivery.submission, timezone.localdate(delivery.uploaded_at)
    live = Waiver.objects.live().filter(unit=submission.unit_id, collection=submission.collection_id, valid_until__gte=on)
    return tuple(spec_of(waiver) for waiver in live.order_by("at", "pk"))


def spec_of(waiver: Waiver) -> WaiverSpec:
    """One decision as the engine reads it."""
    return WaiverSpec(waiver.check_code, waiver.reason, waiver.valid_until, waiver.field, waiver.value)


def positions_of(submission: Submission) -> dict[str, str] | None:
    """The plain text of the position codes by the kodförteckning in force; None without one that can be read."""
    supplements = Supplement.objects.filter(submission=submission, kind=Supplement.Kind.POSITIONS).in_force()
    supplement = supplements.order_by("-number", "-pk").first()
    if supplement is None:
        return None
    try:
        return storage.position_list_of(supplement).labels
    except reading.PositionListError:
        return None


def payroll_systems(unit: Unit, collection: CollectionSpec) -> dict[int, str]:
    """The unit's payroll system of this year and the last, in words, by year."""
    codes = collection.lists["lonesystem"].codes if "lonesystem" in collection.lists else {}
    years = [collection.year - 1, collection.year]
    systems = PayrollSystem.objects.filter(unit=unit, year__in=years).order_by("year", "pk")
    return {s.year: s.other or (codes[s.code].label if s.code in codes else s.code) for s in systems}
