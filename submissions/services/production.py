"""The production data set: which units are in it, its frozen versions, and that the same data set is the same version.

In it is what SKR has approved: submissions that are Godkänd or Låst, and those that SKR has opened again, whose approved hand-in
holds meanwhile. The rows are those that the receipt in force vouches for, with the corrections of that moment, and each unit's are
compared with its receipt's checksum as they are written (`services.production_set`).

A data set is told by its identity: the units with their receipts and checksums, the layout, the lists and the schema. What else
a version says (names, left-out units and why, hits of the checks) is kept as it stood when the version was first made, so that it
can be made again byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models import Count

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from config.lib.text import amount
from submissions import production
from submissions.models import CheckSetting, Collection, Delivery, Export, ExportSeries, Receipt, Submission, Waiver
from submissions.services import issuing, storage
from submissions.spec import CollectionSpec

Status = Submission.Status
APPROVED = frozenset({Status.APPROVED, Status.LOCKED})
FIRST_SERIES = "1"
EXEMPT, NO_RECEIPT = "Omfattas inte i år", "Saknar kvittens"
MOST_NAMED = 5  # units in a refusal


@dataclass(frozen=True, slots=True)
class Included:
    """One unit of the data set, by its receipt."""

    unit: str
    name: str
    kind: str
    receipt: str
    issued_at: str
    version: int | None  # of the file; none where nobody was employed
    rows: int
    file_sha256: str
    data_sha256: str
    corrections: int
    explanations: int
    late: str  # why, in Swedish; "" where it came in time
    waivers: int = 0  # dispenser of the year


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One unit that is not in the data set, and why."""

    unit: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The units that differ from another version, by code; of the changed ones the rows before and now."""

    against: int | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[tuple[str, int, int], ...] = ()
    is_other_form: bool = False  # the layout, a list or the schema is another

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.is_other_form)


@dataclass(frozen=True, slots=True)
class Plan:
    """The data set as it is now."""

    collection: Collection
    spec: CollectionSpec
    included: tuple[Included, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(one.rows for one in self.included)

    @property
    def identity(self) -> str:
        """SHA-256 of what makes this data set another than the next."""
        units = [[one.unit, one.receipt, one.data_sha256, one.rows] for one in self.included]
        return hashlib.sha256(canonical({"form": form_of(self.spec), "units": units})).hexdigest()


def canonical(value: object) -> bytes:
    """JSON that is the same whenever the value is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def form_of(spec: CollectionSpec) -> dict[str, Any]:
    """What the columns and codes mean: schema, layout and lists. Its hash tells whether two versions have the same form."""
    fields = [
        [field.number, field.name, field.numeric, field.max_length, field.format, field.meaning] for field in spec.layout.fields
    ]
    return {
        "schema": production.SCHEMA_VERSION,
        "year": spec.year,
        "measured_on": spec.measurement_day.isoformat(),
        "layout": spec.layout.name,
        "fields_sha256": hashlib.sha256(canonical(fields)).hexdigest(),
        "lists": [
            {"kind": kind, "version": one.version, "established": one.established} for kind, one in sorted(spec.lists.items())
        ],
    }


def plan_of(collection: Collection) -> Plan:
    """What would be taken out now, in a handful of queries. Raises `NotAllowed` where the files of an approved unit are gone."""
    submissions = Submission.objects.filter(collection=collection).select_related("unit").order_by("unit__code", "pk")
    large = [f"delivery__{name}" for name in Delivery.SEALED]
    in_force = Receipt.objects.filter(submission__collection=collection, withdrawn_at=None)
    receipts = {
        one.submission_id: one for one in in_force.select_related("delivery").defer("figures_sealed", *large).order_by("pk")
    }
    of_the_year = Waiver.objects.live().filter(collection=collection).values("unit").annotate(n=Count("pk")).order_by("unit")
    waivers = {one["unit"]: one["n"] for one in of_the_year}
    included, left_out, gone = [], [], []
    for submission in submissions:
        receipt = receipts.get(submission.pk)
        why = _why_not(submission, receipt)
        if why or receipt is None:
            left_out.append(LeftOut(submission.unit.code, submission.unit.name, why))
            continue
        included.append(_included(submission, receipt, waivers.get(submission.unit_id, 0)))
        if receipt.delivery is not None and receipt.delivery.purged_at is not None:
            gone.append(submission.unit.name)
    if gone:
        named = ", ".join(gone[:MOST_NAMED]) + (" med flera" if len(gone) > MOST_NAMED else "")
        raise NotAllowed(f"Filerna är gallrade för {amount(len(gone), 'enhet', 'enheter')} ({named}), så uttaget kan inte göras.")
    return Plan(collection, collection.spec(), tuple(included), tuple(left_out))


def _why_not(submission: Submission, receipt: Receipt | None) -> str:
    """Why the unit is not in the data set; "" where it is."""
    is_approved = submission.status in APPROVED or (submission.status in issuing.REOPENED and receipt is not None)
    if not is_approved:
        return EXEMPT if submission.exempt_at else str(submission.get_status_display())
    return "" if receipt is not None else NO_RECEIPT


def _included(submission: Submission, receipt: Receipt, waivers: int) -> Included:
    delivery = receipt.delivery
    return Included(
        unit=submission.unit.code,
        name=submission.unit.name,
        kind=submission.unit.kind,
        receipt=receipt.code,
        issued_at=receipt.issued_at.isoformat(),
        version=delivery.version if delivery else None,
        rows=receipt.rows,
        file_sha256=receipt.sha256,
        data_sha256=receipt.data_sha256,
        corrections=receipt.corrections,
        explanations=receipt.comments,
        late=str(receipt.get_late_reason_display()) if receipt.late_reason else "",
        waivers=waivers,
    )


