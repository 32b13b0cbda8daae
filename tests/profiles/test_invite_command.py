"""`manage.py invite`: one person or a file; what happened to each; exit status 0, 1 or 2."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEvent, Invitation, User
from config.lib.mail import PortalMail
from messaging import outbox
from messaging.models import OutgoingMail
from profiles import services
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


FAULTY = (
    "epost;namn;enhet;roll\neva@trosa.example;Eva Ström;0488;Läsare\n\n"
    "dan.lind@vagnharad.example;Dan Lind;0488;contact\nbo.ask@trosa.example;Bo Ask;0488;Läsare\n"
    "fel;Fel;0488;Läsare\nkim@trosa.example;Kim;9999;Läsare\nkim@trosa.example;Kim;0488;Chef\n"
    "eva@trosa.example;Eva;0488;Läsare\nkim@trosa.example;811218-9876;0488;Läsare\n"
)
WRONG = (
    "rad 6: fel;Fel;0488;Läsare: skriv en e-postadress",
    "rad 7: kim@trosa.example: det finns ingen enhet som heter 9999",
    "rad 8: kim@trosa.example: rollen Chef finns inte",
    "rad 9: eva@trosa.example: personen står redan på rad 2 för samma enhet",
    "rad 10: (utelämnad): raden ser ut att innehålla ett personnummer",
)


def test_a_file_with_faults_invites_nobody_and_names_every_line(cast: Cast, tmp_path: Path):
    path = tmp_path / "inbjudna.csv"
    path.write_text(FAULTY, encoding="cp1252")
    status, text = run(str(path))
    assert status == 1
    for sentence in (*WRONG, "Ingen är inbjuden: 5 rader av 8 är fel. Rätta dem, eller kör med --skip-faulty"):
        assert sentence in text
    assert "811218" not in text
    assert not User.objects.filter(email="eva@trosa.example").exists()
    assert not sent_mails()


def test_the_others_are_invited_where_that_is_asked_for(cast: Cast, tmp_path: Path):
    path = tmp_path / "inbjudna.csv"
    path.write_text(FAULTY, encoding="cp1252")
    status, text = run(str(path), skip_faulty=True)
    assert status == 1
    for sentence in (
        *WRONG,
        "rad 2: eva@trosa.example: inbjuden som Läsare",
        "rad 4: dan.lind@vagnharad.example: har redan ett konto och är nu Kontaktperson",
        "rad 5: bo.ask@trosa.example: har redan en roll i enheten: Uppgiftslämnare",
        "Inbjudna: 1. Fick rollen direkt: 1. Fanns redan: 1. Gick inte: 5.",
    ):
        assert sentence in text
    assert User.objects.get(email="eva@trosa.example").name == "Eva Ström"


def test_twelve_broken_among_ten_thousand_are_named_and_nobody_is_invited(cast: Cast, tmp_path: Path):
    lines = [f"p{n}{'' if n % 800 else ' '}@trosa.example;Person {n};0488;Läsare" for n in range(1, 10_001)]
    path = tmp_path / "alla.csv"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    status, text = run(str(path))
    assert status == 1
    assert [line.split(":")[0] for line in text.splitlines() if line.startswith("rad ")] == [
        f"rad {n * 800}" for n in range(1, 13)
    ]
    assert "Ingen är inbjuden: 12 rader av 10000 är fel." in text
    assert not Membership.objects.pending().exists()


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
        (b"a;b;c\n", "Rad 1: raden har 3 f"),
        ("namn;å\n".encode().decode("cp1252").encode(), "Rad 1: å, ä och ö är förstörda"),
        ("epost;namn;enhet;roll\n".encode("utf-16"), "ingen textfil"),
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


# Many at once


def a_file_of(count: int, path: Path) -> Path:
    lines = [f"person{number}@trosa.example;Person {number};0488;Läsare" for number in range(count)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def waiting_jobs() -> list[ProcrastinateJob]:
    return list(
        ProcrastinateJob.objects.filter(task_name="messaging.tasks.send_mail", status="todo").order_by("scheduled_at", "id")
    )


def test_inb_08_five_hundred_are_invited_once_each_and_their_mails_go_at_the_set_rate(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The run is cut short after 200 and taken up again with the same file. Anna is told once in each run, in the same row."""
    path, invite, done = a_file_of(500, tmp_path / "lista.csv"), services.invite_member, []

    def cut_short(**values: Any) -> Membership:
        if len(done) == 200:
            raise KeyboardInterrupt
        done.append(values["email"])
        return invite(**values)

    monkeypatch.setattr(services, "invite_member", cut_short)
    with pytest.raises(KeyboardInterrupt):
        run(str(path))
    monkeypatch.setattr(services, "invite_member", invite)
    status, text = run(str(path))
    assert status == 0
    assert "Inbjudna: 300. Fick rollen direkt: 0. Fanns redan: 200. Gick inte: 0." in text

    events = AuditEvent.objects.filter(code="invitation:created").values_list("subject_id", flat=True)
    assert len(events) == len(set(events)) == 500
    mails = OutgoingMail.objects.filter(template="accounts/invitation").values_list("recipient", flat=True)
    assert len(mails) == len(set(mails)) == 500

    times = [job.scheduled_at for job in waiting_jobs() if job.scheduled_at]
    assert len(times) == OutgoingMail.objects.count() == 502
    assert [late - early for early, late in pairwise(times)] == [timedelta(seconds=1)] * 501
    assert [letter.subject for letter in sent_mails(cast.anna.email)] == ["Nya personer i Personalstatistik"] * 2
    assert {job.priority for job in waiting_jobs()} == {outbox.BULK_PRIORITY}


def test_inb_08_other_mail_passes_by_the_row(cast: Cast, tmp_path: Path):
    run(str(a_file_of(3, tmp_path / "lista.csv")))
    PortalMail("messaging/new_message", to=cast.bo.email).send()
    mail = OutgoingMail.objects.get(recipient=cast.bo.email)
    job = ProcrastinateJob.objects.get(task_name="messaging.tasks.send_mail", args__mail_id=mail.pk)
    assert (job.priority, job.scheduled_at) == (0, None)


def test_a_single_invitation_does_not_wait(cast: Cast):
    run("eva@trosa.example", unit="0488", role="reader")
    assert {(job.priority, job.scheduled_at) for job in waiting_jobs()} == {(0, None)}


def test_a_row_that_has_gone_begins_anew(cast: Cast, tmp_path: Path, clock: Any):
    run(str(a_file_of(3, tmp_path / "lista.csv")))
    clock.shift(timedelta(hours=1))
    run("ny@trosa.example", unit="0488", role="reader")
    (tmp_path / "mer.csv").write_text("sen@trosa.example;Sen;0488;Läsare", encoding="utf-8")
    run(str(tmp_path / "mer.csv"))
    late = OutgoingMail.objects.get(recipient="sen@trosa.example")
    assert ProcrastinateJob.objects.get(args__mail_id=late.pk).scheduled_at == timezone.now()
