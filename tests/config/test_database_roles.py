"""The database roles: what portal_app and portal_read may do, what they are refused, and that the portal works within it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone

from accounts import audit, audit_chain, retention, services
from accounts.models import AuditEvent, AuditLink, AuditOrigin
from config import database_roles
from config.lib import jobs
from messaging import outbox
from messaging.models import OutgoingMail
from submissions.models import Receipt
from tests import people
from tests.client import GuardedClient
from tests.messaging.test_worker import work
from tests.people import Person
from tests.scene import make_scene

pytestmark = pytest.mark.django_db

SECRET_OR_PERSONAL = re.compile(
    r"sealed|hmac|digest|password|secret|email|recipient|phone|^address$|^prefix$|^client$|^key$|session|^args$|^actor|subject|"
    r"^object|^result|text|reason|answer|refusal|user|_by|^by|author|handler|owner|identity|case_number"
)


def grant_roles(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("grant_roles", *arguments, stdout=out)
    return out.getvalue()


def execute(statement: str) -> list[tuple]:
    """Run one statement; a refusal leaves the test's transaction whole."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """Everything on this connection with the rights of that role, and no others."""
    execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        execute("RESET ROLE")


def refused(statement: str) -> None:
    """The statement is refused for want of a right."""
    with pytest.raises(ProgrammingError, match="permission denied|must be owner"):
        execute(statement)


@pytest.fixture
def granted() -> str:
    """The rights as the command gives them."""
    return grant_roles()


# The command ---------------------------------------------------------------------------------------------------------


def test_run_again_it_changes_nothing(granted: str) -> None:
    assert 'GRANT SELECT ON TABLE "accounts_auditevent" TO portal_app;' in granted
    assert "REVOKE CONNECT ON DATABASE" in granted
    assert grant_roles() == "0 roller skapade, 0 rättigheter givna, 0 borttagna.\n"


def test_a_dry_run_shows_the_statements_and_runs_none() -> None:
    shown = grant_roles("--dry-run")
    assert shown.endswith("Inget är ändrat (--dry-run).\n")
    assert grant_roles().splitlines()[:-1] == shown.splitlines()[:-2]


def test_a_right_that_should_not_be_there_is_taken_away(granted: str) -> None:
    execute("GRANT UPDATE, TRUNCATE ON accounts_auditevent TO portal_app")
    execute("GRANT SELECT (email) ON accounts_user TO portal_read")
    execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    execute("GRANT SELECT ON accounts_user TO PUBLIC")
    assert set(grant_roles().splitlines()) == {
        'REVOKE UPDATE ON TABLE "accounts_auditevent" FROM portal_app;',
        'REVOKE TRUNCATE ON TABLE "accounts_auditevent" FROM portal_app;',
        'REVOKE SELECT ("email") ON TABLE "accounts_user" FROM portal_read;',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        'REVOKE SELECT ON TABLE "accounts_user" FROM PUBLIC;',
        "0 roller skapade, 0 rättigheter givna, 5 borttagna.",
    }


@pytest.mark.parametrize("power", ["ALTER ROLE portal_app SUPERUSER", "GRANT pg_execute_server_program TO portal_app"])
def test_a_role_with_power_over_the_server_is_refused(granted: str, power: str) -> None:
    execute(power)
    with pytest.raises(CommandError, match="portal_app har mer än rättigheter till rader"):
        grant_roles()


def test_only_the_owner_of_the_tables_grants(granted: str) -> None:
    with acting_as("portal_app"), pytest.raises(CommandError, match="Kör grant_roles som tabellernas ägare") as refusal:
        grant_roles()
    assert refusal.value.returncode == 1


def test_an_owner_who_may_not_make_roles_is_told_what_to_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_roles, "missing_roles", lambda: ["portal_read"])
    monkeypatch.setattr(database_roles, "may_create_roles", lambda: False)
    with pytest.raises(CommandError, match="administratör köra: CREATE ROLE portal_read NOLOGIN;"):
        grant_roles()


def test_every_table_and_column_named_exists() -> None:
    columns = {
        model._meta.db_table: {field.column for field in model._meta.concrete_fields}
        for model in apps.get_models(include_auto_created=True)
    } | {"django_migrations": {"id", "app", "name", "applied"}}
    assert set(database_roles.EXCEPTIONS) <= set(columns)
    assert {table: set(read) - columns[table] for table, read in database_roles.READABLE.items()} == {
        table: set() for table in database_roles.READABLE
    }


def test_portal_read_sees_nothing_sealed_secret_personal_or_written_by_a_person() -> None:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.column in database_roles.READABLE.get(model._meta.db_table, ()):
                is_link_of_the_chain = (model, field.column) == (AuditLink, "digest")
                assert not isinstance(field, models.BinaryField | models.TextField | models.EmailField), field
                assert is_link_of_the_chain or not SECRET_OR_PERSONAL.search(field.column), field


