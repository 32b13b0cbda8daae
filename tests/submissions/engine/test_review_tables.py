"""The review tables against the oracle, and the comparison of persons against a handful of rows told one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from submissions import builtin, frames, reading, synthetic
from submissions.summaries import charts, compare, concepts, differences, grid, labels, standing_out
from submissions.summaries.differences import Difference
from submissions.summaries.grid import Line
from submissions.summaries.review_tables import AGES, ETIKETTER, PAY, POPULATIONS, SHARES, TABLES, VERKSAMHETER
from submissions.summaries.selection import BEFORE
from tests.oracle import review

SPEC = builtin.collection_spec(2026)
TERMS = concepts.Terms.of(SPEC, "kommun")
Row = review.Row


@pytest.fixture(scope="module", params=[(7, 0.0), (8, 0.5)])
def frame(request: pytest.FixtureRequest) -> pl.DataFrame:
    """A right file, and one where half the rows have a slip."""
    seed, slips = request.param
    return reading.read(synthetic.delivery("0488", 500, seed, slips), SPEC.layout).frame


def lines(table: grid.Table, frame: pl.DataFrame) -> dict[str, Line]:
    made = grid.build(table, grid.aggregate(table, concepts.prepare(frame, TERMS)))
    return {line.key: line for line in made.lines}


def values(line: Line) -> list[float | None]:
    return [cell.value for cell in line.cells]


def etikett(row: Row) -> str:
    code = row["f9"]
    return "saknas" if code is None else code if code in TERMS.etiketter else "okand"


def group(row: Row) -> str:
    return TERMS.groups.get(etikett(row), "okand")


FORMS = {"1": "manad", "2": "tim"}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (POPULATIONS, lambda row: f"f-{FORMS.get(row['f17'] or '', 'okand')}"),
        (POPULATIONS, lambda row: f"s-{review.sex(row)}"),
        (ETIKETTER, lambda row: f"g-{group(row)}"),
        (ETIKETTER, lambda row: f"g-{group(row)}.e-{etikett(row)}"),
    ],
)
def test_populations_are_as_the_oracle_counts(frame: pl.DataFrame, table: grid.Table, key: Callable[[Row], str]) -> None:
    rows, made = frame.to_dicts(), lines(table, frame)
    skipped = len(review.populations([], [])) - len(table.columns)  # a table without posts begins with anställningar
    for name, some in review.by(rows, key).items():
        expected = review.populations(some, rows)[skipped:]
        if any(expected):
            assert values(made[name]) == pytest.approx(expected), name


def test_pay_is_as_the_oracle_counts(frame: pl.DataFrame) -> None:
    made = lines(PAY, frame)
    for name, some in review.by(frame.to_dicts(), lambda row: f"g-{group(row)}.e-{etikett(row)}").items():
        expected = review.pay(some)
        if expected[0]:
            assert values(made[name]) == pytest.approx(expected), name


def test_ages_are_as_the_oracle_counts(frame: pl.DataFrame) -> None:
    def band(row: Row) -> str:
        age = review.age(row)
        if age is None:
            return "a-saknas"
        return "a-0-19" if age < 20 else "a-65-" if age >= 65 else f"a-{age // 5 * 5}-{age // 5 * 5 + 4}"

    made = lines(AGES, frame)
    for name, some in review.by([row for row in frame.to_dicts() if review.is_employment(row)], band).items():
        expected = [review.persons(row for row in some if review.sex(row) == sex) for sex in ("kvinna", "man")]
        if review.persons(some):
            assert values(made[name]) == [*expected, review.persons(some)], name


def test_degrees_are_as_the_oracle_counts(frame: pl.DataFrame) -> None:
    lows = [1, 25, 40, 50, 60, 75, 80, 90, 100, 101]
    names = {low: f"b-{low}-{high - 1}" if low < 100 else "b-100" for low, high in pairwise(lows)}

    def band(row: Row) -> str:
        share = review.number(row["f20"])
        if share is None or not 1 <= share <= 10_000:
            return "b-saknas"
        return names[max(low for low in names if low <= max(share // 100, 1))]

    monthly = [row for row in frame.to_dicts() if row["f17"] == "1" and review.is_employment(row)]
    made = lines(SHARES, frame)
    for name, some in review.by(monthly, band).items():
        women, men = (sum(review.sex(row) == sex for row in some) for sex in ("kvinna", "man"))
        assert values(made[name]) == [women, men, len(some)], name


def test_shares_are_of_the_line_they_lie_within(frame: pl.DataFrame) -> None:
    made = lines(VERKSAMHETER, frame)
    for key, line in made.items():
        employed, share = values(line)
        whole = values(made[key.rpartition(".")[0] or "alla"])[0]
        assert share == pytest.approx(100 * (employed or 0) / whole if whole else None)


def test_what_has_gone_stands_in_the_table_too() -> None:
    now = concepts.prepare(reading.read(synthetic.delivery("0488", 60, 7), SPEC.layout).frame, TERMS)
    some = now.filter(pl.col("group") != "forskollarare")
    made = grid.build(ETIKETTER, grid.aggregate(ETIKETTER, some), grid.aggregate(ETIKETTER, now))
    gone = next(line for line in made.lines if line.key == "g-forskollarare")
    assert [cell.value for cell in gone.cells] == [0] * 5
    assert (gone.cells[0].difference.before or 0) > 0


def test_no_value_of_the_file_reaches_a_line() -> None:
    rows = reading.read(synthetic.delivery("0488", 60, 7), SPEC.layout).frame
    secret = rows.with_columns(pl.lit("8001011234").alias(f"f{n}") for n in (5, 9, 10, 15, 17))
    for table in TABLES.values():
        assert not [key for key in lines(table, secret) if "8001011234" in key]


# Differences -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("difference", "is_notable"),
    [
        (Difference(110, 100), True),
        (Difference(109, 100), False),
        (Difference(44, 40), False),  # ten percent, but four
        (Difference(5, 0), True),
        (Difference(4, 0), False),
        (Difference(0, 5), True),
        (Difference(100, None), False),
        (Difference(33_000, 30_000, is_money=True, basis=5), True),
        (Difference(33_000, 30_000, is_money=True, basis=4), False),
        (Difference(32_900, 30_000, is_money=True, basis=5), False),
        (Difference(15, 10, is_share=True, basis=5), True),
        (Difference(15, 10, is_share=True, basis=4), False),
        (Difference(14.9, 10, is_share=True, basis=50), False),
    ],
)
def test_the_rule_of_what_is_marked(difference: Difference, is_notable: bool) -> None:
    assert difference.is_notable is is_notable
    assert f"{differences.LEAST_PERCENT:.0f} procent" in differences.RULE


# Person by person ------------------------------------------------------------------------------------------------------


def people(*given: tuple[str, str, str, str, str, str]) -> pl.DataFrame:
    """Prepared rows of (person, key, etikett, degree, salary, agreement)."""
    rows = [
        {"f7": who, "f40": key, "f9": code, "f20": share, "f22": pay, "f15": agreement, "f17": "1"}
        for who, key, code, share, pay, agreement in given
    ]
    frame = pl.DataFrame(rows, schema={f"f{n}": pl.String for n in frames.FIELD_NUMBERS})
    return concepts.prepare(frame.with_row_index("row", 1), TERMS)


A, B, C, D = "8001012384", "8102022381", "8203032388", "8304042385"
AIDE, TEACHER = "207008", "401010"


def joined() -> dict[str, list[float | None]]:
    """Everybody's line of each comparison of two small years."""
    before = people(
        (A, "1", TEACHER, "10000", "30000", "1"),
        (A, "2", TEACHER, "05000", "30000", "1"),
        (B, "3", AIDE, "07500", "28000", "1"),
        (C, "4", AIDE, "10000", "27000", "1"),
    )
    now = people(
        (A, "9", TEACHER, "05000", "31000", "1"),  # renumbered: the first of two that are left with the same etikett
        (A, "2", TEACHER, "05000", "30000", "1"),
        (B, "7", TEACHER, "10000", "28000", "2"),  # renumbered and another etikett: still B's
        (D, "8", AIDE, "10000", "27500", "1"),
    )
    mine, theirs = compare.join(now, before)
    made = {}
    for table in compare.COMPARISONS.values():
        merged = grid.merge(table, grid.aggregate(table, mine), grid.aggregate(table, theirs, BEFORE))
        made |= {f"{table.key}/{line.key}": values(line) for line in merged.lines}
    return made


