"""A version of the production data set as files: the rows, what they mean, the units, a manifest and its signature.

All or nothing: the files are written to a directory beside the wanted one, which gets its name when all is in place. The manifest
tells the size and SHA-256 of every file, and `underskrift.txt` signs the manifest with a key of its own (derived from
RECEIPT_KEY), whose open half the portal keeps with the version. `faults_in` says what is wrong with such a directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import polars as pl

from accounts.access import NotAllowed
from config.lib import csv_file, signatures
from config.lib.version import VERSION
from submissions import production, receipts
from submissions.frames import empty_frame
from submissions.models import Delivery, Export, ExportFile, Receipt
from submissions.production import DataColumn, Typed
from submissions.services import issuing, storage
from submissions.services import production as versions
from submissions.spec import CollectionSpec

Format = ExportFile.Format
MANIFEST, SIGNATURE = "manifest.json", "underskrift.txt"
FIELDS, UNITS, CHECKS, UNREAD = "falt.csv", "enheter.csv", "kontroller.csv", "avvikelser.csv"
PIECES = ".delar"
TITLE = "UNDERSKRIFT AV PRODUKTIONSUTTAG"
PURPOSE = "production-export/1"  # of the key that signs
ROW_GROUP = 100_000
AT_A_TIME = 1 << 20
HASH_LINE = re.compile(r"^Manifestets SHA-256: ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    manifest_sha256: str
    public_key: str  # in hex
    rows: int
    size: int


@dataclass
class _Told:
    """What the manifest says of the rows, gathered as they are written."""

    rows: int = 0
    masked: int = 0
    unread: list[list[Any]] = field(default_factory=list)
    units: dict[str, dict[str, Any]] = field(default_factory=dict)


def write_set(
    export: Export, *, format: str, pseudonymised: bool, to: Path, tell: Callable[[int], object] = lambda units: None
) -> Made:
    """The files of the version in the directory `to`, which must not exist. `tell` hears how many units are written.

    Raises `NotAllowed` where `to` exists, and where a unit's rows are not those that its receipt vouches for.
    """
    if to.exists() or to.is_symlink():
        raise NotAllowed(f"Katalogen {to} finns redan. Välj en som inte finns.")
    if not to.parent.is_dir():
        raise NotAllowed(f"Katalogen {to.parent} finns inte. Skapa den först.")
    beside = to.parent / f".{to.name}.halvt-{secrets.token_hex(4)}"
    beside.mkdir(mode=0o700)
    try:
        made = _write(export, format, pseudonymised, beside, tell)
        _rename(beside, to)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return made


def _rename(beside: Path, to: Path) -> None:
    try:
        to.mkdir(mode=0o700)  # claims the name: of two that write at once one is refused
    except FileExistsError:
        raise NotAllowed(f"Katalogen {to} finns redan. Välj en som inte finns.") from None
    os.replace(beside, to)


def _write(export: Export, format: str, pseudonymised: bool, folder: Path, tell: Callable[[int], object]) -> Made:
    spec = export.collection.spec()
    if versions.form_of(spec) != export.contents["form"]:
        raise NotAllowed("Postbeskrivningen eller kodlistorna har ändrats sedan versionen gjordes. Gör en ny version.")
    columns, told = production.columns_of(spec.layout), _Told()
    with _writer(format, folder, columns) as write:
        for place, one in enumerate(versions.included_in(export), 1):
            typed = _rows_of(one, export, spec, told, pseudonymised=pseudonymised)
            write(one.unit, typed.frame)
            told.rows += typed.frame.height
            told.masked += typed.masked
            told.unread += [[one.unit, *row] for row in typed.unread.iter_rows()]
            tell(place)
    _save(folder / FIELDS, csv_file.write(*_fields(columns)))
    _save(folder / UNITS, csv_file.write(*_units(export)))
    _save(folder / CHECKS, csv_file.write(*_checks(export)))
    _save(folder / UNREAD, csv_file.write(("Enhet", "Rad", "Fält"), told.unread))
    files = [_described(path) for path in sorted(folder.iterdir())]
    manifest = (
        json.dumps(_manifest(export, format, pseudonymised, told, files), ensure_ascii=False, indent=2, sort_keys=True).encode()
        + b"\n"
    )
    _save(folder / MANIFEST, [manifest])
    seed, digest = signatures.seed_for(PURPOSE), hashlib.sha256(manifest).hexdigest()
    _save(folder / SIGNATURE, [signatures.sign(_signed_text(export, digest), seed=seed).encode()])
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Made(digest, signatures.public_key(seed).hex(), told.rows, size)


def _rows_of(one: versions.Included, export: Export, spec: CollectionSpec, told: _Told, *, pseudonymised: bool) -> Typed:
    """The unit's rows as its receipt vouches for them."""
    receipt = (
        Receipt.objects.select_related("submission").filter(code=one.receipt, submission__collection=export.collection).first()
    )
    if receipt is None:
        raise NotAllowed(f"Kvittensen för {one.name} finns inte längre.")
    sums = {line.key: line.value for line in issuing.kept_of(receipt).lines}
    told.units[one.unit] = {"receipt": one.receipt, "rows": one.rows, "data_sha256": one.data_sha256, "sums": sums}
    frame = empty_frame()
    if receipt.delivery_id is not None:
        delivery = Delivery.objects.defer("content_sealed", "findings_sealed").get(pk=receipt.delivery_id)
        if delivery.frame_sealed is None or delivery.purged_at is not None:
            raise NotAllowed(f"Filen från {one.name} är gallrad, så versionen kan inte göras om.")
        delivery.submission, delivery.as_of = receipt.submission, receipt.issued_at
        frame = storage.current_frame(delivery)
        if receipts.data_sha256(frame) != one.data_sha256 or frame.height != one.rows:
            raise NotAllowed(f"Raderna från {one.name} stämmer inte med kvittens {one.receipt}. Inget är taget ut.")
    key = versions.key_of(export.series) if pseudonymised else None
    return production.typed(frame, spec.layout, unit=one.unit, measured_on=spec.measurement_day, key=key)


