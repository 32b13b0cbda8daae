"""How a year is counted: its curve, its groups and whom to ring, case by case, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from submissions.models import Collection, Submission, SubmissionEvent
from submissions.services.season import breakdown, concerns, curve
from submissions.services.season.concerns import Season
from submissions.services.season.curve import Curve, Move, Step
from submissions.services.season.standing import File, Standing
from tests.scene import Scene

Status = Submission.Status
DUE = date(2026, 12, 1)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
SEASON = Season(opens_on=date(2026, 10, 12), today=NOW.date(), now=NOW)
UNIT = Standing(
    pk=1,
    unit_id=1,
    code="0488",
    name="Trosa",
    sort_key="trosa",
    kind="kommun",
    status=Status.UNDER_REVIEW,
    due_on=DUE,
    able=2,
    last_sign_in=NOW,
)


def file(rows: int = 100, fel: int = 0, status: str = "checked", *, is_current: bool = False) -> File:
    """One file."""
    return File(status, is_current, rows, fel)


# Att ringa ------------------------------------------------------------------------------------------------------------

QUIET_SINCE_MAY = datetime(2026, 5, 1, tzinfo=NOW.tzinfo)
CASES: list[tuple[dict[str, object], list[int]]] = [
    ({}, []),
    ({"is_late": True, "due_on": date(2026, 11, 17)}, [concerns.LATE]),
    ({"able": 0}, [concerns.NOBODY]),
    ({"able": 0, "status": Status.HANDED_IN}, []),
    ({"files": (file(), file(fel=3))}, [concerns.FAILS_NOW]),
    ({"files": (file(), file(status="rejected"))}, [concerns.FAILS_NOW]),
    ({"files": (file(fel=9), file(status="rejected"))}, [concerns.FAILS_NOW]),  # it could be read, and now it cannot
    ({"files": (file(fel=9), file(fel=3))}, []),  # none was good
    ({"files": (file(status="rejected"), file(status="rejected"))}, []),
    ({"files": (file(fel=3), file())}, []),  # the latest is good
    ({"files": (file(), file(status="received"))}, []),  # not checked yet
    ({"files": (file(), file(fel=3)), "status": Status.HANDED_IN}, []),
    ({"files": (file(60, is_current=True),), "rows_before": 100}, [concerns.SMALLER]),
    ({"files": (file(61, is_current=True),), "rows_before": 100}, []),
    ({"files": (file(10, is_current=True),), "rows_before": None}, []),
    ({"files": (file(10, is_current=True),), "rows_before": 0}, []),
    ({"files": (file(10, is_current=True),), "rows_before": 100, "status": Status.HANDED_IN}, [concerns.SMALLER]),
    ({"files": (file(10, is_current=True),), "rows_before": 100, "status": Status.APPROVED}, []),
    ({"files": tuple(file(fel=1) for _ in range(10))}, [concerns.STRUGGLES]),
    ({"files": tuple(file(fel=1) for _ in range(9))}, []),
    ({"files": tuple(file(fel=1) for _ in range(12)), "status": Status.SKR_REVIEW}, []),
    ({"waits_since": NOW - timedelta(days=3, minutes=1)}, [concerns.UNHEARD]),
    ({"waits_since": NOW - timedelta(days=3)}, []),
    ({"waits_since": NOW - timedelta(days=9), "status": Status.APPROVED}, [concerns.UNHEARD]),
    ({"last_sign_in": None}, [concerns.QUIET]),
    ({"last_sign_in": QUIET_SINCE_MAY}, [concerns.QUIET]),
    ({"last_sign_in": None, "status": Status.LOCKED}, []),
    ({"is_late": True, "last_sign_in": None, "due_on": date(2026, 11, 19)}, [concerns.LATE, concerns.QUIET]),
    ({"is_exempt": True, "able": 0, "last_sign_in": None, "waits_since": QUIET_SINCE_MAY}, []),
]


@pytest.mark.parametrize(("values", "weights"), CASES)
def test_a_unit_is_rung_for_each_reason_it_has_and_for_no_other(values: dict[str, object], weights: list[int]) -> None:
    found = concerns.concerns([replace(UNIT, **values)], SEASON)
    assert [reason.weight for one in found for reason in one.reasons] == weights


def test_nobody_is_quiet_in_the_first_two_weeks() -> None:
    silent = replace(UNIT, last_sign_in=None)
    early = replace(SEASON, today=date(2026, 10, 25))
    assert concerns.concerns([silent], early) == []
    assert concerns.concerns([silent], replace(early, today=date(2026, 10, 26)))


def test_the_worst_stands_first_and_of_the_same_weight_the_names_order() -> None:
    late = {"is_late": True, "due_on": date(2026, 11, 19)}
    units = [
        replace(UNIT, pk=1, sort_key="b", able=0),
        replace(UNIT, pk=2, sort_key="c", **late),
        replace(UNIT, pk=3, sort_key="a", **late),
        replace(UNIT, pk=4, sort_key="d", able=0, **late),
    ]
    assert [one.unit.pk for one in concerns.concerns(units, SEASON)] == [4, 3, 2, 1]


def test_the_reasons_say_how_much() -> None:
    unit = replace(
        UNIT,
        is_late=True,
        due_on=date(2026, 11, 19),
        files=(file(1_500, is_current=True),),
        rows_before=3_000,
        waits_since=NOW - timedelta(days=5),
    )
    [found] = concerns.concerns([unit], SEASON)
    texts = [reason.text for reason in found.reasons]
    assert texts == [
        "Försenad 1 dag: ingen fil som gick att läsa har kommit.",
        "Filen är 50 % mindre än förra årets: 1\u202f500 rader mot 3\u202f000 förra året.",
        "Enheten har väntat på svar från SKR i 5 dagar.",
    ]


# The curve ------------------------------------------------------------------------------------------------------------


def on(day: int, before: str, after: str, count: int = 1) -> Move:
    """Moves so many days from the last day."""
    return Move(DUE + timedelta(days=day), before, after, count)


def made(*moves: Move, total: int = 10, year: int = 2026) -> Curve:
    """A year's curve."""
    return curve.curve(year=year, total=total, due=DUE, moves=moves)


