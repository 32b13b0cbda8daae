"""What each database role may do, worked out from the models; `manage.py grant_roles` makes it so.

| Role | Who | Rights |
|---|---|---|
| `portal_migrate` | migrations, `grant_roles`, retention of the audit trail | owns everything |
| `portal_app` | web and worker | reads and writes rows; appends to the audit trail; changes no table |
| `portal_read` | an operator's queries: how far the collection has come, whether jobs and mail flow | SELECT, column by column |

`portal_read` is deny by default: only the columns of READABLE. None holds a person, a text that somebody has written, a
secret or sealed content, so that no purpose needs a decision about personal data each time somebody looks at a figure.
Copies of everything are a matter for the owner. Source: security note, sections 8 and 9; ASVS 13.2.2, 16.4.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection

OWNER, APP, READ = "portal_migrate", "portal_app", "portal_read"
GRANTED = (APP, READ)
EVERYBODY = "PUBLIC"

ORDINARY = ("SELECT", "INSERT", "UPDATE", "DELETE")
EXCEPTIONS: dict[str, tuple[str, ...]] = {
    "accounts_auditevent": ("SELECT", "INSERT"),
    "accounts_auditlink": ("SELECT", "INSERT"),
    "accounts_auditorigin": ("SELECT", "INSERT", "DELETE"),  # deleted after 90 days
    "auth_group": ("SELECT",),  # Django's own, written by migrations
    "auth_group_permissions": ("SELECT",),
    "auth_permission": ("SELECT",),
    "django_content_type": ("SELECT",),
    "django_migrations": ("SELECT",),
}
"""What portal_app may do with a table, where it is not ORDINARY."""

READABLE: dict[str, tuple[str, ...]] = {
    "django_migrations": ("id", "app", "name", "applied"),
    "procrastinate_jobs": ("id", "queue_name", "task_name", "status", "scheduled_at", "attempts"),
    "procrastinate_workers": ("id", "last_heartbeat"),
    "profiles_unit": ("id", "code", "name", "kind", "sort_key", "is_active"),
    "submissions_collection": (
        *("id", "year", "opens_on", "measurement_day", "due_date", "latest_deferral_date", "layout_id", "closed_at"),
    ),
    "submissions_submission": ("id", "unit_id", "collection_id", "status", "granted_due_date", "status_changed_at"),
    "submissions_submissionevent": ("id", "submission_id", "at", "from_status", "to_status"),
    "submissions_delivery": (
        *("id", "submission_id", "version", "status", "is_current", "is_test", "uploaded_at", "size", "rows", "encoding"),
        *("checked_at", "check_attempts", "revision", "fel", "varning", "info", "uncommented"),
    ),
    "submissions_receipt": ("id", "delivery_id", "issued_at", "rows", "corrections", "comments", "withdrawn_at"),
    "deferrals_deferral": ("id", "submission_id", "status", "requested_date", "requested_at", "granted_date", "decided_at"),
    "messaging_thread": ("id", "unit_id", "year", "category", "status", "created_at", "last_message_at"),
    "messaging_outgoingmail": ("id", "template", "deliver", "created_at", "expires_at", "sent_at", "attempts"),
    "accounts_auditevent": ("id", "at", "code", "unit"),
    "accounts_auditlink": ("position", "event_id", "digest", "at"),
}
"""What portal_read may see, table and columns."""


class Grant(NamedTuple):
    """One right as GRANT and REVOKE spell it."""

    role: str
    privilege: str  # 'SELECT' or 'SELECT ("status")'
    on: str  # 'TABLE "accounts_user"'

    @property
    def grant(self) -> str:
        """The statement that gives it."""
        return f"GRANT {self.privilege} ON {self.on} TO {self.role}"

    @property
    def revoke(self) -> str:
        """The statement that takes it."""
        return f"REVOKE {self.privilege} ON {self.on} FROM {self.role}"


def portal_tables() -> set[str]:
    """Every table of the portal, Django's and procrastinate's among them."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return tables | {"django_migrations"}


