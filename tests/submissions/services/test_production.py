"""The production data set: what is in it, that a version is frozen, and that what is wrong with one is said."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent
from config.lib import personnummer, signatures
from submissions import builtin, production, synthetic
from submissions.frames import FIELD_NUMBERS, column
from submissions.models import Collection, Delivery, Export, ExportFile, ExportPart, ExportSeries, Receipt, Submission
from submissions.services import correct, deliver, production_set, storage
from submissions.services import production as versions
from tests.scene import ROWS, Scene

pytestmark = pytest.mark.django_db

FILES = {"avvikelser.csv", "data.parquet", "enheter.csv", "falt.csv", "kontroller.csv", "manifest.json", "underskrift.txt"}
LAYOUT = builtin.collection_spec(2026).layout
DAY = date(2026, 11, 1)


def run(*arguments: object) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("export_collection", *map(str, arguments), stdout=out)
    return out.getvalue()


def take(folder: Path, name: str = "uttag", *options: str) -> Path:
    """A data set of last year's collection, which has two approved units."""
    run(2025, "--output", folder / name, *options)
    return folder / name


def contents_of(folder: Path) -> dict[str, bytes]:
    """Every file by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def table_of(path: Path) -> list[list[str]]:
    """One of the small lists."""
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";", strict=True))


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    storage.forget()
    yield
    storage.forget()


# What is in it -------------------------------------------------------------------------------------------------------


def test_the_set_has_the_approved_rows_of_every_unit_typed_and_without_personnummer(scene: Scene, tmp_path: Path) -> None:
    folder = take(tmp_path)
    files = contents_of(folder)
    assert set(files) == FILES
    data = pl.read_parquet(folder / "data.parquet")
    assert data.group_by("enhet").len().sort("enhet").rows() == [("0480", ROWS), ("0488", ROWS)]
    assert data.schema["f22_overenskommen_fast_kontant_lon"] == pl.Int64
    assert data.schema["f18_anstalld_fr_o_m"] == pl.Date
    assert set(data["kon"].unique()) == {"kvinna", "man"}
    assert data["fodelsear"].is_between(1940, 2012).all()
    numbers = {
        row.split(";")[6] for row in synthetic.delivery("0488", ROWS, 7, previous=True, year=2026).decode("cp1252").splitlines()
    }
    whole = b"".join(content for name, content in files.items() if name != "data.parquet").decode() + str(data.rows())
    assert not [number for number in numbers if number in whole]
    assert data["person"].str.len_chars().unique().to_list() == [production.PSEUDONYM_LENGTH]


def test_csv_and_parquet_say_the_same(scene: Scene, tmp_path: Path) -> None:
    parquet = pl.read_parquet(take(tmp_path, "ett") / "data.parquet")
    text = (take(tmp_path, "två", "--format", "csv") / "data.csv").read_text()
    assert pl.read_csv(io.StringIO(text), separator=";", schema=parquet.schema).equals(parquet)
    assert Export.objects.count() == 1  # the format makes no other version


def test_the_lists_tell_the_fields_the_units_and_the_checks(scene: Scene, tmp_path: Path) -> None:
    folder = take(tmp_path)
    fields = table_of(folder / "falt.csv")
    assert [row[0] for row in fields[1:]] == pl.read_parquet(folder / "data.parquet").columns
    units = {row[0]: row for row in table_of(folder / "enheter.csv")[1:]}
    receipt = scene.trosa.receipt
    assert units["0488"][3:8] == ["ja", "", str(ROWS), "1", receipt.code]
    assert units["0488"][10] == receipt.data_sha256
    assert {row[0] for row in table_of(folder / "kontroller.csv")[1:]} >= {"FMT06", "KOD01"}
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert (manifest["collection"], manifest["version"], manifest["rows"], manifest["pseudonymised"]) == (2025, 1, 2 * ROWS, True)
    assert manifest["units"]["0488"]["sums"]["posts"] == ROWS
    named = {one["name"]: (one["bytes"], one["sha256"]) for one in manifest["files"]}
    assert named == {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents_of(folder).items()
        if name not in {"manifest.json", "underskrift.txt"}
    }


def test_a_unit_that_is_not_approved_is_left_out_and_told_why(scene: Scene, tmp_path: Path) -> None:
    Submission.objects.filter(unit=scene.other.unit, collection__year=2025).update(status="returned")
    Receipt.objects.filter(pk=scene.other.receipt.pk).update(withdrawn_at=timezone.now())
    text = run(2025, "--output", tmp_path / "uttag")
    assert "Ingår inte: 0480 Nyköping, åter till uppgiftslämnare" in text
    assert f"{ROWS} rader från 1 enhet" in text
    units = {row[0]: row for row in table_of(tmp_path / "uttag" / "enheter.csv")[1:]}
    assert units["0480"][3:5] == ["nej", "Åter till uppgiftslämnare"]


def test_a_unit_that_had_nobody_is_in_it_without_rows(scene: Scene, tmp_path: Path) -> None:
    Receipt.objects.filter(pk=scene.other.receipt.pk).update(delivery=None, rows=0, sha256="", data_sha256="")
    folder = take(tmp_path)
    assert pl.read_parquet(folder / "data.parquet")["enhet"].unique().to_list() == ["0488"]
    units = {row[0]: row for row in table_of(folder / "enheter.csv")[1:]}
    assert units["0480"][3:7] == ["ja", "", "0", ""]
    assert production_set.faults_in(folder) == []


def test_a_correction_after_the_receipt_waits_for_the_next_one(scene: Scene, tmp_path: Path) -> None:
    before = pl.read_parquet(take(tmp_path, "före") / "data.parquet")
    Submission.objects.filter(unit=scene.trosa.unit, collection__year=2025).update(status="under_review")
    Collection.objects.filter(year=2025).update(closed_at=None)
    delivery = Delivery.objects.select_related("submission__unit", "submission__collection").get(
        pk=scene.trosa.receipt.delivery_id
    )
    correct.correct(
        delivery=delivery,
        row=1,
        field=22,
        value="99999",
        expected_revision=delivery.revision,
        by=scene.cast.bo,
        at=timezone.now(),
    )
    assert storage.current_frame(deliver.fresh(delivery))["f22"][0] == "99999"
    after = take(tmp_path, "efter")
    assert pl.read_parquet(after / "data.parquet").equals(before)
    assert Export.objects.count() == 1


# Versions ------------------------------------------------------------------------------------------------------------


def test_the_same_data_set_made_again_is_byte_identical_and_the_same_version(scene: Scene, tmp_path: Path, clock: Any) -> None:
    first = contents_of(take(tmp_path, "ett"))
    clock.shift(timedelta(days=3))
    Submission.objects.filter(collection__year=2025).update(status="locked")
    scene.trosa.unit.name = "Nytt namn"
    scene.trosa.unit.save()
    again = run(2025, "--output", tmp_path / "två")
    assert "Version 1 (samma uppgifter som förut)" in again
    assert contents_of(tmp_path / "två") == first


def test_changed_data_is_a_new_version_with_the_difference(scene: Scene, tmp_path: Path) -> None:
    take(tmp_path, "ett")
    Receipt.objects.filter(pk=scene.other.receipt.pk).update(withdrawn_at=timezone.now())
    text = run(2025, "--output", tmp_path / "två")
    assert "Skiljer från version 1:\n- 0480\n" in text
    assert "Version 2 (ny)" in text
    event = AuditEvent.objects.filter(code="operation:production").latest("pk")
    assert (event.object, event.result) == ("produktionsuttag 2025 version 2", f"1 enhet, {ROWS} rader")
    assert json.loads((tmp_path / "två" / "manifest.json").read_bytes())["difference"] == {
        "against": 1,
        "added": [],
        "removed": ["0480"],
        "changed": [],
        "is_other_form": False,
    }
    Receipt.objects.filter(pk=scene.other.receipt.pk).update(withdrawn_at=None)
    assert "Version 1 (samma uppgifter som förut)" in run(2025, "--output", tmp_path / "tre")


def test_a_dry_run_saves_nothing(scene: Scene) -> None:
    text = run(2025, "--dry-run")
    assert f"Version 1 (ny).\n{2 * ROWS} rader från 2 enheter. Inget är sparat (--dry-run)." in text
    assert not Export.objects.exists()
    assert not ExportSeries.objects.exists()


# Refusals ------------------------------------------------------------------------------------------------------------


def refusal_of(*arguments: object) -> tuple[str, int]:
    """The sentence and the status."""
    with pytest.raises(CommandError) as refused, transaction.atomic():
        run(*arguments)
    return str(refused.value), refused.value.returncode


def test_what_cannot_be_taken_out_is_refused_in_a_sentence(scene: Scene, tmp_path: Path) -> None:
    assert refusal_of(2031, "--output", tmp_path / "x") == ("Det finns ingen insamling för 2031.", 2)
    assert refusal_of(2025) == ("--output KATALOG måste anges.", 2)
    assert refusal_of() == ("Ange insamlingens ÅR, eller --verify KATALOG.", 2)
    assert refusal_of(2026, "--output", tmp_path / "x")[0].startswith("Ingen inlämning är godkänd än")
    assert refusal_of(2025, "--output", tmp_path) == (f"Katalogen {tmp_path} finns redan. Välj en som inte finns.", 1)
    assert refusal_of(2025, "--output", tmp_path / "a" / "b")[0].endswith("finns inte. Skapa den först.")
    assert list(tmp_path.iterdir()) == []


def test_rows_that_the_receipt_does_not_vouch_for_stop_it_all(scene: Scene, tmp_path: Path) -> None:
    Receipt.objects.filter(pk=scene.trosa.receipt.pk).update(data_sha256="0" * 64)
    sentence, status = refusal_of(2025, "--output", tmp_path / "uttag")
    assert f"Raderna från Trosa stämmer inte med kvittens {scene.trosa.receipt.code}. Inget är taget ut." in sentence
    assert status == 1
    assert list(tmp_path.iterdir()) == []


def test_purged_files_stop_it(scene: Scene, tmp_path: Path) -> None:
    gone = dict.fromkeys(("name_sealed", "content_sealed", "findings_sealed", "summary_sealed", "carried_sealed"))
    Delivery.objects.filter(pk=scene.trosa.receipt.delivery_id).update(**gone, purged_at=timezone.now())
    assert refusal_of(2025, "--output", tmp_path / "uttag")[0].startswith("Filerna är gallrade för 1 enhet (Trosa)")


def test_a_run_that_breaks_half_way_leaves_nothing(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = production.typed

    def breaks(frame: pl.DataFrame, *arguments: Any, unit: str, **named: Any) -> Any:
        if unit == "0488":
            raise MemoryError
        return whole(frame, *arguments, unit=unit, **named)

    monkeypatch.setattr(production, "typed", breaks)
    with pytest.raises(MemoryError):
        run(2025, "--output", tmp_path / "uttag")
    assert list(tmp_path.iterdir()) == []
    assert not ExportFile.objects.exists()


# With personnummer ---------------------------------------------------------------------------------------------------


def test_personnummer_come_only_when_asked_for_and_each_unit_can_read_it(scene: Scene, tmp_path: Path) -> None:
    text = run(2025, "--output", tmp_path / "uttag", "--include-personnummer")
    assert "med personnummer" in text
    data = pl.read_parquet(tmp_path / "uttag" / "data.parquet")
    assert data["person"].str.contains(r"^\d{10}$").all()
    events = AuditEvent.objects.filter(code="data:exported", object="produktionsuttag 2025 version 1").order_by("pk")
    assert [(event.unit, event.result) for event in events] == [
        ("", f"{2 * ROWS} rader, personnummer visade, parquet"),
        ("0480", f"{ROWS} rader, personnummer visade"),
        ("0488", f"{ROWS} rader, personnummer visade"),
    ]
    assert not ExportPart.objects.exists()


# Verifying -----------------------------------------------------------------------------------------------------------


def change(name: str, how: Any) -> Any:
    """A fault: the file of that name is written anew."""

    def do(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(how(content))

    return do


FAULTS: list[tuple[Any, str]] = [
    (change("enheter.csv", lambda content: content.replace(b"0488", b"0489", 1)), "enheter.csv är ändrad"),
    (change("falt.csv", lambda content: content + b"x"), "falt.csv har"),
    (lambda folder: (folder / "data.parquet").unlink(), "data.parquet saknas."),
    (lambda folder: (folder / "egen.txt").write_text("x"), "egen.txt hör inte till uttaget."),
    (
        change("manifest.json", lambda content: content.replace(b"2025", b"2024", 1)),
        "manifest.json är inte den som är undertecknad.",
    ),
    (change("manifest.json", lambda content: b"[]"), "manifest.json går inte att läsa."),
    (
        change("underskrift.txt", lambda content: content.replace(b"Version: 1", b"Version: 2")),
        "underskrift.txt är inte undertecknad",
    ),
    (lambda folder: (folder / "underskrift.txt").unlink(), "underskrift.txt saknas."),
    (
        change("underskrift.txt", lambda content: signatures.sign(content.decode().partition("Nyckel")[0]).encode()),
        "underskrift.txt är inte undertecknad",  # the key of the receipts signs receipts
    ),
]


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS)
def test_each_fault_is_told(scene: Scene, tmp_path: Path, spoil: Any, sentence: str) -> None:
    folder = take(tmp_path)
    spoil(folder)
    assert any(fault.startswith(sentence) for fault in production_set.faults_in(folder))
    with pytest.raises(CommandError) as refused:
        run("--verify", folder)
    assert refused.value.returncode == 1


def test_a_whole_set_verifies_also_after_a_change_of_key(scene: Scene, tmp_path: Path, settings: Any) -> None:
    folder = take(tmp_path)
    assert run("--verify", folder) == "Uttaget är helt, undertecknat och känt.\n"
    settings.RECEIPT_KEY = b"k" * 32
    assert run("--verify", folder) == "Uttaget är helt, undertecknat och känt.\n"
    ExportFile.objects.update(public_key="00" * 32)
    assert "underskrift.txt är inte undertecknad" in production_set.faults_in(folder)[0]
    shutil.rmtree(folder)
    assert production_set.faults_in(folder) == [f"Katalogen {folder} finns inte."]


# Rows and columns ----------------------------------------------------------------------------------------------------


def frame_of(**values: str | None) -> pl.DataFrame:
    """One row with those fields."""
    fields = {column(number): pl.Series([values.get(column(number))], dtype=pl.String) for number in FIELD_NUMBERS}
    return pl.DataFrame({"row": pl.Series([1], dtype=pl.UInt32), **fields})


def one(**values: str | None) -> dict[str, Any]:
    """The row as the data set has it."""
    made = production.typed(frame_of(**values), LAYOUT, unit="0488", measured_on=DAY, key=b"k" * 32)
    return made.frame.row(0, named=True) | {"unread": made.unread.rows(), "masked": made.masked}


@pytest.mark.parametrize(
    ("given", "column_name", "value"),
    [
        ({"f22": "34500"}, "f22_overenskommen_fast_kontant_lon", 34500),
        ({"f22": "0034500"}, "f22_overenskommen_fast_kontant_lon", 34500),
        ({"f22": "-5"}, "f22_overenskommen_fast_kontant_lon", None),
        ({"f18": "20200229"}, "f18_anstalld_fr_o_m", date(2020, 2, 29)),
        ({"f18": "20210229"}, "unread", [(1, 18)]),
        ({"f18": "00000000"}, "unread", []),
        ({"f22": "abc"}, "unread", [(1, 22)]),
        ({"f14": "0012"}, "f14_befattning", "0012"),
        ({"f6": "811218-9876 extra"}, "f06_underlag_for_verksamhetsindelning", "811218-**** extra"),
        ({"f6": "8112189876"}, "masked", 1),
        ({"f7": None}, "person", None),
        ({"f7": "8112189876"}, "fodelsear", 1981),
        ({"f7": "8112789873"}, "fodelsear", 1981),
        ({"f7": "1311019876"}, "fodelsear", 2013),
        ({"f7": "1311029876"}, "fodelsear", 1913),
        ({"f7": "8113189876"}, "fodelsear", None),
        ({"f7": "fel"}, "kon", None),
        ({"f7": "8112189876"}, "kon", "man"),
        ({"f7": "8112189868"}, "kon", "kvinna"),
    ],
)
def test_a_value_is_typed(given: dict[str, str | None], column_name: str, value: object) -> None:
    assert one(**given)[column_name] == value


def test_a_field_that_the_rows_lack_is_an_empty_column() -> None:
    longer = replace(LAYOUT, fields=(*LAYOUT.fields, replace(LAYOUT[38], number=41, name="Nytt fält")))
    made = production.typed(frame_of(f22="1"), longer, unit="0488", measured_on=DAY, key=None).frame
    assert made["f41_nytt_falt"].to_list() == [None]
    assert made.columns == [one.name for one in production.columns_of(longer)]


def test_the_year_of_birth_is_that_of_the_personnummer() -> None:
    for digits in ("0001019876", "1311019876", "1311029876", "2512319876", "6001619876", "9912319876"):
        day = int(digits[4:6])
        born = personnummer.birth_year(int(digits[:2]), int(digits[2:4]), day - 60 if day > 60 else day, on=DAY)
        assert one(f7=digits)["fodelsear"] == born, digits


def test_a_pseudonym_is_one_persons_and_no_others() -> None:
    numbers = pl.Series([f"{n:010}" for n in range(5000)] + ["0000000001", None])
    made = production.pseudonyms(numbers, "person", b"k" * 32)
    assert made.n_unique() == 5001
    assert made[1] == made[5000]
    assert made[5001] is None
    assert production.pseudonyms(numbers, "person", b"n" * 32)[1] != made[1]
    assert production.pseudonyms(numbers, "employment/0488", b"k" * 32)[1] != made[1]


def test_a_text_that_begins_as_a_formula_is_only_shown() -> None:
    made = production.typed(frame_of(f6="=1+1", f2="-a"), LAYOUT, unit="0488", measured_on=DAY, key=None).frame
    assert b";'-a;" in production.csv_lines(made, with_heading=False)
    assert b";'=1+1;" in production.csv_lines(made, with_heading=False)
    assert made["f06_underlag_for_verksamhetsindelning"][0] == "=1+1"


def test_each_series_has_a_key_of_its_own_that_can_be_changed(scene: Scene) -> None:
    first = versions.current_series(at=timezone.now())
    assert versions.current_series(at=timezone.now()) == first
    assert len(versions.key_of(first)) == 32
    assert AuditEvent.objects.filter(code="operation:key", object="pseudonymserie 1").count() == 1