def test_each_step_is_counted_to_the_end_of_each_day() -> None:
    found = made(
        on(-9, Status.NOT_STARTED, Status.RECEIVED, 4),
        on(-8, Status.RECEIVED, Status.UNDER_REVIEW, 4),
        on(-5, Status.UNDER_REVIEW, Status.HANDED_IN, 3),
        on(-2, Status.SKR_REVIEW, Status.APPROVED, 2),
    )
    assert [found.at(Step.RECEIVED, day) for day in (-10, -9, 0)] == [0, 4, 4]
    assert [found.at(Step.HANDED_IN, day) for day in (-6, -5, 0)] == [0, 3, 3]
    assert [found.at(Step.APPROVED, day) for day in (-3, -2)] == [0, 2]
    assert found.share(Step.HANDED_IN, 0) == 0.3


def test_what_goes_back_is_taken_away_again() -> None:
    found = made(
        on(-9, Status.NOT_STARTED, Status.RECEIVED, 2),
        on(-9, Status.RECEIVED, Status.NOT_STARTED),  # the first file was refused
        on(-7, Status.UNDER_REVIEW, Status.HANDED_IN, 2),
        on(-6, Status.SKR_REVIEW, Status.RETURNED),
        on(-4, Status.NOT_STARTED, Status.HANDED_IN),  # nobody was employed
        on(40, Status.APPROVED, Status.LOCKED, 2),  # the year is closed: nothing comes to
    )
    assert [found.at(Step.RECEIVED, day) for day in (-9, -4)] == [1, 2]
    assert [found.at(Step.HANDED_IN, day) for day in (-7, -6, -4)] == [2, 1, 2]
    assert found.at(Step.APPROVED, 40) == 0


FORECASTS: list[tuple[int, int, int, int, int | None]] = [
    # handed in now of 10, then of 20, on the last day of 20, days from the last day, expected
    (2, 4, 12, -5, 6),  # of the 16 left 8 came: so will 4 of the 8 that are left now
    (0, 0, 20, -30, 10),
    (9, 10, 10, -5, 9),  # nobody more came
    (2, 20, 20, -5, None),  # nobody was left
    (2, 0, 0, -5, None),  # nobody came at all
    (2, 4, 12, 0, None),  # the last day is here
    (2, 4, 12, 3, None),
]


@pytest.mark.parametrize(("now", "then", "in_time", "day", "expected"), FORECASTS)
def test_those_who_are_left_are_expected_to_do_as_last_year(now: int, then: int, in_time: int, day: int, expected: int | None):
    this = made(on(-40, Status.UNDER_REVIEW, Status.HANDED_IN, now))
    last = made(
        on(-40, Status.UNDER_REVIEW, Status.HANDED_IN, then),
        on(-1, Status.UNDER_REVIEW, Status.HANDED_IN, in_time - then),
        total=20,
        year=2025,
    )
    found = curve.forecast(this, last, day)
    assert (found.expected if found else None) == expected


def test_without_a_year_before_there_is_no_forecast() -> None:
    assert curve.forecast(made(), None, -5) is None


# Groups ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "key"),
    [(None, "okand"), (0, "0-499"), (499, "0-499"), (500, "500-1999"), (4_999, "2000-4999"), (15_000, "15000-")],
)
def test_a_unit_is_of_the_class_its_rows_fall_in(rows: int | None, key: str) -> None:
    assert breakdown.size_of(rows) == key


def test_the_classes_follow_each_other_without_a_gap() -> None:
    assert [one.below for one in breakdown.SIZES[:-1]] == [one.least for one in breakdown.SIZES[1:]]
    assert breakdown.SIZES[-1].below is None


def test_the_size_is_of_this_years_file_and_without_one_of_last_years() -> None:
    both = replace(UNIT, files=(file(10), file(20, is_current=True)), rows_before=30)
    assert [both.size, replace(both, files=(file(10),)).size, UNIT.size] == [20, 30, None]


def test_a_group_counts_its_units_and_the_exempt_nowhere() -> None:
    units = [
        replace(UNIT, status=Status.NOT_STARTED, is_late=True),
        replace(UNIT, status=Status.HANDED_IN),
        replace(UNIT, status=Status.LOCKED),
        replace(UNIT, status=Status.LOCKED, is_exempt=True),
        replace(UNIT, code="F12", status=Status.RETURNED),
    ]
    found = breakdown.breakdown(units, lambda one: one.county or "okand", {"03": "Uppsala", "04": "Södermanland"})
    assert [(line.key, line.label, line.total) for line in found] == [("04", "Södermanland", 3), ("okand", "okand", 1)]
    first = found[0]
    assert (first.received, first.handed_in, first.approved, first.late, first.percent) == (2, 2, 1, 1, 66)


@pytest.mark.django_db
def test_a_year_before_without_history_is_not_compared_with(scene: Scene) -> None:
    this = Collection.objects.get(year=2026)
    now, before = curve.curves_of(this)
    assert now.at(Step.RECEIVED, 0) == 2
    assert before is not None
    assert before.at(Step.APPROVED, 60) == 2
    SubmissionEvent.objects.filter(submission__collection__year=2025).delete()
    assert curve.curves_of(this)[1] is None
