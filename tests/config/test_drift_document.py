"""docs/drift.md says what is true: its commands, variables, tables and alarms are those of the portal (ASVS 16.1.1, 15.1.1)."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.utils import timezone

from accounts import alarms, limits, retention
from config import backup, database_roles, metrics
from config.lib import keys

TEXT = (settings.BASE_DIR / "docs" / "drift.md").read_text(encoding="utf-8")
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
TABLES = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"(?:python |`)manage\.py ([a-z_]+)", TEXT))
    assert len(named) > 6
    assert named <= set(get_commands())
    for script in set(re.findall(r"`bin/(\w+)", TEXT)):
        assert (settings.BASE_DIR / "bin" / script).is_file(), script


def test_every_variable_that_is_named_is_read() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`", TEXT))
    assert len(named) > 6
    assert {name for name in named if name.removesuffix("_FILE") not in EXAMPLE} == set()


@pytest.mark.asvs("11.1.1", "11.1.2", "13.1.4")
def test_kry_03_every_key_has_its_row_and_a_command_that_makes_it() -> None:
    for name in ("SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY"):
        row = re.search(rf"^\| `{name}_FILE` .*$", TEXT, re.MULTILINE)
        assert row is not None, name
        assert "`python3 -c " in row[0]


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY"])
def test_kry_03_the_command_makes_a_key_that_the_settings_take(name: str) -> None:
    """The very text of the table is run."""
    row = re.search(rf"^\| `{name}_FILE` .*$", TEXT, re.MULTILINE)
    assert row is not None
    code = re.search(r"`python3 -c \"(.+?)\"`", row[0])
    assert code is not None
    made = subprocess.run([sys.executable, "-c", code[1]], capture_output=True, text=True, check=True).stdout.strip()
    if name == "SECRET_KEY":
        assert len(made) >= 50
    elif name == "HMAC_KEY":
        assert len(keys.decode_key(name, made)) == 32
    elif name == "RECEIPT_KEY":
        assert len(keys.decode_seed(name, made)) == 32
    else:
        assert list(keys.decode_field_keys(name, made)) == [1]


@pytest.mark.asvs("16.1.1")
def test_every_table_that_is_named_exists_and_every_alarm_is_explained() -> None:
    assert set(re.findall(r"accounts_[a-z]+|procrastinate_jobs", TEXT)) <= TABLES
    for kind in alarms.Kind:
        assert f"`{kind}`" in TEXT
    days = limits.ORIGIN_KEPT.days
    assert re.search(rf"accounts_auditorigin` \| {days} dagar", TEXT)


def test_the_backup_leaves_out_what_lives_for_hours() -> None:
    transient = {rule.find(timezone.now()).model._meta.db_table for rule in retention.RULES} - {"accounts_auditorigin"}
    assert set(backup.LEFT_OUT) == transient | {"accounts_emailcode"}


@pytest.mark.django_db
def test_every_figure_that_is_named_is_told_and_every_one_that_is_told_is_named() -> None:
    told = {family.name for family in metrics.Figures(timezone.now()).collect()}
    named = set(re.findall(r"\bportal_[a-z_]+", TEXT)) - {database_roles.OWNER, database_roles.APP, database_roles.READ}
    endings = ("_total", "_bucket")
    assert {name.removesuffix(endings[0]).removesuffix(endings[1]) for name in named} == told


def test_every_role_is_described() -> None:
    for role in (database_roles.OWNER, database_roles.APP, database_roles.READ):
        assert f"| `{role}` |" in TEXT


@pytest.mark.asvs("15.1.1")
def test_how_soon_faults_are_mended_is_said() -> None:
    assert "inom **7 dagar**" in TEXT
    assert "inom **30 dagar**" in TEXT


def test_what_can_be_shown_only_in_place_is_listed() -> None:
    for proof in ("DRIFT-04", "DRIFT-09", "DRIFT-10", "WEB-03", "ADM-07"):
        assert re.search(rf"^\| {proof} ", TEXT, re.MULTILINE), proof
