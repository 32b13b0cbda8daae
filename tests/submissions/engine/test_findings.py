"""Groups, masking, corrections and the first review table."""

from __future__ import annotations

import json

import polars as pl
import pytest

from submissions import checking, reading
from submissions.checking import group_rows, groups, masking, messages, sort_findings
from submissions.summaries import FIELDS, Summary, build
from tests.submissions.engine.rows import SPEC, TROSA, check, frame_of, hourly, on_rows, person, row

WRONG = person()[:9] + str((int(person()[9]) + 1) % 10)


def test_groups_are_causes_worst_first_and_largest_first():
    rows = [
        *(row({15: "8"}, key=key) for key in range(1, 4)),
        row({15: "Q"}, key=4),
        *(row({7: WRONG[:9] + WRONG[9]}, key=key) for key in range(5, 7)),
        *(row({9: "999999"}, key=key) for key in range(7, 12)),
        row({10: "A", 39: "N"}, key=12),
    ]
    found = check(rows)
    listed = groups(found.frame)
    assert [found.frame.row(first, named=True)["row"] for first in listed["first"]] == [1, 5, 4, 7]
    assert listed.drop("first").rows() == [
        ("KOD05", "fel", 15, "8", 3),
        ("FMT06", "fel", 7, None, 2),
        ("KOD05", "fel", 15, "Q", 1),
        ("KOD01", "varning", 9, "999999", 5),
    ]
    assert group_rows(found.frame, "KOD05", 15, "8")["row"].to_list() == [1, 2, 3]
    assert group_rows(found.frame, "FMT06", 7, None)["row"].to_list() == [5, 6]


def test_every_finding_is_in_one_group():
    rows = [row({15: "8", 4: "", 22: f"9{key}"}, key=key) for key in range(1, 9)]
    frame = check([*rows, hourly(key=20), hourly(key=20)]).frame
    listed = groups(frame)
    assert listed["rows"].sum() == frame.height
    for group in listed.iter_rows(named=True):
        assert group_rows(frame, group["check"], group["field"], group["value"]).height == group["rows"]


def test_no_findings_no_groups():
    nothing = check([row({10: "A"})]).frame
    assert groups(nothing).is_empty()
    assert sort_findings(nothing).is_empty()


def test_findings_know_their_rows():
    findings = check([row({15: "8", 4: ""}, key=1), row(key=2), row({15: "8"}, key=3)])
    assert findings.rows_with_findings == 2
    assert findings.rows == 3
    assert findings.counts == {"fel": 3, "varning": 1, "info": 0}
    assert sort_findings(findings.frame)["level"].to_list() == ["fel", "fel", "fel", "varning"]


@pytest.mark.parametrize("value", [WRONG, "19" + WRONG, WRONG[:6] + "-" + WRONG[6:], WRONG[:8], WRONG[:9] + "X"])
def test_personnummer_are_masked(value: str):
    findings = check([row({7: value})])
    found = findings.frame.filter(pl.col("row").is_not_null()).row(0, named=True)
    assert found["value"] == value
    hidden = messages.shown_value(found)
    assert hidden is not None
    assert "*" in hidden
    assert value[-4:] not in hidden
    assert value not in messages.render(found, SPEC)
    assert messages.shown_value(found, reveal=True) == value


def test_personnummer_are_masked_wherever_they_stand():
    found = check([row({40: person(), 6: f"konto {person()} x"})]).frame.filter(pl.col("row").is_not_null()).row(0, named=True)
    assert person() not in (messages.shown_key(found) or "")
    assert person() not in (messages.shown_value(found) or "")
    assert messages.shown_key(found, reveal=True) == person()
    assert masking.mask("A00012345") == "A00012345"
    assert masking.mask_field(3, "2120002841") == "2120002841"
    assert masking.mask_field(7, None) is None


def test_long_values_are_cut_in_findings():
    assert len(check([row({6: "x" * 5000})]).frame["value"][0]) == 100


# Corrections ----------------------------------------------------------------------------------------------------------


def test_corrections_lie_over_the_frame():
    frame = frame_of([row({15: "8"}, key=1), row({15: "8"}, key=2), row(key=3)])
    corrected = reading.apply_corrections(frame, [(1, 15, " a "), (2, 15, "9"), (2, 15, "2"), (3, 4, ""), (3, 19, "00000000")])
    assert corrected["f15"].to_list() == ["A", "2", "1"]
    assert corrected["f4"].to_list()[2] is None
    assert corrected.columns == frame.columns
    assert corrected.drop("f4", "f15").equals(frame.drop("f4", "f15"))
    assert frame["f15"].to_list() == ["8", "8", "1"]


def test_corrections_of_what_is_not_there_are_left_out():
    frame = frame_of([row()])
    assert reading.apply_corrections(frame, [(99, 15, "2"), (1, 8, "Anna"), (1, 41, "x"), (1, 0, "x"), (-1, 4, "x")]).equals(
        frame
    )
    assert reading.apply_corrections(frame, []).equals(frame)


def test_a_corrected_frame_is_checked_again():
    frame = frame_of([row({15: "8"}, key=1), row({4: ""}, key=2)])
    context = checking.Context(unit_code=TROSA, unit_kind="kommun", collection=SPEC)
    wrong = pl.DataFrame({"row": [3], "n": [39]}, schema={"row": pl.UInt32, "n": pl.UInt32})
    again = checking.run(reading.apply_corrections(frame, [(1, 15, "1")]), context, wrong_rows=wrong)
    assert on_rows(again) == [(2, "FMT03", 4), (3, "FIL02", None)]
    assert again.rows == 3


# Summaries ------------------------------------------------------------------------------------------------------------


def test_the_first_review_table():
    woman, man = person(0), person(1)
    away = {7: woman, 27: "10000", 28: "02"}
    rows = [row({7: woman, 20: "07500"}, key=1), row({**away, 20: "02500", 22: "40001"}, key=2), hourly({7: man}, key=3)]
    summary = build(frame_of(rows), frame_of(rows[:1]))
    values = {line.key: (line.value, line.previous) for line in summary.lines}
    assert values == {
        "posts": (3, 1),
        "employees": (2, 1),
        "monthly": (1, 1),
        "hourly": (1, 0),
        "absent": (0, 0),  # on leave from one employment, at work in the other
        "full_time_equivalents": (1.0, 0.8),
        "mean_salary": (38250, 36500),
        "women": (1, 1),
        "men": (1, 0),
    }
    assert summary["posts"].change_percent == 200.0
    assert summary["hourly"].change_percent is None
    assert Summary.from_dict(json.loads(json.dumps(summary.as_dict()))) == summary


def test_the_table_of_a_file_full_of_slips():
    summary = build(frame_of([row({7: "x", 17: "M", 20: "a", 22: "b", 27: "c"})]))
    assert summary["employees"].value == 1
    assert summary["mean_salary"].value is None
    assert summary["women"].value == 0


def test_no_other_field_changes_the_figures():
    """A correction of another field leaves them as they were, so that they need not be counted anew."""
    rows = [*(row(key=key) for key in range(1, 9)), hourly(key=20)]
    others = {number: "9" for number in range(1, 41) if number not in FIELDS}
    turned = [[others.get(number, value) for number, value in enumerate(values, 1)] for values in rows]
    assert build(frame_of(turned)) == build(frame_of(rows))
    read = {7: rows[1][6], 17: "2", 20: "05000", 22: "0040000", 27: "10000"}
    assert read.keys() == FIELDS
    for number, value in read.items():
        assert build(frame_of([row({number: value}), *rows[1:]])) != build(frame_of(rows))
