"""`manage.py generalrepetition`: a season holds in a database of its own, and one that does not is found out."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from config.rehearsal import plan, report, scratch
from submissions import states
from submissions.models import Collection, Submission

SMALL = {"units": 10, "scale": "0,01", "workers": 2}


def rehearse(**options: Any) -> str:
    """The command's report."""
    out = StringIO()
    call_command("generalrepetition", stdout=out, stderr=StringIO(), **{**SMALL, **options})
    return out.getvalue()


def scratch_databases() -> list[str]:
    """Those that are there now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY datname", [f"{scratch.PREFIX}%"])
        return [row[0] for row in cursor.fetchall()]


# The command ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_season_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = scratch_databases()
    text = rehearse(report=str(tmp_path / "rapport.json"))
    assert "Inga fel." in text
    assert "Sista dagen, 2 samtidiga" in text
    assert scratch_databases() == before
    assert not User.objects.exists()
    assert not Collection.objects.exists()
    values = json.loads((tmp_path / "rapport.json").read_text())
    phases = {phase["name"]: phase["counts"] for phase in values["phases"]}
    assert values["faults"] == []
    assert values["last_day"]["files"] == phases["Sista dagen"]["inlämningar"] == 3
    assert phases["Sista dagen"]["rättelser"]
    assert phases["SKR granskar"] == {"godkända": 8, "skickade tillbaka": 1, "öppnade igen": 1}
    assert phases["Uppskov"] == {"beviljade": 1, "avslagna": 1, "omfattas inte": 1}
    assert phases["Produktionsuttag"]["rader"] == phases["Uttag"]["rader"]
    assert phases["Gallring efter 732 dagar"]["rader för jämförelse med nästa år"]


@pytest.mark.django_db(transaction=True)
def test_a_season_where_a_closed_year_takes_files_ends_in_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_always_open(submission: Submission, *, today: date) -> None:
        """The rule, lost."""

    def make(name: str) -> None:
        """As the command does, but with the tables there already: the test above has seen them made."""
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE {connection.settings_dict["TEST"]["TEMPLATE"]}')

    monkeypatch.setattr(states, "check_is_open", is_always_open)
    monkeypatch.setattr(scratch, "_make", make)
    out, before = StringIO(), scratch_databases()
    with pytest.raises(CommandError) as end:
        call_command("generalrepetition", units=8, scale="0,01", workers=1, stdout=out, stderr=StringIO())
    assert end.value.returncode == 1
    assert "en testfil togs emot fast insamlingen är stängd." in out.getvalue()
    assert scratch_databases() == before


@pytest.mark.django_db(transaction=True)
def test_a_season_is_refused_outside_an_empty_database_of_its_own() -> None:
    with pytest.raises(scratch.CannotRehearse, match="bara i en egen, tom databas"):
        scratch.check_is_scratch(connection.settings_dict["NAME"])


@pytest.mark.django_db(transaction=True)
def test_a_user_who_may_not_make_databases_is_told_so() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE portal_test_plain NOLOGIN")
        cursor.execute("SET ROLE portal_test_plain")
    try:
        with pytest.raises(CommandError, match="CREATEDB") as end:
            rehearse()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE portal_test_plain")
    assert end.value.returncode == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"units": 0}, "--units ska vara 1-"),
        ({"units": 1000}, "--units ska vara 1-"),
        ({"scale": "stor"}, "--scale ska vara ett tal"),
        ({"scale": "1,5"}, "--scale ska vara ett tal"),
        ({"workers": 0}, "--workers ska vara 1-64"),
        ({"report": "/finns/inte/rapport.json"}, "Det går inte att skriva i /finns/inte/rapport.json"),
    ],
)
def test_wrong_use_is_told_before_anything_is_made(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as end:
        rehearse(**options)
    assert end.value.returncode == 2


# The plan ------------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    assert plan.parts(320, 0.05) == plan.parts(320, 0.05)
    assert [part.code for part in plan.parts(40, 0.05)] != [part.code for part in plan.parts(40, 0.05, seed=1)]


def test_sixteen_units_meet_every_path_and_more_than_there_are_get_made_up_ones() -> None:
    assert {part.path for part in plan.parts(16, 0.05)} == set(plan.Path)
    parts = plan.parts(320, 0.05)
    assert len({part.code for part in parts}) == 320
    assert {part.path for part in parts if part.code.startswith("88")} == {plan.Path.NOBODY}


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([], 0.5, 0), ([3], 0.95, 3), ([1, 2, 3, 4], 0.5, 2), (range(1, 101), 0.95, 95)]
)
def test_percentile_is_the_smallest_that_so_many_do_not_exceed(values: Any, share: float, expected: float) -> None:
    assert report.percentile(list(values), share) == expected
