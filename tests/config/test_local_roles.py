"""bin/run's database logins: the owner migrates, the portal works with the rights of portal_app, an older cluster changes hands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg
import pytest

from config.local import installation, run
from config.local.postgres import APP_LOGIN, OWNER_LOGIN, Cluster

pytestmark = pytest.mark.real_clock

OWNERS = """
    SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT proname, pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT typname, pg_get_userbyid(typowner) FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
"""


@pytest.mark.asvs("13.2.2")
def test_the_owner_owns_everything_and_the_portal_s_login_can_only_work(server_folder: Path) -> None:
    cluster = Cluster(server_folder / "pg", durable=False)
    cluster.acquire()
    try:
        with psycopg.connect(cluster.url) as administrator:  # as before there were roles
            administrator.execute("CREATE TABLE old (id bigserial PRIMARY KEY)")
            administrator.execute("CREATE TYPE mood AS ENUM ('good')")
            administrator.execute("CREATE TYPE pair AS (one int, two int)")
            administrator.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        cluster.prepare_roles()
        cluster.prepare_roles()
        with psycopg.connect(cluster.url_of(OWNER_LOGIN)) as owner:
            assert {name for _, name in owner.execute(OWNERS)} == {OWNER_LOGIN}
            owner.execute("CREATE TABLE new (id int)")
            owner.execute("GRANT SELECT ON new TO portal_app")
            assert owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        with psycopg.connect(cluster.url_of(APP_LOGIN), autocommit=True) as portal:
            assert portal.execute("SELECT count(*) FROM new").fetchone() == (0,)
            for statement in ("SELECT * FROM old", "CREATE TABLE x (id int)", "DROP TABLE new", "SELECT * FROM pg_authid"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    portal.execute(statement)
    finally:
        cluster.release()


@pytest.mark.parametrize(
    ("command", "login"), [("migrate", OWNER_LOGIN), ("grant_roles", OWNER_LOGIN), ("recheck", APP_LOGIN), ("demo", APP_LOGIN)]
)
def test_a_command_by_hand_has_the_rights_it_needs(
    command: str, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(tmp_path / "pg")
    monkeypatch.setattr(installation, "PORTAL_CLUSTER", cluster)
    monkeypatch.setattr(installation, "read_environment", lambda: {"DATABASE_URL": cluster.url_of(APP_LOGIN)})
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PORTAL_ENV", "local")
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    installation.attach()
    chosen = os.environ["DATABASE_URL"]
    monkeypatch.delenv("DATABASE_URL")
    assert chosen == cluster.url_of(login)


def test_a_step_that_fails_ends_the_start_with_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(run.paths.Unable, match="gick inte att skapa"):
        run.prepare(dict(os.environ), installation.NO_SUCH_DATABASE, "migrate")
