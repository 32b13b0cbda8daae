"""The quality card's figures, and above all what is not shown: no cell rests on fewer than five."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.summaries import quality
from submissions.summaries.quality import LEAST, Facts, Line, Peer, Spread, compare, figures_of, hide_small, spread_of

FACTS = Facts(
    rows=2_000,
    rounds=3,
    days_before=-2,
    first_rows=1_990,
    first_findings=398,
    last_findings=40,
    corrections=30,
    women=1_500,
    men=400,
    monthly=1_700,
    mean_salary=34_500.0,
)
counts = st.lists(st.integers(min_value=0, max_value=60), min_size=1, max_size=6)
figure = st.one_of(st.none(), st.integers(min_value=-50, max_value=5_000).map(float))
peers = st.lists(
    st.builds(
        lambda kind, rows, rounds, values: Peer(kind, {**values, "rows": rows, "rounds": rounds}),
        st.sampled_from(["kommun", "region", "bolag"]),
        st.sampled_from([300, 2_000, 9_000, 60_000]),
        st.integers(min_value=1, max_value=7),
        st.fixed_dictionaries({one.key: figure for one in quality.MEASURES}),
    ),
    max_size=25,
)


@pytest.mark.parametrize(
    ("changed", "key", "value"),
    [
        ({}, "rounds", 3),
        ({}, "days_before", -2),
        ({}, "first_findings", 200.0),
        ({}, "last_findings", 20.0),
        ({}, "explained", 10.1),
        ({}, "corrected", 15.0),
        ({}, "women", 78.9),
        ({}, "salary", 34_500.0),
        ({"first_findings": 0}, "explained", None),
        ({"last_findings": 500}, "explained", 100.0),
        ({"rows": 0}, "last_findings", None),
        ({"women": 4}, "women", None),
        ({"men": 4}, "women", None),  # the rest would tell of the four
        ({"women": 5, "men": 5}, "women", 50.0),
        ({"monthly": 4}, "salary", None),
        ({"monthly": 5}, "salary", 34_500.0),
        ({"mean_salary": None}, "salary", None),
    ],
)
def test_a_figure_is_counted(changed: dict[str, object], key: str, value: object) -> None:
    assert figures_of(replace(FACTS, **changed))[key] == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        ([], None),
        ([1, 2, 3, 4], None),
        ([1, 2, 3, 4, None], None),
        ([5, 4, 3, 2, 1], Spread(5, 2, 3, 4)),
        ([1, 2, 3, 4, 5, 6], Spread(6, 2.25, 3.5, 4.75)),
        ([7, 7, 7, 7, 7, None], Spread(5, 7, 7, 7)),
    ],
)
def test_quartiles_need_five(values: list[float | None], spread: Spread | None) -> None:
    assert spread_of(values) == spread


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ([10, 20, 30], [10, 20, 30]),
        ([0, 20, 30], [0, 20, 30]),
        ([3, 20, 30], [None, None, 30]),  # three alone would be the rest
        ([1, 2, 30, 9], [None, None, 30, None]),  # one and two together are three
        ([4, 4, 30], [None, None, 30]),
        ([4], [None]),
        ([2, 0, 0, 7], [None, 0, 0, None]),
        ([0, 0], [0, 0]),
    ],
)
def test_small_counts_are_hidden_with_those_that_give_them_away(shown: list[int], hidden: list[int | None]) -> None:
    assert hide_small(shown) == hidden


@given(counts)
def test_no_count_that_is_shown_or_can_be_subtracted_is_of_fewer_than_five(given_counts: list[int]) -> None:
    shown = hide_small(given_counts)
    assert all(count is None or count == 0 or count >= LEAST for count in shown)
    hidden = [count for count, cell in zip(given_counts, shown, strict=True) if cell is None]
    if any(cell for cell in shown):  # something else is told, so that the rest can be had
        assert not hidden or (len(hidden) > 1 and sum(hidden) >= LEAST)
    assert all(cell is None or cell == count for count, cell in zip(given_counts, shown, strict=True))


@given(peers, st.sampled_from(["kommun", "region", "bolag"]), st.sampled_from([300.0, 2_000.0, 60_000.0]))
def test_nothing_that_is_told_of_others_rests_on_fewer_than_five_units(found: list[Peer], kind: str, rows: float) -> None:
    own = {**dict.fromkeys((one.key for one in quality.MEASURES), 1.0), "rows": rows}
    made = compare(own, kind, "enheter", found)
    same = [peer for peer in found if peer.kind == kind]
    assert made.units == 0 or made.units >= LEAST
    assert bool(made.group) == (len(same) >= LEAST)
    for line in made.lines:
        known = [peer for peer in same if peer.figures[line.measure.key] is not None]
        assert line.others is None or LEAST <= line.others.units <= min(made.units, len(known))
        assert line.others is None or line.others.low <= line.others.median <= line.others.high
    assert all(count is None or count == 0 or count >= LEAST for _, count in made.files)


@pytest.mark.parametrize(
    ("sizes", "group", "units"),
    [
        ([2_000] * 5 + [9_000] * 5, "kommuner med 1 000–4 999 rader", 5),
        ([2_000] * 4 + [9_000] * 5, "alla kommuner", 9),
        ([2_000] * 2 + [9_000] * 2, "", 0),
    ],
)
def test_similar_units_are_of_the_same_kind_and_size_where_they_are_five(sizes: list[int], group: str, units: int) -> None:
    own = figures_of(FACTS)
    others = [Peer("kommun", {**own, "rows": rows}) for rows in sizes] + [Peer("region", own)] * 9
    made = compare(own, "kommun", "kommuner", others)
    assert (made.group, made.units) == (group, units)


@pytest.mark.parametrize(
    ("own", "words"), [(1.0, quality.LOWER), (2.0, quality.LIKE), (4.0, quality.LIKE), (5.0, quality.HIGHER), (None, "")]
)
def test_where_the_unit_lies_is_said_in_words(own: float | None, words: str) -> None:
    line = Line(quality.MEASURES[0], own, Spread(5, 2, 3, 4))
    assert line.standing == words
    assert Line(quality.MEASURES[0], own, None).standing == ""


@given(st.floats(-1e6, 1e6) | st.none(), st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=9))
def test_the_picture_stays_inside_its_frame(own: float | None, values: list[float]) -> None:
    strip = quality.strip_of(Line(quality.MEASURES[0], own, spread_of(values)))
    assert strip is not None
    places = [strip.low, strip.low + strip.width, strip.median, *([] if strip.own is None else [strip.own])]
    assert all(0 <= place <= 101 for place in places)
    assert strip.low <= strip.median <= strip.low + strip.width + 1
