"""The commands that set a year up: what they print, that a dry run saves nothing, that they can be run again."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from profiles import names
from profiles.models import Unit
from submissions import builtin, synthetic
from submissions.models import CheckSetting, Code, CodeList, Collection, Delivery, Field, Submission
from submissions.services import deliver
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_year_is_opened_from_the_built_in_settings() -> None:
    assert "311 nya, 0 ändrade" in run("import_units")
    text = run("open_collection", "2026")
    assert "inbyggda inställningar 2026" in text
    assert "310 nya inlämningar" in text
    collection = Collection.objects.get()
    assert collection.spec() == builtin.collection_spec(2026)
    assert (Field.objects.count(), CheckSetting.objects.count()) == (40, len(builtin.collection_spec(2026).checks))
    assert not Submission.objects.filter(unit__code="0900").exists()


def test_opening_again_keeps_the_settings_and_adds_what_is_missing(cast: Cast) -> None:
    run("open_collection", "2026")
    CheckSetting.objects.filter(code="RIM01").update(threshold={"low": 17000})
    Unit.objects.create(code="8001", name="Ett kommunalförbund", kind="kommunalforbund")
    text = run("open_collection", "2026")
    assert "finns redan" in text
    assert "1 ny inlämning." in text
    assert CheckSetting.objects.get(code="RIM01").threshold == {"low": 17000}


def test_next_year_takes_over_this_years_settings_with_its_own_calendar(cast: Cast) -> None:
    run("open_collection", "2026")
    CheckSetting.objects.filter(code="RIM01").update(threshold={"low": 17000})
    assert "insamlingen 2026" in run("open_collection", "2027")
    next_year = Collection.objects.get(year=2027)
    assert (next_year.opens_on, next_year.due_date) == (date(2027, 10, 12), date(2027, 12, 1))
    assert next_year.check_settings.get(code="RIM01").threshold == {"low": 17000}
    assert next_year.layout == Collection.objects.get(year=2026).layout


@pytest.mark.parametrize("arguments", [("open_collection", "2026"), ("import_units",)])
def test_a_dry_run_saves_nothing(cast: Cast, arguments: tuple[str, ...]) -> None:
    before = Unit.objects.count()
    assert "Inget är sparat" in run(*arguments, "--dry-run")
    assert (Collection.objects.count(), Unit.objects.count(), Submission.objects.count()) == (0, before, 0)


def test_units_are_added_and_changed_but_never_removed(cast: Cast, tmp_path: Path) -> None:
    run("open_collection", "2026")
    file = tmp_path / "enheter.csv"
    file.write_bytes("kod;namn;typ\n0488;Trosa stad;kommun\n8001;Räddningstjänsten Öst;kommunalförbund;ja\n".encode("cp1252"))
    text = run("import_units", str(file))
    assert "+ 8001" in text
    assert "~ 0488: namn Trosa kommun → Trosa stad" in text
    assert "- 0999 finns inte i filen" in text
    assert "1 ny, 1 ändrad, 1 finns inte i filen, 0 oförändrade" in text
    assert Unit.objects.filter(code="0999").exists()
    assert Submission.objects.filter(unit__code="8001").exists()
    assert "0 nya, 0 ändrade" in run("import_units", str(file))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Filen är tom"),
        ("kod;namn;typ\n", "inga enheter"),
        ("0488;Trosa", "Rad 1 har 2 fält"),
        ("0488;Trosa;stad", "Rad 1: typen stad finns inte"),
        ("0488;Trosa;kommun\n0488;Trosa;kommun", "Rad 2: koden 0488 förekommer två gånger, först på rad 1"),
        ("0488;;kommun", "Rad 1: namnet"),
        ("0488;Trosa;kommun;kanske", "Rad 1: fjärde fältet ska vara ja eller nej"),
        ("namn;kod\nTrosa;0488", "Rad 1: rubriken saknar typ"),
        ("0488;Trosa stad;kommun\n8001;811218-9876;bolag", "Rad 2: raden ser ut att innehålla ett personnummer"),
        ("0488;TÃ¥sa;kommun", "Rad 1: å, ä och ö är förstörda"),
        ("8001;;kommun\n8002;Åsa;stad\n8003;Ö;bolag;kanske", "Rad 2: typen stad.*\n.*Rad 3: fjärde"),
    ],
)
def test_a_unit_file_with_a_fault_changes_nothing(cast: Cast, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "enheter.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=words) as refusal:
        run("import_units", str(file))
    assert refusal.value.returncode == 1
    assert str(refusal.value).endswith("Inget är ändrat.")
    assert Unit.objects.get(code="0488").name == "Trosa kommun"


def test_a_unit_file_may_be_a_workbooks_text_in_any_order_of_columns(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "enheter.csv"
    file.write_text("Typ\tNamn\tKod\nbolag\tÅsa Energi AB\t8001\n", encoding="utf-8")
    assert "1 ny" in run("import_units", str(file))
    assert Unit.objects.get(code="8001").name == "Åsa Energi AB"


def test_an_import_of_units_that_is_cut_short_leaves_nothing(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*args: object, **values: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "enheter.csv"
    file.write_text("0488;Trosa stad;kommun\n8001;Åsa Energi AB;bolag\n", encoding="utf-8")
    monkeypatch.setattr(names, "rename_unit", dies)
    with pytest.raises(KeyboardInterrupt):
        run("import_units", str(file))
    assert not Unit.objects.filter(code="8001").exists()


def test_a_new_code_list_is_taken_into_use_with_its_difference(cast: Cast, tmp_path: Path) -> None:
    run("open_collection", "2026")
    file = tmp_path / "ansvar.csv"
    file.write_text("kod;benämning\nA;Högsta chef\nB;Chef på andra nivån\nÖ;Övrigt ansvar\n", encoding="utf-8")
    arguments = ("import_codes", "ansvar", str(file), "--valid-from", "2026-10-01", "--established")
    assert "Inget är sparat" in run(*arguments, "--dry-run")
    assert CodeList.objects.filter(kind="ansvar").count() == 1
    text = run(*arguments)
    assert "+ Ö" in text
    assert "~ A:" in text
    assert "- C finns inte i den nya" in text
    spec = Collection.objects.get().spec()
    assert list(spec.lists["ansvar"].codes) == ["A", "B", "Ö"]
    assert CodeList.objects.filter(kind="ansvar").count() == 2
    with pytest.raises(CommandError, match="Det finns redan en version"):
        run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (("ansvar", "FIL", "--valid-from", "i går"), "är inget datum", 2),
        (("påhittad", "FIL", "--valid-from", "2026-10-01"), "ingen kodlista som heter påhittad", 1),
        (("ansvar", "/finns/inte", "--valid-from", "2026-10-01"), "går inte att läsa", 2),
    ],
)
def test_import_codes_says_what_is_wrong(cast: Cast, tmp_path: Path, arguments: tuple[str, ...], words: str, status: int) -> None:
    run("open_collection", "2026")
    file = tmp_path / "koder.csv"
    file.write_text("A;Högsta chef", encoding="utf-8")
    before = Code.objects.count()
    with pytest.raises(CommandError, match=words) as refusal:
        run("import_codes", *(str(file) if argument == "FIL" else argument for argument in arguments))
    assert refusal.value.returncode == status
    assert Code.objects.count() == before


def test_recheck_follows_changed_settings_but_leaves_what_is_approved(cast: Cast) -> None:
    run("open_collection", "2026")
    at = timezone.now()
    for code in ("0488", "0999"):
        submission = Submission.objects.select_related("unit", "collection").get(unit__code=code)
        by = cast.bo if code == "0488" else cast.dan
        content = synthetic.delivery("0488", 150, 1).replace(b"0488;", code.encode() + b";")
        received = deliver.receive_delivery(submission=submission, content=content, name="fil", by=by, at=at)
        deliver.check_delivery(delivery=received, at=at)
    Submission.objects.filter(unit__code="0999").update(status="approved")
    CheckSetting.objects.filter(code="RIM02").update(threshold={"high": 20_000})
    text = run("recheck", "2026", "--dry-run")
    assert "0488 Trosa kommun" in text
    assert "0999" not in text
    assert "1 fil kontrollerad, 1 med ändrat antal" in text
    before = list(Delivery.objects.order_by("pk").values_list("varning", flat=True))
    run("recheck", "2026")
    after = list(Delivery.objects.order_by("pk").values_list("varning", flat=True))
    assert after[0] > before[0]
    assert after[1] == before[1]
    with pytest.raises(CommandError, match="ingen insamling för 1999") as refusal:
        run("recheck", "1999")
    assert refusal.value.returncode == 2
