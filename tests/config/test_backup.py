"""DRIFT-04: the backup leaves out what lives for hours, comes back whole, and what did not is found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from accounts import audit, audit_chain
from accounts.models import AuditEvent, Session, TotpDevice, User
from config import backup, restoring
from config.database_facts import Facts, Table, differences
from config.lib import age
from config.local import postgres
from messaging.models import OutgoingMail
from submissions import synthetic
from submissions.services import deliver
from submissions.services.collections import open_collection
from tests.cast import make_cast

SECRET, OPEN = age.make_identity()


def run(command: str, *arguments: str) -> tuple[int, str]:
    """The exit status of a command, and what it said with its refusal last."""
    out = StringIO()
    try:
        call_command(command, *arguments, stdout=out)
    except CommandError as refusal:
        return refusal.returncode, f"{out.getvalue()}{refusal}\n"
    return 0, out.getvalue()


def last_line(said: str) -> str:
    """The sentence that ends it."""
    return said.splitlines()[-1]


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the two halves of the key, apart; and PostgreSQL's programs in the path."""
    monkeypatch.setenv("PATH", f"{postgres.binaries()}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "kopia.pub").write_text(f"{OPEN}\n")
    (tmp_path / "kopia.key").write_text(f"# created: i dag\n{SECRET}\n")
    (tmp_path / "kopior").mkdir()
    return tmp_path


@pytest.fixture
def empty(transactional_db: None) -> Iterator[str]:
    """The address of an empty database beside the test's own."""
    parameters = backup.parameters_of(connection.settings_dict)
    name = f"{parameters['dbname']}_copy"
    with psycopg.connect(**{**parameters, "dbname": "postgres"}, autocommit=True) as server:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield url_of({**parameters, "dbname": name})
        server.execute(drop)


def url_of(parameters: dict[str, str]) -> str:
    """As DATABASE_URL spells it."""
    host = parameters.get("host", "")
    return f"postgresql://{parameters['user']}@/{parameters['dbname']}?host={host}"


def here() -> str:
    """The address of the test's own database."""
    return url_of(backup.parameters_of(connection.settings_dict))


def settle() -> None:
    """A little of everything, committed: people, a file, a mail, a session, events and their chain."""
    cast = make_cast()
    now = timezone.now()
    open_collection(year=2026, by=None, at=now)
    content = synthetic.delivery("0488", 30, 1)
    deliver.receive_delivery(submission=cast.trosa.submissions.get(), content=content, name="a.txt", by=cast.bo, at=now)
    OutgoingMail.objects.create(template="x", payload_sealed=None, created_at=now)
    Session.objects.create(session_key="s" * 32, session_data="x", expire_date=now, created_at=now, last_seen_at=now)
    audit.record("data:read", by=cast.officer, object="åäö", at=now)
    audit_chain.seal(now)


def copy(keys: Path) -> Path:
    """The file that `backup` makes."""
    status, said = run("backup", "--output", str(keys / "kopior"), "--recipients", str(keys / "kopia.pub"))
    assert status == 0, said
    return next((keys / "kopior").glob("*.age"))


# The drill -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_drift_04_the_copy_comes_back_whole_and_what_is_touched_afterwards_is_found(keys: Path, empty: str) -> None:
    settle()
    file = copy(keys)
    assert AuditEvent.objects.filter(code="operation:backup", object=file.name).exists()
    assert {path.name for path in file.parent.iterdir()} == {file.name, f"{file.name}.sha256"}
    assert file.stat().st_mode & 0o077 == 0
    assert b"Anna Ek" not in file.read_bytes()
    assert run("verify_backup", str(file), "--identity", str(keys / "kopia.key"))[0] == 0

    status, said = run("restore", str(file), "--to", empty, "--identity", str(keys / "kopia.key"))
    assert status == 0, said
    assert "Varje tabell är lika med den kopierade." in said
    assert "0 gick inte." in said
    assert "0 fel." in said
    with psycopg.connect(empty) as there:
        assert there.execute("SELECT count(*) FROM accounts_session").fetchone() == (0,)
        assert there.execute("SELECT count(*) FROM accounts_user").fetchone() == (User.objects.count(),)

    status, said = run("compare_database", here(), empty)
    assert (status, [line.split(":")[0] for line in said.splitlines() if "rader i den" in line]) == (1, ["accounts_auditevent"])
    with psycopg.connect(empty, autocommit=True) as there:
        there.execute(
            "UPDATE submissions_delivery SET content_sealed = set_byte(content_sealed, 40, get_byte(content_sealed, 40) # 1)"
        )
        there.execute("DELETE FROM accounts_totpdevice WHERE id = (SELECT min(id) FROM accounts_totpdevice)")
        there.execute("DROP TRIGGER audit_append_only ON accounts_auditevent")
    status, said = run("compare_database", here(), empty)
    assert status == 1
    assert "submissions_delivery: lika många rader (1), men innehållet skiljer." in said
    devices = TotpDevice.objects.count()
    assert f"accounts_totpdevice: {devices} rader i den första, {devices - 1} i den andra." in said
    with backup.opened(file, age.read_identities(SECRET)) as (manifest, _):
        found = restoring.prove(backup.parameters_of_url(empty), manifest)
    assert [sentence.split(":")[0] for sentence in found] == [
        "accounts_totpdevice",
        "submissions_delivery",
        "utlösare audit_append_only i accounts_auditevent saknas i den andra.",
    ]


@pytest.mark.django_db(transaction=True)
def test_drift_04_a_broken_copy_and_a_database_that_is_not_empty_are_refused(keys: Path, empty: str) -> None:
    make_cast()
    file = copy(keys)
    identity = ("--identity", str(keys / "kopia.key"))
    assert last_line(run("restore", str(file), "--to", here(), *identity)[1]).startswith("Databasen är inte tom.")
    status, said = run("restore", str(file), "--to", empty, *identity, "--dry-run")
    assert (status, last_line(said)) == (0, "Databasen är tom och kan ta emot kopian. Inget är ändrat (--dry-run).")

    whole = file.read_bytes()
    file.write_bytes(whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:])
    assert last_line(run("verify_backup", str(file))[1]) == "Filen är inte den som skrevs: kontrollsumman stämmer inte."
    status, said = run("restore", str(file), "--to", empty, *identity)
    assert status == 1
    assert "Filen är ändrad eller avklippt" in last_line(said)
    with psycopg.connect(empty) as there:
        assert there.execute(restoring.RELATIONS).fetchone() == (0,)

    file.write_bytes(whole)
    (keys / "annan.key").write_text(age.make_identity()[0])
    status, said = run("restore", str(file), "--to", empty, "--identity", str(keys / "annan.key"))
    assert (status, said) == (1, "Nyckeln öppnar inte filen. Den är krypterad till en annan nyckel.\n")
    file.write_bytes(b"".join(age.encrypt([b"PGDMP"], age.read_recipients(OPEN))))
    assert run("restore", str(file), "--to", empty, *identity) == (1, "Filen är ingen säkerhetskopia av portalen.\n")


