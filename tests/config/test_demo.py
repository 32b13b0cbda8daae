"""`manage.py demo`: the demo's people, states and logins, made once and safely."""

from __future__ import annotations

import json
import stat
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyotp
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import passwords
from accounts.models import AuditEvent, Invitation, User
from config.demo import story
from deferrals.models import Deferral
from messaging.models import Thread
from profiles import dormancy
from submissions import synthetic
from submissions.models import Comment, Correction, Delivery, Submission
from submissions.services import evaluate

STAFF_ROLES = {"Handläggare", "Samordnare", "Statistiker", "Systemadministratör"}


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    """The tests play bin/run."""
    settings.DEMO = True


@pytest.fixture
def logins(tmp_path: Path) -> Path:
    """Where the logins are written."""
    return tmp_path / "var" / "demo.json"


def run(logins: Path, **options: Any) -> str:
    """The command's output."""
    out = StringIO()
    call_command("demo", logins=str(logins), stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_demo_tells_the_whole_story(logins: Path, client: Client) -> None:
    assert "11 personer, 624 inlämningar" in run(logins)
    _logins_are_as_the_contract_says(logins)
    _every_state_is_there()
    _trosa_waits_for_its_file()
    _a_login_works(logins, client)
    before = (User.objects.count(), Delivery.objects.count(), AuditEvent.objects.filter(code="file:uploaded").count())
    text = logins.read_text()
    assert run(logins, if_empty=True) == ""
    assert (User.objects.count(), Delivery.objects.count(), AuditEvent.objects.filter(code="file:uploaded").count()) == before
    assert logins.read_text() == text
    with pytest.raises(CommandError, match="Databasen har redan innehåll") as refused:
        run(logins)
    assert refused.value.returncode == 1


def _logins_are_as_the_contract_says(logins: Path) -> None:
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    people = json.loads(logins.read_text())
    for person in people:
        assert set(person) == {"email", "password", "totp_secret", "name", "staff", "roles"}
        assert person["email"].endswith(".example")
        if person["password"] is not None:
            assert not passwords.faults(person["password"], passwords.own_words(person["email"], person["name"]))
            assert len(person["totp_secret"]) == 32
    roles = {(role["unit"], role["role"]) for person in people for role in person["roles"]}
    assert {("0488", "Kontaktperson"), ("0488", "Uppgiftslämnare"), ("0488", "Läsare"), ("0400", "Uppgiftslämnare")} <= roles
    assert {role for unit, role in roles if unit is None} == STAFF_ROLES
    assert [p["staff"] for p in people].count(True) == 4
    assert any(len(p["roles"]) == 3 and all(role["role"] == "Kontaktperson" for role in p["roles"]) for p in people)
    invited = [p for p in people if p["password"] is None]
    assert [p["roles"][0]["unit"] for p in invited] == ["0488"]
    assert invited[0]["totp_secret"] is None
    assert Invitation.objects.get(accepted_at=None).user.email == invited[0]["email"]


def _every_state_is_there() -> None:
    this_year = Submission.objects.filter(collection__year=2026)
    states = set(this_year.values_list("status", flat=True))
    assert states == {"not_started", "under_review", "handed_in", "skr_review", "returned", "approved"}
    assert set(Submission.objects.filter(collection__year=2025).values_list("status", flat=True)) == {"not_started", "locked"}
    assert set(Deferral.objects.values_list("status", flat=True)) == {"requested", "granted", "declined"}
    assert Submission.objects.get(exempt_at__isnull=False).unit.code == "8802"
    assert set(Thread.objects.values_list("status", flat=True)) == {"waiting_unit", "waiting_skr", "done"}
    assert set(Delivery.objects.values_list("status", flat=True)) == {"checked", "rejected"}
    assert Comment.objects.exists()
    assert Correction.objects.exists()
    region = Delivery.objects.get(submission__unit__code="0400")
    assert region.fel
    assert region.uncommented
    officer, bo = User.objects.get(staff_role="officer"), User.objects.get(email__startswith="bo.")
    assert Thread.objects.visible_to(officer).unread_by(officer).exists()
    assert Thread.objects.visible_to(bo).unread_by(bo).exists()


def _trosa_waits_for_its_file() -> None:
    """The file of the walk-through fits: last year's people are in it, and it is taken and checked."""
    trosa = Submission.objects.select_related("unit", "collection").get(unit__code="0488", collection__year=2026)
    assert not trosa.deliveries.exists()
    previous = evaluate.previous_frame(trosa)
    assert previous is not None
    file = synthetic.delivery("0488", 2100, 7, 0.02)
    this_year = {line.split(";")[39] for line in file.decode("cp1252").splitlines()}
    assert len(this_year & set(previous["f40"].to_list())) > 1500


def _a_login_works(logins: Path, client: Client) -> None:
    person = next(p for p in json.loads(logins.read_text()) if p["email"].startswith("anna."))
    client.post("/", {"email": person["email"], "password": person["password"]})
    client.post("/konto/logga-in/", {"token": pyotp.TOTP(person["totp_secret"]).now()})
    answer = client.get("/inlamning/", follow=True)
    assert answer.status_code == 200
    assert "Trosa" in answer.content.decode()


@pytest.mark.django_db
def test_demo_cut_short_leaves_nothing_and_may_be_run_again(logins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(_story: story.Story) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(story, "_region", dies)
        with pytest.raises(KeyboardInterrupt):
            run(logins)
    assert not User.objects.exists()
    assert not Delivery.objects.exists()
    assert not logins.exists()
    assert "11 personer" in run(logins, dry_run=True)
    assert not User.objects.exists()
    assert not logins.exists()


@pytest.mark.django_db
def test_demo_is_refused_outside_the_demo(logins: Path, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="bara in med DEMO=1") as refused:
        run(logins)
    assert refused.value.returncode == 1
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["2026-03-02T10:00:00+01:00", "2026-12-20T10:00:00+01:00", "2027-02-01T10:00:00+01:00"])
def test_demo_can_be_laid_on_any_day(logins: Path, clock: Any, day: str) -> None:
    """A machine whose clock stands before the opening, after the last day for uppskov, or in another year."""
    clock.move_to(datetime.fromisoformat(day))
    run(logins)
    assert Submission.objects.filter(collection__year=2026, status="approved").exists()
    assert not dormancy.dormant(at=timezone.now()).exists()  # the night's job leaves the logins alone
    assert not dormancy.to_warn(at=timezone.now()).exists()
