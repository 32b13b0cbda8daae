"""`manage.py doctor`: each likely fault is named with its cure, and a sound installation has none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from accounts.roles import StaffRole
from config import doctor, health
from messaging.models import OutgoingMail
from profiles.models import Membership, Unit
from submissions import synthetic
from submissions.models import CodeList, Collection, Delivery
from submissions.services import deliver
from submissions.services.collections import open_collection
from tests.cast import Cast, give_role, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def smtp() -> Iterator[int]:
    """A port where somebody greets as a mail server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            try:
                while True:
                    caller, _ = server.accept()
                    caller.sendall(b"220 hej\r\n")
                    caller.close()
            except OSError:
                return

        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def sound(cast: Cast, settings: Any, smtp: int) -> Cast:
    """An installation where all is well, but for what a test does to it."""
    settings.SMTP_URL = f"smtp://127.0.0.1:{smtp}"
    settings.PORTAL_BASE_URL, settings.ALLOWED_HOSTS = "https://testserver", ["testserver"]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [timezone.now()])
    open_collection(year=2026, by=None, at=timezone.now())
    CodeList.objects.update(established=True)
    make_user("siv@skr.example", "Siv Samordnare", staff_role=StaffRole.COORDINATOR)
    return cast


def found(looks_at: str) -> list[doctor.Fault]:
    """The faults of one examination."""
    return next(examined.faults for examined in doctor.examine(timezone.now()) if examined.looks_at == looks_at)


def one(looks_at: str) -> str:
    """The only fault of an examination, in words."""
    faults = found(looks_at)
    assert len(faults) == 1, faults
    assert faults[0].cure
    return faults[0].what


@pytest.mark.real_clock
def test_a_sound_installation_has_no_faults(sound: Cast) -> None:
    out = StringIO()
    call_command("doctor", stdout=out)
    text = out.getvalue()
    assert "FEL" not in text
    assert "bra      databas" in text
    assert text.splitlines()[-1].startswith("0 fel, ")


def test_a_fault_ends_the_command_with_one(sound: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    out = StringIO()
    with pytest.raises(CommandError) as end:
        call_command("doctor", stdout=out)
    assert end.value.returncode == 1
    assert "FEL      arbetare: Arbetaren: ingen som arbetar." in out.getvalue()
    assert "→ Starta manage.py procrastinate worker" in out.getvalue()


def test_a_database_that_does_not_answer_is_the_last_thing_told(sound: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", away)
    last = list(doctor.examine(timezone.now()))[-1]
    assert last.looks_at == "databas"
    assert last.faults[0].what == "Databasen svarar inte: connection refused"


def test_a_missing_migration_is_the_last_thing_told(sound: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "missing_migrations", lambda: ["submissions.0099_x"])
    last = list(doctor.examine(timezone.now()))[-1]
    assert last.looks_at == "migreringar"
    assert "submissions.0099_x" in last.faults[0].what


def test_clocks_that_differ_are_told(sound: Cast) -> None:
    assert "skiljer" in one("databas")  # the clock of the tests stands in 2026


@pytest.mark.parametrize(("hosts", "is_right"), [(["testserver"], True), ([".skr.se"], False), (["*"], True), ([], False)])
def test_the_address_in_mails_is_one_of_ours(sound: Cast, settings: Any, hosts: list[str], is_right: bool) -> None:
    settings.ALLOWED_HOSTS = hosts
    assert (found("adress") == []) is is_right


def test_rows_that_do_not_open_are_told(sound: Cast) -> None:
    content = synthetic.delivery("0488", 60, 1)
    submission = sound.trosa.submissions.get()
    deliver.receive_delivery(submission=submission, content=content, name="a.txt", by=sound.bo, at=timezone.now())
    assert found("nycklar") == []
    Delivery.objects.update(content_sealed=b"\x09" + b"0" * 40)
    assert "content_sealed" in one("nycklar")


def test_mail_trouble_is_told(sound: Cast, settings: Any) -> None:
    assert found("e-post") == []
    OutgoingMail.objects.create(
        template="x", payload_sealed=b"", created_at=timezone.now(), attempts=3, last_error="550 okänd mottagare"
    )
    assert "550 okänd mottagare" in one("e-post")
    OutgoingMail.objects.all().delete()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
    assert "svarar inte" in one("e-post")
    settings.SMTP_URL = ""
    assert "inga mejl skickas" in one("e-post")


def test_a_scanner_that_is_away_is_told(sound: Cast, settings: Any) -> None:
    assert found("viruskontroll")[0].is_warning
    settings.CLAMD_URL = "unix:/finns/inte"
    assert "svarar inte" in one("viruskontroll")


def test_events_that_are_not_sealed_are_told(sound: Cast) -> None:
    assert found("händelselogg") == []
    AuditEvent.objects.create(at=timezone.now() - timedelta(hours=2), code="operation:configuration")
    assert "1 händelse" in one("händelselogg")


def test_a_backup_that_is_missing_or_late_is_told(sound: Cast, settings: Any) -> None:
    assert found("säkerhetskopia") == []
    settings.PRODUCTION = True
    assert one("säkerhetskopia") == "Ingen säkerhetskopia är gjord med manage.py backup."
    audit.record("operation:backup", object="a.age", at=timezone.now() - timedelta(hours=27))
    assert one("säkerhetskopia") == "Den senaste säkerhetskopian är från 2026-11-15 06.00."
    audit.record("operation:backup", object="b.age", at=timezone.now() - timedelta(hours=25))
    assert found("säkerhetskopia") == []


def test_a_year_that_is_not_set_up_is_told(sound: Cast) -> None:
    assert found("årets insamling") == []
    CodeList.objects.filter(kind="aid").update(established=False)
    assert "aid" in one("årets insamling")
    CodeList.objects.update(established=True)
    Membership.objects.filter(user=sound.dan).delete()
    assert "1 enhet saknar Kontaktperson." in one("årets insamling")
    give_role(sound.bo, sound.other, Membership.Role.CONTACT)
    Collection.objects.update(closed_at=timezone.now())
    Unit.objects.update(is_active=False)
    assert "inga enheter" in one("årets insamling")


def test_files_that_wait_are_told(sound: Cast) -> None:
    content, at = synthetic.delivery("0488", 60, 1), timezone.now() - timedelta(minutes=11)
    deliver.receive_delivery(submission=sound.trosa.submissions.get(), content=content, name="a.txt", by=sound.bo, at=at)
    assert "1 fil har väntat" in one("filer som väntar")


def test_one_coordinator_is_too_few(sound: Cast) -> None:
    assert found("SKR:s konton") == []
    sound.coordinator.is_active = False
    sound.coordinator.save()
    assert "1 samordnare" in one("SKR:s konton")