@pytest.mark.django_db
def test_a_copy_that_fails_leaves_no_file(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = keys / "program"
    programs.mkdir()
    fake = programs / "pg_dump"
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit\nprintf PGDMP; echo "disken dog" >&2; exit 1\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    said = run("backup", "--output", str(keys / "kopior"), "--recipients", str(keys / "kopia.pub"))
    assert said == (1, "pg_dump misslyckades: disken dog\n")
    assert list((keys / "kopior").iterdir()) == []
    fake.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.1"\n')
    status, sentence = run("backup", "--output", str(keys / "kopior"), "--recipients", str(keys / "kopia.pub"))
    assert status == 1
    assert "är version 9 och databasen" in sentence


@pytest.mark.django_db
def test_what_would_be_copied_is_shown_and_nothing_written(keys: Path) -> None:
    status, said = run("backup", "--output", str(keys / "kopior"), "--recipients", str(keys / "kopia.pub"), "--dry-run")
    assert status == 0
    assert "accounts_session: följer inte med\n" in said
    assert "accounts_user: 0 rader\n" in said
    assert list((keys / "kopior").iterdir()) == []
    assert not AuditEvent.objects.filter(code="operation:backup").exists()


@pytest.mark.django_db
def test_every_sealed_value_is_opened_and_one_that_does_not_open_is_named() -> None:
    cast = make_cast()
    status, said = run("verify_sealed")
    devices = TotpDevice.objects.count()
    assert (status, last_line(said)) == (0, f"{devices} värden öppnade, 0 gick inte.")
    broken = TotpDevice.objects.get(user=cast.bo)
    TotpDevice.objects.filter(pk=broken.pk).update(secret_sealed=TotpDevice.objects.get(user=cast.anna).secret_sealed)
    status, said = run("verify_sealed")
    assert status == 1
    assert f"accounts.TotpDevice {broken.pk}, secret_sealed: går inte att öppna.\n" in said
    assert f"{devices - 1} värden öppnade, 1 gick inte.\n" in said


# Keys apart from data ------------------------------------------------------------------------------------------------


def test_the_secret_half_of_the_key_is_not_taken_and_the_copy_does_not_lie_beside_the_portal_s_keys(
    keys: Path, settings: Any
) -> None:
    status, said = run("backup", "--output", str(keys / "kopior"), "--recipients", str(keys / "kopia.key"))
    assert status == 1
    assert "innehåller en hemlig nyckel" in said
    settings.SECRET_FILES = [str(keys / "kopior" / "field_keys")]
    status, said = run("backup", "--output", str(keys / "kopior"), "--recipients", str(keys / "kopia.pub"))
    assert status == 1
    assert "ligger portalens nycklar" in said


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("backup", ["--output", "/finns/inte/x.age", "--recipients", "{keys}/kopia.pub"]),
        ("backup", ["--output", "{keys}/kopior", "--recipients", "{keys}/finns-inte"]),
        ("restore", ["{keys}/x.age", "--to", "{keys}/finns-inte", "--identity", "{keys}/kopia.key"]),
        ("restore", ["{keys}/x.age", "--to", "postgresql:///x", "--identity", "{keys}/finns-inte"]),
        ("verify_backup", ["{keys}/finns-inte.age"]),
        ("compare_database", ["{keys}/finns-inte", "postgresql:///x"]),
    ],
)
def test_what_is_not_there_is_wrong_use(keys: Path, command: str, arguments: list[str]) -> None:
    status, said = run(command, *(argument.format(keys=keys) for argument in arguments))
    assert status == 2
    assert said.count("\n") == 1