def wanted(database: str, sequences: Iterable[tuple[str, str]], functions: Iterable[str]) -> set[Grant]:
    """Every right that the two roles should have; nobody else has any.

    `sequences` are (sequence, its table), `functions` those of procrastinate with their argument types.
    """
    rights = {Grant(role, "CONNECT", f'DATABASE "{database}"') for role in GRANTED}
    rights |= {Grant(role, "USAGE", "SCHEMA public") for role in GRANTED}
    for table in portal_tables():
        rights |= {Grant(APP, privilege, f'TABLE "{table}"') for privilege in EXCEPTIONS.get(table, ORDINARY)}
        rights |= {Grant(READ, f'SELECT ("{column}")', f'TABLE "{table}"') for column in READABLE.get(table, ())}
    for sequence, table in sequences:
        if table in portal_tables() and "INSERT" in EXCEPTIONS.get(table, ORDINARY):
            rights.add(Grant(APP, "USAGE", f'SEQUENCE "{sequence}"'))
    return rights | {Grant(APP, "EXECUTE", f"FUNCTION {function}") for function in functions}


def changes() -> list[str]:
    """The statements that lead from what is granted now to what is wanted; none when all is as it should be."""
    should, are = wanted(connection.settings_dict["NAME"], _sequences(), _functions()), _present()
    taken, given = sorted(are - should), sorted(should - are)
    return [right.revoke for right in taken] + [right.grant for right in given]


def missing_roles() -> list[str]:
    """Those of the two roles that the server does not have."""
    found = {name for (name,) in _rows("SELECT rolname FROM pg_roles")}
    return [role for role in GRANTED if role not in found]


def create_role(role: str) -> None:
    """A role that holds rights and cannot sign in by itself. Safe where another run makes it at the same moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )


def may_create_roles() -> bool:
    """Whether the present user may make the roles."""
    return bool(_rows("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")[0][0])


def foreign_tables() -> list[str]:
    """Tables of the portal that the present user does not own: she cannot grant on them."""
    found = _rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT pg_has_role(relowner, 'USAGE')"
    )
    return sorted({name for (name,) in found} & portal_tables())


def overpowered() -> list[str]:
    """Those of the two roles that hold something which no GRANT here can take: an attribute, a role, a table of their own."""
    found = _rows(
        """
        SELECT rolname FROM pg_roles r WHERE rolname = ANY(%s) AND (
            rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
            OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
            OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
        )
        """,
        [list(GRANTED)],
    )
    return sorted(name for (name,) in found)


# The catalogues ------------------------------------------------------------------------------------------------------

PRESENT = """
WITH objects (acl, privilege, object) AS (
    SELECT relacl, '', CASE relkind WHEN 'S' THEN 'SEQUENCE "' ELSE 'TABLE "' END || relname || '"'
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT attacl, ' ("' || attname || '")', 'TABLE "' || relname || '"'
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
    UNION ALL
    SELECT coalesce(proacl, acldefault('f', proowner)), '', 'FUNCTION ' || oid::regprocedure::text
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT coalesce(nspacl, acldefault('n', nspowner)), '', 'SCHEMA public' FROM pg_namespace WHERE nspname = 'public'
    UNION ALL
    SELECT coalesce(datacl, acldefault('d', datdba)), '', 'DATABASE "' || datname || '"'
    FROM pg_database WHERE datname = current_database()
)
SELECT coalesce(rolname, 'PUBLIC'), privilege_type || privilege, object
FROM objects CROSS JOIN LATERAL aclexplode(acl) AS given LEFT JOIN pg_roles ON pg_roles.oid = grantee
WHERE grantee = 0 OR rolname = ANY(%s)
"""


def _present() -> set[Grant]:
    """The rights that the roles and everybody hold now in this database."""
    return {Grant(*row) for row in _rows(PRESENT, [list(GRANTED)])}


def _sequences() -> list[tuple[str, str]]:
    """Each sequence with the table whose column it counts for."""
    return _rows(
        """
        SELECT sequence.relname, owner.relname
        FROM pg_class AS sequence JOIN pg_depend ON objid = sequence.oid AND deptype IN ('a', 'i')
        JOIN pg_class AS owner ON owner.oid = refobjid
        WHERE sequence.relkind = 'S' AND sequence.relnamespace = 'public'::regnamespace
        """
    )


def _functions() -> list[str]:
    """procrastinate's functions, which its worker and `config.lib.jobs` call."""
    found = _rows(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND prokind = 'f' AND starts_with(proname, 'procrastinate_')"
    )
    return [name for (name,) in found]


def _rows(sql: str, values: list[Any] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