def test_persons_and_employments_are_joined_one_to_one() -> None:
    made = joined()
    assert made["personer/alla"] == [3, 1, 1, 3]
    assert made["andringar/alla"] == [3, 1, 1, 1, 1]
    assert made["lonesteg/alla"] == [0, 0, 2, 0, 1, 0, 0, 0]
    assert made[f"etikettbyten/d-{AIDE}.e-{TEACHER}"] == [1]


def test_comings_and_goings_add_up(frame: pl.DataFrame) -> None:
    before = reading.read(synthetic.delivery("0488", 500, 7, previous=True), SPEC.layout).frame
    now, then = compare.join(concepts.prepare(frame, TERMS), concepts.prepare(before, TERMS.year_before()))
    merged = grid.merge(compare.PEOPLE, grid.aggregate(compare.PEOPLE, now), grid.aggregate(compare.PEOPLE, then, BEFORE))
    was, gone, new, are = values(next(line for line in merged.lines if line.key == "alla"))
    assert (was or 0) - (gone or 0) + (new or 0) == are
    assert gone
    assert new
    assert now["row"].to_list() == frame["row"].to_list()


def compared(table: grid.Table, **lines: list[float]) -> grid.Grid:
    """A table of comparison with those numbers, a line a word."""
    return grid.merge(
        table,
        pl.DataFrame(
            [{"line": key, **dict(zip([c.key for c in table.columns], numbers, strict=True))} for key, numbers in lines.items()]
        ),
        pl.DataFrame(
            [
                {"line": key, **{c.key: float(n) for c, n in zip(table.columns, numbers, strict=True) if c.source == BEFORE}}
                for key, numbers in lines.items()
            ]
        ),
    )