# Files ---------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _writer(format: str, folder: Path, columns: list[DataColumn]) -> Iterator[Callable[[str, pl.DataFrame], None]]:
    """What takes the rows unit by unit; at the end they are one file. Only one unit is in memory at a time."""
    empty = pl.DataFrame(schema={one.name: one.kind for one in columns})
    if format == Format.CSV:
        with _open(folder / "data.csv") as out:
            out.write(production.csv_lines(empty, with_heading=True))
            yield lambda unit, frame: out.write(production.csv_lines(frame, with_heading=False))
        return
    pieces = folder / PIECES
    pieces.mkdir(mode=0o700)
    paths = [pieces / "0.parquet"]
    empty.write_parquet(paths[0])

    def keep(unit: str, frame: pl.DataFrame) -> None:
        paths.append(pieces / f"{unit}.parquet")
        frame.cast(empty.schema).write_parquet(paths[-1], compression="zstd", compression_level=1)

    yield keep
    whole = folder / "data.parquet"
    pl.scan_parquet(paths).sink_parquet(whole, compression="zstd", compression_level=3, row_group_size=ROW_GROUP)
    whole.chmod(0o600)
    shutil.rmtree(pieces)


def _open(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _save(path: Path, parts: Iterable[bytes]) -> None:
    with _open(path) as out:
        out.writelines(parts)


Listing = tuple[tuple[str, ...], Iterable[list[csv_file.Value]]]


def _fields(columns: list[DataColumn]) -> Listing:
    heading = ("Kolumn", "Fält", "Namn", "Typ", "Längd", "Betydelse")
    return heading, [[one.name, one.field, one.title, one.kind_word, one.length, one.meaning] for one in columns]


def _units(export: Export) -> Listing:
    heading = (
        *("Enhet", "Namn", "Typ", "Ingår", "Varför inte", "Rader", "Version", "Kvittens", "Klarmarkerad", "Filens SHA-256"),
        *("Uppgifternas SHA-256", "Rättelser", "Förklaringar", "Sen inlämning", "Dispenser"),
    )
    included: list[list[csv_file.Value]] = [
        [
            *(one.unit, one.name, one.kind, "ja", "", one.rows, one.version, one.receipt, one.issued_at),
            *(one.file_sha256, one.data_sha256, one.corrections, one.explanations, one.late or "nej", one.waivers),
        ]
        for one in versions.included_in(export)
    ]
    left_out: list[list[csv_file.Value]] = [
        [one.unit, one.name, "", "nej", one.why, *[None] * 10] for one in versions.left_out_of(export)
    ]
    return heading, sorted([*included, *left_out], key=lambda row: str(row[0]))


def _checks(export: Export) -> Listing:
    rows = [[one["code"], one["level"], one["title"], one["hits"], one["units"]] for one in versions.checks_of(export)]
    return ("Kontroll", "Nivå", "Rubrik", "Anmärkningar", "Enheter"), rows


def _described(path: Path) -> dict[str, Any]:
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while some := file.read(AT_A_TIME):
            found.update(some)
    return found.hexdigest()


def _manifest(export: Export, format: str, pseudonymised: bool, told: _Told, files: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": "Produktionsuttag ur Personalstatistik",
        "collection": export.collection.year,
        "version": export.version,
        "made_at": export.at.astimezone(UTC).isoformat(),
        "format": format,
        "pseudonymised": pseudonymised,
        "pseudonym_series": export.series.name if pseudonymised else None,
        "identity_sha256": export.identity,
        **export.contents["form"],
        "rows": told.rows,
        "units_included": export.units,
        "units_left_out": len(export.contents["left_out"]),
        "values_masked": told.masked,
        "values_unread": len(told.unread),
        "difference": export.contents["difference"],
        "units": told.units,
        "software": {"portal": VERSION, "polars": pl.__version__},
        "files": files,
    }


def _signed_text(export: Export, digest: str) -> str:
    return (
        f"{TITLE}\nSveriges Kommuner och Regioner (SKR)\n\n"
        f"Insamling: {export.collection}\nVersion: {export.version}\nUppgifternas SHA-256: {export.identity}\n"
        f"Manifestets SHA-256: {digest}\n"
    )


# Verifying -----------------------------------------------------------------------------------------------------------


def open_keys() -> dict[str, bytes]:
    """Every key that a data set of ours may be signed with, by name: the one in use, and those that are kept with what they signed."""
    kept = ExportFile.objects.exclude(public_key="").order_by("public_key").values_list("public_key", flat=True).distinct()
    keys = [signatures.public_key(signatures.seed_for(PURPOSE)), *(bytes.fromhex(one) for one in kept)]
    return {signatures.name_of(key): key for key in keys}


def faults_in(folder: Path) -> list[str]:
    """What is wrong with a data set in a directory, one sentence a fault; nothing where it is whole and ours."""
    if not folder.is_dir():
        return [f"Katalogen {folder} finns inte."]
    missing = [f"{name} saknas." for name in (MANIFEST, SIGNATURE) if not (folder / name).is_file()]
    if missing:
        return missing
    content, signed = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    faults = []
    if not signatures.is_ours(signed, keys=open_keys()):
        faults.append(f"{SIGNATURE} är inte undertecknad av den här portalen, eller är ändrad.")
    found = HASH_LINE.search(signed.decode(errors="replace"))
    if found is None or found[1] != hashlib.sha256(content).hexdigest():
        faults.append(f"{MANIFEST} är inte den som är undertecknad.")
    try:
        manifest = json.loads(content)
        files = {str(one["name"]): (int(one["bytes"]), str(one["sha256"])) for one in manifest["files"]}
        known = Export.objects.filter(collection__year=manifest["collection"], version=manifest["version"]).first()
        identity = manifest["identity_sha256"]
    except (ValueError, TypeError, KeyError):
        return [*faults, f"{MANIFEST} går inte att läsa."]
    if known is None or known.identity != identity:
        faults.append("Portalen känner inte till versionen.")
    return faults + _file_faults(folder, files)


def manifest_sha256(folder: Path) -> str:
    """The hash that names a data set in a directory."""
    return _sha256(folder / MANIFEST)


def _file_faults(folder: Path, files: dict[str, tuple[int, str]]) -> list[str]:
    faults = []
    for name, (size, digest) in sorted(files.items()):
        path = folder / name
        if Path(name).name != name or not path.is_file():
            faults.append(f"{name} saknas.")
        elif path.stat().st_size != size:
            faults.append(f"{name} har {path.stat().st_size} byte i stället för {size}.")
        elif _sha256(path) != digest:
            faults.append(f"{name} är ändrad: kontrollsumman är en annan.")
    extra = sorted(path.name for path in folder.iterdir() if path.name not in {*files, MANIFEST, SIGNATURE})
    return faults + [f"{name} hör inte till uttaget." for name in extra]
