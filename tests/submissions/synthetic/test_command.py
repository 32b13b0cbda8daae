"""`manage.py demo_file` writes the file, or one Swedish line."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from submissions import synthetic


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ("0488", 50, 7)),
        (["--defects", "0,1"], ("0488", 50, 7, 0.1)),
        (["--previous"], ("0488", 50, 7, 0.0, True)),
        (["--year", "2027"], ("0488", 50, 7, 0.0, False, 2027)),
    ],
)
def test_file_goes_to_standard_output(capsysbinary: pytest.CaptureFixture[bytes], options: list[str], expected: tuple):
    call_command("demo_file", "--unit", "0488", "--rows", "50", "--seed", "7", *options)
    assert capsysbinary.readouterr().out == synthetic.delivery(*expected)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--unit", "9999"], "Det finns ingen enhet med koden 9999 i enheter.csv."),
        (["--rows", "0"], "--rows ska vara ett heltal från 1 till 500000, inte 0."),
        (["--rows", "många"], "--rows ska vara ett heltal från 1 till 500000, inte många."),
        (["--seed", "-1"], "--seed ska vara ett heltal från 0 till 9223372036854775807, inte -1."),
        (["--year", "26"], "--year ska vara ett heltal från 2000 till 2099, inte 26."),
        (["--defects", "2"], "--defects ska vara ett tal från 0 till 1, till exempel 0,02, inte 2."),
        (["--defects", "nan"], "--defects ska vara ett tal från 0 till 1, till exempel 0,02, inte nan."),
    ],
)
def test_wrong_use_is_answered_in_one_line(capsysbinary: pytest.CaptureFixture[bytes], options: list[str], sentence: str):
    given = {"--unit": "0488", "--rows": "50", "--seed": "7"} | {options[0]: options[1]}
    with pytest.raises(CommandError) as refused:
        call_command("demo_file", *(f"{name}={value}" for name, value in given.items()))
    assert (refused.value.returncode, str(refused.value)) == (2, sentence)
    assert capsysbinary.readouterr().out == b""


def test_unit_rows_and_seed_must_be_given():
    with pytest.raises(CommandError, match="--seed måste anges. Se manage.py demo_file --help.") as refused:
        call_command("demo_file", "--unit", "0488", "--rows", "5")
    assert refused.value.returncode == 2