# LOG-06 --------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("16.4.2", "13.2.2")
@pytest.mark.parametrize("table", ["accounts_auditevent", "accounts_auditlink"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}", "DROP TRIGGER audit_append_only ON {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL"])  # fmt: skip
def test_log_06_portal_app_is_refused_by_privilege(granted: str, table: str, statement: str) -> None:
    audit.record("file:uploaded")
    audit_chain.seal(timezone.now())
    with acting_as("portal_app"):
        refused(statement.format(table))
        refused("SET session_replication_role = replica")
        assert (AuditEvent.objects.count(), AuditLink.objects.count()) == (1, 1)


@pytest.mark.asvs("16.4.2", "13.2.2")
def test_log_06_portal_app_reads_and_appends_and_forgets_where_it_came_from(granted: str) -> None:
    with acting_as("portal_app"):
        event = audit.record("file:uploaded")
        AuditOrigin.objects.create(event_id=event.pk, at=event.at, address="192.0.2.1")
        assert audit_chain.seal(timezone.now()) == 1
        AuditOrigin.objects.all().delete()
        refused("UPDATE accounts_auditorigin SET address = ''")


# DRIFT-05 ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE extra (id int)",
        "CREATE SCHEMA extra",
        "CREATE TEMPORARY TABLE extra (id int)",
        "CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE extra",
        "DROP TABLE accounts_user",
        "ALTER TABLE accounts_user ADD COLUMN extra int",
        "TRUNCATE accounts_session",
        "COPY accounts_ratelimit FROM PROGRAM 'id'",
        "COPY accounts_user TO PROGRAM 'cat'",
        "COPY accounts_user TO '/tmp/people'",
        "COPY accounts_ratelimit FROM '/etc/passwd'",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_reload_conf()",
        "SET ROLE portal_read",
        "DELETE FROM django_migrations",
        "INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('x', 1, 'x')",
    ],
)
def test_drift_05_portal_app_is_refused(granted: str, statement: str) -> None:
    execute("SET SESSION AUTHORIZATION portal_app")
    try:
        refused(statement)
    finally:
        execute("RESET SESSION AUTHORIZATION")


@pytest.mark.asvs("13.2.2")
def test_drift_05_portal_app_has_nothing_to_give_away(granted: str) -> None:
    with acting_as("portal_app"):
        execute("GRANT SELECT ON accounts_user TO portal_read, PUBLIC")  # PostgreSQL warns, and gives nothing
    assert grant_roles() == "0 roller skapade, 0 rättigheter givna, 0 borttagna.\n"


@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT email FROM accounts_user",
        "SELECT * FROM submissions_delivery",
        "SELECT name_sealed FROM submissions_delivery",
        "SELECT actor FROM accounts_auditevent",
        "SELECT args FROM procrastinate_jobs",
        "SELECT session_data FROM accounts_session",
        "UPDATE profiles_unit SET is_active = false",
        "INSERT INTO accounts_ratelimit VALUES ('x', 1, now(), now())",
        "SELECT procrastinate_register_worker_v1()",
    ],
)
def test_drift_05_portal_read_is_refused(granted: str, statement: str) -> None:
    with acting_as("portal_read"):
        refused(statement)


def test_portal_read_can_tell_how_far_the_collection_has_come(granted: str) -> None:
    make_scene()
    with acting_as("portal_read"):
        counted = execute(
            "SELECT c.year, s.status, count(*) FROM submissions_submission s JOIN submissions_collection c ON c.id = s.collection_id"
            " JOIN profiles_unit u ON u.id = s.unit_id GROUP BY 1, 2 ORDER BY 1, 2"
        )
        assert len(counted) == 2
        for table, columns in database_roles.READABLE.items():
            execute(f"SELECT {', '.join(columns)} FROM {table}")


# The portal works within its rights ----------------------------------------------------------------------------------


@pytest.mark.asvs("13.2.2")
def test_the_collection_s_work_is_done_as_portal_app(granted: str) -> None:
    """Units, a year, people, files checked, corrected, explained, handed in and approved, a deferral, a thread, their mails."""
    with acting_as("portal_app"):
        make_scene()
        mail = OutgoingMail.objects.order_by("pk").latest("pk")
        outbox.send_stored(mail.pk, at=timezone.now())
        assert Receipt.objects.count() == 2
        assert jobs.enqueue("messaging.tasks.send_mail", mail_id=mail.pk) > 0
        assert audit_chain.seal(timezone.now()) > 20
        assert list(audit_chain.verify(timezone.now())) == []
        assert set(retention.tidy(at=timezone.now())) >= {"journeys", "counters", "sessions", "origins"}


@pytest.mark.asvs("13.2.2")
def test_people_sign_up_sign_in_and_out_as_portal_app(granted: str) -> None:
    person = Person("anna.berg@ystad.example")
    with acting_as("portal_app"):
        services.invite_user(email=person.email, by=None, at=timezone.now(), matter="Uppgiftslämnare i Ystads kommun (1286)")
        client = GuardedClient()
        people.sign_up(client, person)
        client.post("/konto/logga-ut/")
        assert people.sign_in(client, person, ahead=1).status_code == 302
        assert client.get("/profil/").status_code == 200
        assert client.get("/readyz").status_code == 200


@pytest.mark.asvs("13.2.2")
@pytest.mark.django_db(transaction=True)
@pytest.mark.real_clock
def test_a_worker_with_the_rights_of_portal_app_sends_and_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    grant_roles()
    options = connection.settings_dict["OPTIONS"] | {"options": "-c role=portal_app"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    connection.close()
    try:
        people.made_person("bo.ek@ystad.example")
        services.invite_user(email="anna.berg@ystad.example", by=None, at=timezone.now(), matter="prov")
        jobs.enqueue("accounts.tasks.seal_audit_trail", timestamp=int(timezone.now().timestamp()))
        work()
        assert not OutgoingMail.objects.filter(deliver=True, sent_at=None).exists()
        assert audit_chain.head() is not None
        refused("TRUNCATE procrastinate_jobs")
    finally:
        monkeypatch.undo()
        connection.close()