def test_a_password_is_in_no_argument() -> None:
    parameters = backup.parameters_of_url("postgresql://anna:hemligt@db.example:5433/portal?sslmode=verify-full")
    assert "hemligt" not in backup.without_password(parameters)
    assert backup.environment_of(parameters)["PGPASSWORD"] == "hemligt"
    assert parameters == {
        **{"user": "anna", "password": "hemligt", "host": "db.example", "port": "5433"},
        **{"dbname": "portal", "sslmode": "verify-full"},
    }
    with pytest.raises(backup.BackupError) as refusal:
        backup.parameters_of_url("mysql://anna:hemligt@db/x")
    assert "hemligt" not in str(refusal.value)


# What is left out, and what a difference is --------------------------------------------------------------------------


def test_nothing_that_is_copied_points_at_what_is_left_out() -> None:
    """Else the restored database would refuse its own rows."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert set(backup.LEFT_OUT) <= tables
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table not in backup.LEFT_OUT:
            related = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
            assert {other._meta.db_table for other in related if other} & set(backup.LEFT_OUT) == set(), model


WHOLE = Facts({"a": Table(2, "1.1"), "b": Table(0, "0.0")}, {"a_id_seq": 7}, ["index a_pkey"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"sequences": {"a_id_seq": 9, "ny": 1}}, []),
        ({"tables": {"a": Table(2, "1.2"), "b": Table(0, "0.0")}}, ["a: lika många rader (2), men innehållet skiljer."]),
        ({"tables": {"a": Table(1, "1.1"), "b": Table(0, "0.0")}}, ["a: 2 rader i den första, 1 i den andra."]),
        ({"tables": {"a": Table(2, "1.1")}}, ["b: tabellen saknas i den andra."]),
        ({"tables": {**WHOLE.tables, "c": Table(0, "0.0")}}, ["c: tabellen finns bara i den andra."]),
        ({"sequences": {"a_id_seq": 6}}, ["a_id_seq: nummerserien har gått tillbaka eller saknas."]),
        ({"sequences": {}}, ["a_id_seq: nummerserien har gått tillbaka eller saknas."]),
        ({"objects": []}, ["index a_pkey saknas i den andra."]),
        ({"objects": ["index a_pkey", "utlösare x i a"]}, ["utlösare x i a finns bara i den andra."]),
    ],
)
def test_each_kind_of_difference_is_told(changes: dict[str, Any], said: list[str]) -> None:
    now = Facts.from_json({**WHOLE.as_json(), **Facts(**{**vars_of(WHOLE), **changes}).as_json()})
    assert list(differences(WHOLE, now)) == said


def vars_of(facts: Facts) -> dict[str, Any]:
    """Its fields."""
    return {"tables": facts.tables, "sequences": facts.sequences, "objects": facts.objects}


def test_a_copy_of_a_later_portal_is_told_by_its_migrations() -> None:
    manifest = backup.Manifest(timezone.now(), 18, ["accounts.0001_initial", "accounts.9999_later"], WHOLE)
    assert backup.Manifest.from_line(manifest.line()).facts == WHOLE
    assert restoring.unknown_migrations(manifest) == ["accounts.9999_later"]
