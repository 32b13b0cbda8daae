"""rotate_keys: everything sealed gets the new key, the old one can go, and the portal may run meanwhile."""

from __future__ import annotations

import re
import threading
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings as settings_of_django
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import totp
from accounts.models import (
    AddressChange,
    AuditEvent,
    DeviceSwap,
    Draft,
    RecoveryBatch,
    SignUpJourney,
    TotpDevice,
    User,
)
from config import database_roles, key_rotation
from config.lib import crypto, sealed
from config.lib.sealed import Seal
from messaging.models import Message, OutgoingMail
from messaging.services import read_text
from profiles.models import Unit
from submissions.models import Comment, Correction, Delivery, Submission
from submissions.services import storage
from submissions.services.groups import count_uncommented, groups_of
from tests import people
from tests.client import GuardedClient
from tests.scene import make_scene

pytestmark = pytest.mark.django_db

OURS = {"accounts", "profiles", "messaging", "submissions", "deferrals"}
KEYS = {1: b"f" * 32, 2: b"g" * 32, 3: b"i" * 32}


def use(settings: Settings, *keys: int) -> None:
    """The keys there are; the last is the active one."""
    settings.FIELD_KEYS = {key: KEYS[key] for key in keys}
    settings.FIELD_KEY_ACTIVE = keys[-1]


def rotate(*arguments: str) -> tuple[list[str], str]:
    """The lines that the command prints, and its refusal."""
    out = StringIO()
    try:
        call_command("rotate_keys", *arguments, stdout=out)
    except CommandError as refusal:
        return out.getvalue().splitlines(), f"{refusal.returncode} {refusal}"
    return out.getvalue().splitlines(), ""


def corrupt(device: TotpDevice) -> bytes:
    """Change the last byte of a sealed secret."""
    kept = bytes(device.secret_sealed or b"")
    broken = kept[:-1] + bytes([kept[-1] ^ 1])
    TotpDevice.objects.filter(pk=device.pk).update(secret_sealed=broken)
    return broken


# The declarations ----------------------------------------------------------------------------------------------------


def test_every_binary_column_says_how_it_is_sealed_or_that_it_is_not() -> None:
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            binary = {field.name for field in model._meta.concrete_fields if isinstance(field, models.BinaryField)}
            declared, open_ones = set(getattr(model, "SEALED", {})), set(getattr(model, "NOT_SEALED", ()))
            assert binary == declared | open_ones, model
            assert not declared & open_ones, model


def test_the_owner_of_every_seal_is_made_of_columns_and_each_purpose_is_one_model_s() -> None:
    purposes: dict[str, set[type]] = {}
    for model in key_rotation.sealed_models():
        for seal in model.SEALED.values():
            model._base_manager.values_list(*seal.owner).order_by("pk").first()
            purposes.setdefault(seal.purpose, set()).add(model)
    assert {purpose: found for purpose, found in purposes.items() if len(found) > 1} == {}
    assert {model._meta.app_label for model in key_rotation.sealed_models()} <= OURS


def test_a_value_is_bound_to_its_row_and_column() -> None:
    device, other = TotpDevice(user_id=7), TotpDevice(user_id=8)
    device.secret_sealed = sealed.seal(device, "secret_sealed", b"hemligt")
    assert sealed.open_column(device, "secret_sealed") == b"hemligt"
    assert crypto.open_sealed(device.secret_sealed, purpose="totp", owner=7) == b"hemligt"
    other.secret_sealed = device.secret_sealed
    for row in (other, TotpDevice(user_id=7)):
        with pytest.raises(crypto.SealBroken):
            sealed.open_column(row, "secret_sealed")
    assert Seal("x", "delivery__version", "row").owner_of(Correction(delivery=Delivery(version=3), row=4)) == "3/4"


def test_nobody_seals_or_opens_past_the_declarations() -> None:
    """But the new device's secret, whose purpose the model takes from there, and the change of key itself."""
    past = re.compile(r"crypto\.(?:seal|open_sealed)\(")
    found = {
        str(file.relative_to(settings_of_django.BASE_DIR))
        for app in (*OURS, "config")
        for file in (settings_of_django.BASE_DIR / app).rglob("*.py")
        if past.search(file.read_text(encoding="utf-8"))
    }
    assert found == {"accounts/totp.py", "config/key_rotation.py", "config/lib/sealed.py"}
    assert TotpDevice.SEALED["secret_sealed"].purpose == totp.PURPOSE