# Versions ------------------------------------------------------------------------------------------------------------


def version_of(plan: Plan) -> Export | None:
    """The version that this data set already is."""
    return Export.objects.filter(collection=plan.collection, identity=plan.identity).first()


def latest(collection: Collection) -> Export | None:
    """The newest version."""
    return Export.objects.filter(collection=collection).order_by("-version", "-pk").first()


@transaction.atomic
def freeze(*, collection: Collection, by: User | None, at: datetime) -> tuple[Export, bool]:
    """The version of the data set as it is now, and whether it is a new one. Raises `NotAllowed` where nothing is approved."""
    locked = Collection.objects.select_for_update().get(pk=collection.pk)
    plan = plan_of(locked)
    if not plan.included:
        raise NotAllowed("Ingen inlämning är godkänd än, så det finns inget att ta ut.")
    found = version_of(plan)
    if found is not None:
        return found, False
    before = latest(locked)
    made = Export.objects.create(
        collection=locked,
        version=before.version + 1 if before else 1,
        at=at,
        by=by,
        identity=plan.identity,
        contents=_contents(plan, before),
        series=current_series(at=at),
        rows=plan.rows,
        units=len(plan.included),
    )
    result = f"{amount(made.units, 'enhet', 'enheter')}, {amount(made.rows, 'rad', 'rader')}"
    audit.record("operation:production", by=by, object=f"produktionsuttag {made}", result=result, at=at)
    return made, True


def _contents(plan: Plan, before: Export | None) -> dict[str, Any]:
    return {
        "form": form_of(plan.spec),
        "included": [asdict(one) for one in plan.included],
        "left_out": [asdict(one) for one in plan.left_out],
        "checks": None,  # counted when the first files are made (`checks_of`): it opens every unit's findings
        "difference": asdict(difference(plan, before)),
    }


def included_in(export: Export) -> list[Included]:
    """The units of a version, by code."""
    return [Included(**one) for one in export.contents["included"]]


def left_out_of(export: Export) -> list[LeftOut]:
    """The units that are not in a version, and why."""
    return [LeftOut(**one) for one in export.contents["left_out"]]


def difference_of(export: Export) -> Difference:
    """What differed from the version before when this one was made."""
    kept = export.contents["difference"]
    changed = tuple((code, rows_before, rows) for code, rows_before, rows in kept["changed"])
    return Difference(kept["against"], tuple(kept["added"]), tuple(kept["removed"]), changed, kept["is_other_form"])


def difference(plan: Plan, before: Export | None) -> Difference:
    """What differs from a version; nothing where there is none."""
    if before is None:
        return Difference(None)
    then = {one.unit: one for one in included_in(before)}
    now = {one.unit: one for one in plan.included}
    return Difference(
        against=before.version,
        added=tuple(sorted(now.keys() - then.keys())),
        removed=tuple(sorted(then.keys() - now.keys())),
        changed=tuple(
            (code, then[code].rows, now[code].rows)
            for code in sorted(now.keys() & then.keys())
            if (now[code].receipt, now[code].data_sha256) != (then[code].receipt, then[code].data_sha256)
        ),
        is_other_form=before.contents["form"] != form_of(plan.spec),
    )


def current_series(*, at: datetime) -> ExportSeries:
    """The series whose key makes the pseudonyms; the first one is begun by the first version."""
    found = ExportSeries.objects.order_by("-started_at", "-pk").first()
    if found is not None:
        return found
    series = ExportSeries(name=FIRST_SERIES, started_at=at)
    series.key_sealed = sealed.seal(series, "key_sealed", secrets.token_bytes(32))
    series.save(force_insert=True)
    audit.record("operation:key", object=f"pseudonymserie {series.name}", result="added", at=at)
    return series


def key_of(series: ExportSeries) -> bytes:
    """The key of the series' pseudonyms."""
    return sealed.open_column(series, "key_sealed")


# What the checks said ------------------------------------------------------------------------------------------------


@transaction.atomic
def checks_of(export: Export) -> list[dict[str, Any]]:
    """Of each check of the year how many findings the included files had, and in how many units, when first asked. Nobody's values."""
    locked = Export.objects.select_for_update().get(pk=export.pk)
    if locked.contents["checks"] is None:
        locked.contents["checks"] = _hits(locked)
        locked.save(update_fields=["contents"])
    found: list[dict[str, Any]] = locked.contents["checks"]
    return found


def _hits(export: Export) -> list[dict[str, Any]]:
    hits: Counter[str] = Counter()
    units: Counter[str] = Counter()
    of_the_year = Delivery.objects.filter(submission__collection=export.collection_id)
    for one in included_in(export):
        delivery = (
            of_the_year.defer("content_sealed", "frame_sealed", "summary_sealed").filter(receipts__code=one.receipt).first()
        )
        findings = storage.findings_of(delivery) if delivery is not None else pl.DataFrame()
        if findings.is_empty():
            continue
        for code, count in findings.group_by("check").agg(pl.len()).sort("check").iter_rows():
            hits[code] += count
            units[code] += 1
    settings = CheckSetting.objects.filter(collection=export.collection_id, enabled=True).order_by("code", "pk")
    return [
        {
            "code": check.code,
            "level": str(check.get_level_display()),
            "title": check.title or check.message,
            "hits": hits[check.code],
            "units": units[check.code],
        }
        for check in settings
    ]
