"""`manage.py invite`: one person or a file; what happened to each; exit status 0, 1 or 2."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Invitation, User
from profiles.models import Membership
from tests.cast import Cast
from tests.mail import sent_mails

pytestmark = pytest.mark.django_db


def run(*args: Any, **options: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("invite", *args, stdout=out, **options)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def test_one_person_is_invited(cast: Cast):
    status, text = run("Eva@Trosa.example", unit="0488", role="uppgiftslämnare", name="Eva Ström")
    assert status == 0
    assert "inbjuden som Uppgiftslämnare i Trosa kommun (0488)" in text
    assert "Inbjudna: 1." in text
    assert Membership.objects.pending().get().user.email == "eva@trosa.example"
    assert Invitation.objects.get().inviter is None
    assert len(sent_mails("eva@trosa.example")) == 1


def test_a_file_with_header_empty_lines_and_every_outcome(cast: Cast, tmp_path: Path):
    path = tmp_path / "inbjudna.csv"
    path.write_text(
        "epost;namn;enhet;roll\neva@trosa.example;Eva Ström;0488;Läsare\n\n"
        "dan.lind@vagnharad.example;Dan Lind;0488;contact\nbo.ask@trosa.example;Bo Ask;0488;Läsare\n"
        "fel;Fel;0488;Läsare\nkim@trosa.example;Kim;9999;Läsare\nkim@trosa.example;Kim;0488;Chef\n",
        encoding="cp1252",
    )
    status, text = run(str(path))
    assert status == 1
    for sentence in (
        "rad 2: eva@trosa.example: inbjuden som Läsare",
        "rad 4: dan.lind@vagnharad.example: har redan ett konto och är nu Kontaktperson",
        "rad 5: bo.ask@trosa.example: Personen har redan en roll i enheten: Uppgiftslämnare.",
        "rad 6: fel: är ingen e-postadress",
        "rad 7: kim@trosa.example: det finns ingen enhet med koden 9999",
        "rad 8: kim@trosa.example: rollen Chef finns inte",
        "Inbjudna: 1. Fick rollen direkt: 1. Fanns redan: 1. Gick inte: 3.",
    ):
        assert sentence in text
    assert User.objects.get(email="eva@trosa.example").name == "Eva Ström"


def test_a_second_run_changes_nothing_and_is_no_error(cast: Cast):
    run("eva@trosa.example", unit="0488", role="reader")
    status, text = run("eva@trosa.example", unit="0488", role="contact")
    assert status == 0
    assert "redan inbjuden" in text
    assert Membership.objects.pending().get().role == Membership.Role.READER


def test_a_dry_run_tells_and_writes_nothing(cast: Cast):
    status, text = run("eva@trosa.example", unit="0488", role="reader", dry_run=True)
    assert status == 0
    assert "Provkörning, inget är ändrat. Inbjudna: 1." in text
    assert not User.objects.filter(email="eva@trosa.example").exists()
    assert not sent_mails()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a;b;c\n", "Rad 1 har 3 f"),
        (b"", "inga personer"),
        (b"epost;namn;enhet;roll\n", "inga personer"),
        (b"%PDF-1.4\0\0", "ingen textfil"),
    ],
)
def test_a_file_that_is_no_list_is_wrong_use(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "lista.csv"
    path.write_bytes(content)
    status, text = run(str(path))
    assert status == 2
    assert sentence in text


def test_wrong_use_is_told_with_status_2(tmp_path: Path):
    assert run("eva@trosa.example")[0] == 2
    assert run("eva@trosa.example", unit="0488")[0] == 2
    assert run(str(tmp_path / "saknas.csv")) == (2, f"Filen {tmp_path / 'saknas.csv'} går inte att läsa.")
    assert run(str(tmp_path / "saknas.csv"), unit="0488")[0] == 2