# Rotating ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("11.2.2", "11.3.3")
def test_totp_13_after_the_change_all_sign_in_and_the_old_key_can_go(settings: Settings) -> None:
    use(settings, 1)
    persons = [people.made_person(f"person{number}@ystad.example") for number in range(3)]
    use(settings, 1, 2)
    persons.append(people.made_person("sist@ystad.example"))  # sealed with the new key already
    said, refusal = rotate()
    assert refusal == ""
    assert "accounts.TotpDevice: 4 rader, 3 krypterade om, 0 gick inte." in said
    assert said[-1] == "Nyckel 1 används inte längre och kan tas bort."
    assert AuditEvent.objects.filter(code="operation:key", object="nyckel 2", result="rotated").count() == 1
    use(settings, 2)
    for person in persons:
        client = GuardedClient()
        assert people.sign_in(client, person).status_code == 302
        assert client.get("/profil/").status_code == 200


@pytest.mark.asvs("11.2.2")
def test_everything_that_the_collection_has_sealed_opens_afterwards(settings: Settings) -> None:
    use(settings, 1)
    place = make_scene().trosa
    storage.forget()
    before = (
        storage.content_of(place.delivery),
        storage.name_of(place.delivery),
        storage.base_frame(place.delivery).to_dicts(),
        storage.findings_of(place.delivery).to_dicts(),
        storage.summary_of(place.delivery),
        storage.old_and_new(place.delivery, place.correction),
        place.comment.text,
        [read_text(message) for message in place.thread.messages.order_by("pk")],
    )
    use(settings, 1, 2)
    said, refusal = rotate()
    assert refusal == ""
    for model in (Delivery, Correction, Comment, Message, OutgoingMail, TotpDevice):
        count = model._base_manager.count()
        assert f"{model._meta.label}: {count} rader, {count} krypterade om, 0 gick inte." in said
    assert set(key_rotation.keys_in_use()) == {2}
    use(settings, 2)
    storage.forget()
    delivery = Delivery.objects.get(pk=place.delivery.pk)
    assert before == (
        storage.content_of(delivery),
        storage.name_of(delivery),
        storage.base_frame(delivery).to_dicts(),
        storage.findings_of(delivery).to_dicts(),
        storage.summary_of(delivery),
        storage.old_and_new(delivery, Correction.objects.get(pk=place.correction.pk)),
        Comment.objects.get(pk=place.comment.pk).text,
        [read_text(message) for message in place.thread.messages.order_by("pk")],
    )


def test_explanations_are_found_again_after_a_change_of_either_key(settings: Settings) -> None:
    """Groups go by the submission's own salt, not by HMAC_KEY."""
    use(settings, 1)
    place = make_scene().trosa
    named = groups_of(place.submission, storage.findings_of(place.delivery))
    left = count_uncommented(place.submission, storage.findings_of(place.delivery), lambda: storage.current_frame(place.delivery))
    use(settings, 1, 2)
    assert rotate()[1] == ""
    use(settings, 2)
    settings.HMAC_KEY = b"n" * 32
    submission = Submission.objects.get(pk=place.submission.pk)
    assert groups_of(submission, storage.findings_of(place.delivery)) == named
    assert (
        count_uncommented(submission, storage.findings_of(place.delivery), lambda: storage.current_frame(place.delivery)) == left
    )
    assert left < sum(group.needs_comment for group in named)


@pytest.mark.asvs("11.2.2")
def test_what_is_under_way_in_accounts_opens_afterwards(settings: Settings) -> None:
    use(settings, 1)
    user = people.made_person("anna@ystad.example").user
    now, own = timezone.now(), {"user": user, "session_hmac": "x"}
    rows: list[tuple[models.Model, str]] = [
        (DeviceSwap(**own, created_at=now), "secret_sealed"),
        (AddressChange(**own, digest="x", sent_at=now), "new_email_sealed"),
        (RecoveryBatch(**own, created_at=now), "codes_sealed"),
        (Draft(user=user, path="/uppskov/", created_at=now), "values_sealed"),
        (SignUpJourney(**own, email_hmac="x", created_at=now), "email_sealed"),
    ]
    for row, column in rows:
        setattr(row, column, sealed.seal_text(row, column, column))
        row.save()
    use(settings, 1, 2)
    assert rotate()[1] == ""
    use(settings, 2)
    for row, column in rows:
        row.refresh_from_db()
        assert sealed.open_text(row, column) == column


