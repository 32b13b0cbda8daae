"""Who makes and fetches the files of the production data set: the operator in a directory, SKR's statistiker as a zip.

In the admin a job makes the zip and keeps it sealed in pieces for a while, so that a large one is made once and fetched in a
moment. Each fetch needs a purpose, is counted, and leaves an event with each unit, which its people read on their own page.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, exports, reads
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import jobs, sealed
from config.lib.text import amount
from submissions.models import Export, ExportFile, ExportPart
from submissions.services import production, production_set
from submissions.services.export import MADE
from submissions.services.production_set import Made

log = structlog.get_logger("submissions")

Status = ExportFile.Status
MAY_EXPORT, MAY_IDENTIFY = "submissions.export_collection", "submissions.export_identified"
PSEUDONYMS, IDENTIFIED = "pseudonymer", reads.REVEALED
BY_OPERATOR = "av driften"
PIECE = 4_000_000  # bytes of the zip in a row of the database
GIVEN_UP = timedelta(hours=2)  # a making that is older has died


# The operator --------------------------------------------------------------------------------------------------------


def write_for_operator(*, export: Export, format: str, pseudonymised: bool, to: Path, at: datetime) -> tuple[Made, bool]:
    """Write the set in a directory; what was made, and whether it is byte for byte what was made before (if it was)."""
    made = production_set.write_set(export, format=format, pseudonymised=pseudonymised, to=to)
    before = _made_before(export, format, pseudonymised)
    with transaction.atomic():
        ExportFile.objects.create(
            export=export,
            format=format,
            is_pseudonymised=pseudonymised,
            status=Status.READY,
            asked_at=at,
            made_at=at,
            manifest_sha256=made.manifest_sha256,
            public_key=made.public_key,
        )
        _record(export, pseudonymised, note=format, purpose=BY_OPERATOR, by=None, at=at)
    return made, before in ("", made.manifest_sha256)


def _made_before(export: Export, format: str, pseudonymised: bool) -> str:
    """The manifest of the last making of the same, "" where there is none."""
    made = ExportFile.objects.filter(export=export, format=format, is_pseudonymised=pseudonymised, status=Status.READY)
    found = made.order_by("-made_at", "-pk").first()
    return found.manifest_sha256 if found else ""


def _record(export: Export, pseudonymised: bool, *, note: str, purpose: str, by: User | None, at: datetime) -> None:
    """One event for all of it, and one with each unit, which reads it under "Vem har sett våra rader"."""
    how = PSEUDONYMS if pseudonymised else IDENTIFIED
    what = f"produktionsuttag {export}"
    result = f"{amount(export.rows, 'rad', 'rader')}, {how}, {note}"
    audit.record("data:exported", by=by, object=what, result=result, purpose=purpose, at=at)
    for one in production.included_in(export):
        rows = amount(one.rows, "rad", "rader")
        audit.record("data:exported", by=by, unit=one.unit, object=what, result=f"{rows}, {how}", purpose=purpose, at=at)


# SKR in the admin ----------------------------------------------------------------------------------------------------


def ask_for_file(*, export: Export, format: str, pseudonymised: bool, by: User, at: datetime) -> ExportFile:
    """Have the zip made by a job. One that is being made, or is kept, is that one: pressed twice it is made once."""
    _check_may(by, pseudonymised)
    same = {"export": export, "format": format, "is_pseudonymised": pseudonymised}
    kept = ExportFile.objects.filter(**same, status=Status.READY, size__gt=0).order_by("-made_at", "-pk").first()
    if kept is not None:
        return kept
    give_up_dead(at=at)
    try:
        with transaction.atomic():
            made = ExportFile.objects.create(**same, asked_at=at, asked_by=by)
            jobs.enqueue("submissions.tasks.make_export", file=made.pk)
            note = "pseudonymiserat" if pseudonymised else "med personnummer"
            audit.record(
                "operation:production",
                by=by,
                object=f"produktionsuttag {export}",
                result=f"{format}, {note}",
                at=at,
            )
    except IntegrityError:
        return ExportFile.objects.get(**same, status=Status.MAKING)
    return made


def _check_may(by: User, pseudonymised: bool) -> None:
    if not by.has_perm(MAY_EXPORT) or not (pseudonymised or by.has_perm(MAY_IDENTIFY)):
        raise NotAllowed("Du har inte rätt att ta ut uppgifterna så.")


def make_file(*, file: int, clock: Callable[[], datetime] = timezone.now) -> None:
    """The job: write the set, pack it and keep it sealed. Run twice it is made once; what goes wrong is told on the page."""
    row = ExportFile.objects.select_related("export__collection", "export__series").filter(pk=file, status=Status.MAKING).first()
    if row is None:
        return
    try:
        _make(row, clock)
    except NotAllowed as refusal:
        _fail(row, refusal.reason)
    except Exception:
        log.exception("export_failed", file=file)
        _fail(row, "Något gick fel hos oss. Försök igen, och kontakta driften om det händer en gång till.")


def _fail(row: ExportFile, trouble: str) -> None:
    row.parts.all().delete()
    ExportFile.objects.filter(pk=row.pk, status=Status.MAKING).update(status=Status.FAILED, trouble=trouble[:400])


def _make(row: ExportFile, clock: Callable[[], datetime]) -> None:
    def tell(units: int) -> None:
        ExportFile.objects.filter(pk=row.pk).update(units_done=units)

    with tempfile.TemporaryDirectory(prefix="uttag-") as place:  # 0700, and gone again whatever happens
        folder, packed = Path(place) / "uttag", Path(place) / "uttag.zip"
        made = production_set.write_set(row.export, format=row.format, pseudonymised=row.is_pseudonymised, to=folder, tell=tell)
        _pack(folder, packed)
        with transaction.atomic():
            done = ExportFile.objects.filter(pk=row.pk, status=Status.MAKING).update(
                status=Status.READY,
                made_at=clock(),
                manifest_sha256=made.manifest_sha256,
                public_key=made.public_key,
                size=packed.stat().st_size,
            )
            if done:
                _keep(row, packed)


def _pack(folder: Path, packed: Path) -> None:
    """The files as a zip: the same files give the same bytes."""
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, MADE)
            entry.compress_type = zipfile.ZIP_STORED if path.suffix == ".parquet" else zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as out:
                while some := source.read(PIECE):
                    out.write(some)


def _keep(row: ExportFile, packed: Path) -> None:
    with packed.open("rb") as source:
        number = 0
        while some := source.read(PIECE):
            part = ExportPart(file=row, number=number)
            part.content_sealed = sealed.seal(part, "content_sealed", some)
            part.save(force_insert=True)
            number += 1


def fetch(*, file: ExportFile, purpose: str, by: User, at: datetime) -> tuple[str, Iterator[bytes]]:
    """The zip's name and its bytes in pieces. Raises `NotAllowed` where it is not there, and `TooManyExports`."""
    _check_may(by, file.is_pseudonymised)
    if file.status != Status.READY or not file.size:
        raise NotAllowed("Uttaget finns inte kvar. Gör det igen; samma uppgifter ger samma filer.")
    exports.reserve(by=by, unit="", at=at)
    with transaction.atomic():
        _record(file.export, file.is_pseudonymised, note=file.format, purpose=purpose, by=by, at=at)
    kind = "" if file.is_pseudonymised else " med personnummer"
    return f"Produktionsuttag {file.export}{kind} {file.format}.zip", _pieces(file)


def _pieces(file: ExportFile) -> Iterator[bytes]:
    for number in range(file.parts.count()):
        yield sealed.open_column(ExportPart.objects.get(file=file, number=number), "content_sealed")


def give_up_dead(*, at: datetime) -> int:
    """Makings whose worker has died: they are told as failed, and can be begun anew."""
    dead = ExportFile.objects.filter(status=Status.MAKING, asked_at__lte=at - GIVEN_UP)
    return dead.update(status=Status.FAILED, trouble="Det tog för lång tid. Försök igen.")


def over(upto: datetime) -> QuerySet[ExportFile]:
    """Zips that have been kept long enough."""
    return ExportFile.objects.filter(size__gt=0, made_at__lte=upto)


def forget(files: QuerySet[ExportFile]) -> int:
    """Their pieces go; who made them and what they were stays."""
    keys = list(files.order_by("pk").values_list("pk", flat=True))
    ExportPart.objects.filter(file__in=keys).delete()
    return ExportFile.objects.filter(pk__in=keys).update(size=0)