ALL_PEOPLE, ALL_STEPS = [1000.0, 100.0, 100.0, 1000.0], [3.0, 0.0, 10.0, 10.0, 970.0, 0.0, 0.0, 10.0]


@pytest.mark.parametrize(
    ("table", "everybody", "numbers", "marked"),
    [
        (compare.PEOPLE, ALL_PEOPLE, [100, 10, 10, 100], set()),
        (compare.PEOPLE, ALL_PEOPLE, [100, 20, 10, 91], {"slutat"}),
        (compare.PEOPLE, ALL_PEOPLE, [100, 19, 10, 91], set()),  # not twice everybody's tenth
        (compare.PEOPLE, ALL_PEOPLE, [10, 4, 4, 10], set()),  # too few
        (compare.PEOPLE, ALL_PEOPLE, [0, 0, 4, 39], {"nu"}),  # a group that has come
        (compare.PEOPLE, ALL_PEOPLE, [39, 39, 0, 0], {"slutat", "nu"}),  # a group that has gone
        (compare.PAY_STEPS, ALL_STEPS, [3.9, 0, 0, 0, 50, 0, 0, 0], set()),
        (compare.PAY_STEPS, ALL_STEPS, [4.0, 0, 0, 0, 50, 0, 0, 0], {"ratio"}),
        (compare.PAY_STEPS, ALL_STEPS, [9.0, 0, 0, 0, 4, 0, 0, 0], set()),  # a median of four
        (compare.PAY_STEPS, ALL_STEPS, [3.0, 5, 0, 0, 40, 0, 0, 5], {"steg-lagre", "steg-10"}),
        (compare.PAY_STEPS, ALL_STEPS, [3.0, 0, 40, 0, 0, 0, 0, 0], set()),  # a step that is not judged
    ],
)
def test_a_group_stands_out_from_everybody(
    table: grid.Table, everybody: list[float], numbers: list[float], marked: set[str]
) -> None:
    made = compared(table, **{"alla": everybody, "g-larare": [float(number) for number in numbers]})
    assert [set(one.columns) for one in standing_out.standing_out(made, 5)] == ([marked] if marked else [])


def test_what_is_least_like_chance_stands_first_and_no_more_than_asked_for() -> None:
    made = compared(
        compare.PEOPLE,
        **{"alla": ALL_PEOPLE, "g-a": [20.0, 6.0, 2.0, 20.0], "g-b": [90.0, 60.0, 9.0, 90.0], "g-b.e-1": [90.0, 90.0, 9.0, 90.0]},
        **{"g-c": [50.0, 15.0, 5.0, 50.0]},
    )
    assert [one.line.key for one in standing_out.standing_out(made, 2)] == ["g-b", "g-c"]
    assert standing_out.standing_out(grid.Grid(compare.PEOPLE, (), False), 5) == []


# Words and shapes ------------------------------------------------------------------------------------------------------


def test_last_year_is_measured_on_its_own_day() -> None:
    assert TERMS.year_before().measurement_day == date(2025, 11, 1)


def test_lines_stand_in_order_with_what_is_lacking_last() -> None:
    keys = ["g-okand", "g-vardbitraden", "g-administratorer", "a-65-", "a-saknas", "a-0-19", "alla"]
    assert sorted(keys, key=lambda key: labels.order(TERMS, key)) == [
        "alla", "a-0-19", "a-65-", "a-saknas", "g-administratorer", "g-vardbitraden", "g-okand",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [0.0, 1.0, 1e9])
def test_no_bar_leaves_the_picture(value: float) -> None:
    drawn = [
        charts.bars("", "", [charts.Bar("x", value, "", value / 2)], legend=("", "")),
        charts.pyramid("", "", [charts.Pair("x", value, value / 3, "", "")], legend=("", "")),
        charts.spans("", "", [charts.Span("x", value / 2, value, value * 2, "", value)], legend=("", "", "")),
    ]
    for chart in drawn:
        for box in chart.boxes:
            assert box.left >= -0.5
            assert box.left + box.width <= 100
            assert box.top + box.height <= chart.height + charts.GAP