def test_a_second_run_and_a_dry_run_change_nothing(settings: Settings) -> None:
    use(settings, 1)
    device = people.made_person("anna@ystad.example").user.totpdevice_set.get()
    use(settings, 1, 2)
    said, refusal = rotate("--dry-run")
    assert (said[-1], refusal) == ("Inget är ändrat (--dry-run).", "")
    assert "accounts.TotpDevice: 1 rad, 1 skulle krypteras om, 0 gick inte." in said
    assert TotpDevice.objects.get().secret_sealed == device.secret_sealed
    rotate()
    kept = TotpDevice.objects.get().secret_sealed
    said, refusal = rotate()
    assert "accounts.TotpDevice: 1 rad, 0 krypterade om, 0 gick inte." in said
    assert TotpDevice.objects.get().secret_sealed == kept
    assert AuditEvent.objects.filter(code="operation:key").count() == 1


def test_what_does_not_open_is_named_and_left_and_the_rest_goes_on(settings: Settings) -> None:
    use(settings, 1)
    devices = [people.made_person(f"person{number}@ystad.example").user.totpdevice_set.get() for number in range(3)]
    broken = corrupt(devices[1])
    use(settings, 1, 2)
    said, refusal = rotate()
    assert f"accounts.TotpDevice {devices[1].pk}, secret_sealed: går inte att öppna." in said
    assert "accounts.TotpDevice: 3 rader, 2 krypterade om, 1 gick inte." in said
    assert said[-1] == "Nyckel 1 används av 1 värde och måste vara kvar. Kör kommandot igen."
    assert refusal == "1 1 rad har värden som inte går att öppna."
    assert TotpDevice.objects.get(pk=devices[1].pk).secret_sealed == broken
    assert AuditEvent.objects.get(code="operation:key", result="broken").object == (
        f"accounts.TotpDevice {devices[1].pk} secret_sealed"
    )


def test_a_key_that_is_not_here_is_told_of(settings: Settings) -> None:
    use(settings, 3)
    people.made_person("anna@ystad.example")
    use(settings, 1, 2)
    said, refusal = rotate()
    assert refusal.startswith("1 ")
    assert "Nyckel 1 används inte längre och kan tas bort." in said
    assert any(line.startswith("Nyckel 3 finns inte i FIELD_KEYS men används av") for line in said)


def test_a_run_cut_short_goes_on_where_it_stopped(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    use(settings, 1)
    for number in range(5):
        people.made_person(f"person{number}@ystad.example")
    use(settings, 1, 2)
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    rows = key_rotation.old_rows(TotpDevice)
    assert [next(rows).resealed for _ in range(3)] == [("secret_sealed",)] * 3
    said, refusal = rotate()
    assert "accounts.TotpDevice: 5 rader, 2 krypterade om, 0 gick inte." in said
    assert refusal == ""


def test_a_revoked_device_has_nothing_to_seal(settings: Settings) -> None:
    use(settings, 1)
    user = people.made_person("anna@ystad.example").user
    TotpDevice.objects.filter(user=user).update(revoked_at=timezone.now(), confirmed=False, secret_sealed=None)
    use(settings, 1, 2)
    assert "accounts.TotpDevice: 1 rad, 0 krypterade om, 0 gick inte." in rotate()[0]


@pytest.mark.django_db(transaction=True)
def test_what_the_portal_writes_meanwhile_is_not_overwritten(settings: Settings) -> None:
    use(settings, 1)
    device = people.made_person("anna@ystad.example").user.totpdevice_set.get()
    old = device.secret_sealed
    device.secret_sealed = sealed.seal(device, "secret_sealed", b"ny hemlighet")
    use(settings, 1, 2)
    has_begun = threading.Event()

    def run() -> None:
        has_begun.set()
        rotate()
        connection.close()

    with transaction.atomic():
        TotpDevice.objects.select_for_update().get(pk=device.pk)
        other = threading.Thread(target=run)
        other.start()
        has_begun.wait()
        while not waiting_for_us():
            assert other.is_alive()
        assert TotpDevice.objects.get(pk=device.pk).secret_sealed == old
        device.save(update_fields=["secret_sealed"])  # by a process that still has key 1 as the active one
    other.join()
    kept = TotpDevice.objects.get(pk=device.pk)
    assert bytes(kept.secret_sealed or b"")[0] == 2
    assert sealed.open_column(kept, "secret_sealed") == b"ny hemlighet"


def waiting_for_us() -> bool:
    """Whether another session waits for a row that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


def test_the_key_is_changed_with_the_rights_of_portal_app(settings: Settings) -> None:
    use(settings, 1)
    people.made_person("anna@ystad.example")
    use(settings, 1, 2)
    call_command("grant_roles", stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {database_roles.APP}")
        assert rotate()[1] == ""
        cursor.execute("RESET ROLE")
    assert User.objects.count() == 1
    assert not Unit.objects.exists()
