"""`manage.py check_file`: the names, forms and exit statuses of the contract."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from submissions import synthetic
from tests.submissions.engine.rows import SORMLAND, as_file, person, row

pytestmark = pytest.mark.django_db
WRONG = person()[:9] + str((int(person()[9]) + 1) % 10)


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    path = tmp_path / "trosa.txt"
    path.write_bytes(as_file([row({10: "A"}, key=1), row({7: WRONG, 6: "Å"}, key=2), row({9: "999999"}, key=3)]))
    return path


def run(*arguments: object) -> tuple[int, str]:
    """Exit status and what was printed."""
    out = io.StringIO()
    try:
        call_command("check_file", *map(str, arguments), stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_json(delivery: Path):
    status, printed = run(delivery, "--unit", "0488", "--format", "json")
    found = json.loads(printed)
    assert status == 1
    assert {name: found[name] for name in ("file", "unit", "year", "layout", "encoding", "rows", "accepted", "counts")} == {
        "file": "trosa.txt",
        "unit": "0488",
        "year": 2026,
        "layout": "PS-2026.1",
        "encoding": "cp1252",
        "rows": 3,
        "accepted": True,
        "counts": {"fel": 1, "varning": 1, "info": 0},
    }
    assert found["findings"][0] == {
        "check": "FMT06",
        "level": "fel",
        "row": 2,
        "field": 7,
        "key": "A00002",
        "value": f"{WRONG[:6]}-****",
        "message": "Personnumret är felaktigt (datum eller kontrollsiffra).",
    }
    assert WRONG not in printed


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_personnummer_are_shown_on_request_only(delivery: Path, form: str):
    assert WRONG not in run(delivery, "--unit", "0488", "--format", form)[1]
    assert WRONG in run(delivery, "--unit", "0488", "--format", form, "--show-personnummer")[1]


PERSON = "8112189876"
SAID_ELSEWHERE = {
    3: PERSON, 4: PERSON, 5: "811218-9876", 6: "Åsa 811218-9876", 9: PERSON, 10: PERSON, 14: f"19{PERSON}", 16: PERSON, 22: PERSON,
    39: PERSON, 40: f"{PERSON}1",
}  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_a_personnummer_in_any_field_is_masked(tmp_path: Path, form: str):
    path = tmp_path / "fil.txt"
    path.write_bytes(as_file([row({number: value}, key=number) for number, value in SAID_ELSEWHERE.items()]))
    printed = run(path, "--unit", "0488", "--format", form)[1]
    assert "811218-****" in printed
    assert "9876" not in printed


def test_text_holds_nothing_that_a_terminal_obeys(tmp_path: Path):
    path = tmp_path / "fil.txt"
    path.write_bytes(as_file([row({6: "\x1b[31m" + "x" * 16})]))
    printed = run(path, "--unit", "0488")[1]
    assert "\x1b" not in printed
    assert "\ufffd[31mxxx" in printed


def test_text_groups_by_check_worst_first(delivery: Path):
    status, printed = run(delivery, "--unit", "0488")
    assert status == 1
    assert "Trosa (0488)" in printed
    assert "Windows-1252" in printed
    assert printed.index("[fel] FMT06") < printed.index("[varning] KOD01")
    assert "rad 2, anställning A00002" in printed
    assert "Gör så här: Kontrollera personnumret" in printed
    assert "1 av 3 poster utan anmärkning." in printed


def test_text_shows_the_first_ten_rows_of_a_group(tmp_path: Path):
    path = tmp_path / "fil.txt"
    path.write_bytes(as_file([row({15: "8"}, key=key) for key in range(1, 14)]))
    printed = run(path, "--unit", "0488")[1]
    assert "(13 rader)" in printed
    assert printed.count("anställning A000") == 10
    assert "… och 3 till" in printed


def test_csv(tmp_path: Path):
    path = tmp_path / "fil.txt"
    path.write_bytes(as_file([row({6: "=1+1" + "x" * 20, 10: "A"})]))
    rows = list(csv.DictReader(io.StringIO(run(path, "--unit", "0488", "--format", "csv")[1]), delimiter=";"))
    assert list(rows[0]) == ["check", "level", "row", "field", "key", "value", "message"]
    assert rows[0]["value"] == "'=1+1" + "x" * 20
    assert rows[0]["row"] == "1"


def test_no_fel_is_exit_status_0(tmp_path: Path):
    path = tmp_path / "fil.txt"
    path.write_bytes(synthetic.delivery("0488", 60, 7))
    status, printed = run(path, "--unit", "0488")
    assert status == 0
    assert "Inga anmärkningar." in printed


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4\n", as_file([row(unit="0480")])])
def test_a_refused_file_is_exit_status_1(tmp_path: Path, data: bytes):
    path = tmp_path / "fil.txt"
    path.write_bytes(data)
    status, printed = run(path, "--unit", "0488", "--format", "json")
    found = json.loads(printed)
    assert status == 1
    assert found["accepted"] is False
    assert len(found["findings"]) == 1
    assert found["findings"][0]["row"] is None
    assert "avvisas" in run(path, "--unit", "0488")[1]


def test_last_year_and_position_list(tmp_path: Path):
    now, before, codes = tmp_path / "nu.txt", tmp_path / "förra.txt", tmp_path / "koder.txt"
    now.write_bytes(as_file([row({14: "X1"}, key=1, unit=SORMLAND)]))
    before.write_bytes(as_file([row(key=key, unit=SORMLAND) for key in range(1, 5)]))
    codes.write_bytes(b"2060;Sjuksk\xf6terska\n")
    found = json.loads(run(now, "--unit", SORMLAND, "--previous", before, "--codes", codes, "--format", "json")[1])
    assert {"KOD09", "AGG01", "AGG10"} <= {finding["check"] for finding in found["findings"]}
    assert set(found) == {"file", "unit", "year", "layout", "encoding", "rows", "accepted", "counts", "findings"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{tmp}/nej.txt", "--unit", "0488"), "den finns inte"),
        (("{tmp}", "--unit", "0488"), "en mapp"),
        (("{file}", "--unit", "9999"), "ingen enhet med koden 9999"),
        (("{file}", "--unit", "0488", "--year", "2019"), "2019"),
        (("{file}", "--unit", "0488", "--previous", "{tmp}/nej.txt"), "den finns inte"),
        (("{file}", "--unit", "0488", "--previous", "{bad}"), "Förra årets fil"),
        (("{file}", "--unit", "0488", "--codes", "{bad}"), "Kodförteckningen"),
    ],
)
def test_what_cannot_be_run_is_exit_status_2(delivery: Path, tmp_path: Path, arguments: tuple[str, ...], words: str):
    bad = tmp_path / "dålig.txt"
    bad.write_bytes(b"PK\x03\x04")
    places = {"tmp": tmp_path, "file": delivery, "bad": bad}
    with pytest.raises(CommandError, match=words) as problem:
        run(*(argument.format(**places) for argument in arguments))
    assert problem.value.returncode == 2


def test_a_database_that_does_not_answer_is_done_without(delivery: Path, monkeypatch: pytest.MonkeyPatch):
    def silent(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("no answer")

    monkeypatch.setattr("submissions.models.Collection.objects.order_by", silent)
    monkeypatch.setattr("profiles.models.Unit.objects.order_by", silent)
    status, printed = run(delivery, "--unit", "0488", "--year", "2026")
    assert status == 1
    assert "Trosa" in printed
