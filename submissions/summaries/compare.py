"""Person by person: this year's anställningar joined to last year's, and what became of each.

Two anställningar are the same where person and anställningsnummer are; of what is left, where person and etikett are;
and of what is left then, in the order of the file, where the person is. A person in one year only has come or gone. So a
new numbering of the anställningar does not make everybody new, and a person with several anställningar is joined one to one.
"""

from __future__ import annotations

import polars as pl

from submissions.summaries.grid import Column, Measure, Table
from submissions.summaries.selection import BEFORE

STEPS = {
    "lagre": "Lägre lön",
    "lika": "Samma lön",
    "0-2": "Upp till 2 %",
    "2-4": "2–4 %",
    "4-6": "4–6 %",
    "6-10": "6–10 %",
    "10-": "Mer än 10 %",
}
STEP_COLUMNS = tuple(f"steg-{key.strip('-')}" for key in STEPS)
ENDS = frozenset({"lagre", "10-"})  # the steps that are worth a look where they are common
KEYS = (("person", "key"), ("person", "etikett"), ("person",))
CARRIED = ("row", "etikett", "group", "avtal", "share", "salary")


def join(now: pl.DataFrame, before: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both years' prepared rows, joined: this year's with what they were, last year's with whether they are left.

    This year's get `etikett_before`, `group_before`, `avtal_before`, `share_before`, `salary_before`, `raise` (percent),
    `step` (a key of STEPS, null where a salary is missing), `paired` (has last year's anställning) and `stays` (the person
    was there). Last year's get `stays` (the person is still there). Only anställningar of a person are joined.
    """
    pairs = _pairs(now, before)
    was = before.select(pl.col("row").alias("row_before"), *(pl.col(name).alias(f"{name}_before") for name in CARRIED[1:]))
    joined = now.join(pairs, on="row", how="left", maintain_order="left").join(
        was, on="row_before", how="left", maintain_order="left"
    )
    change = 100 * (pl.col("salary") / pl.col("salary_before") - 1)
    joined = joined.with_columns(
        pl.col("row_before").is_not_null().alias("paired"),
        _stays(now, before),
        change.alias("raise"),
        pl.when(change < 0)
        .then(pl.lit("lagre"))
        .when(change == 0)
        .then(pl.lit("lika"))
        .when(change <= 2)
        .then(pl.lit("0-2"))
        .when(change <= 4)
        .then(pl.lit("2-4"))
        .when(change <= 6)
        .then(pl.lit("4-6"))
        .when(change <= 10)
        .then(pl.lit("6-10"))
        .when(change > 10)
        .then(pl.lit("10-"))
        .alias("step"),
    )
    return joined, before.with_columns(_stays(before, now))


def _stays(mine: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """True on an anställning of a person who has one in the other year too."""
    theirs = others.filter(pl.col("counted") & pl.col("person").is_not_null())["person"].unique()
    return (mine["counted"] & mine["person"].is_in(theirs.implode())).fill_null(False).alias("stays")


def _pairs(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """`row` and `row_before` of the anställningar that are the same."""
    columns = ["row", "person", "key", "etikett"]
    left, right = (
        side.filter(pl.col("counted") & pl.col("person").is_not_null()).select(columns).sort("row") for side in (now, before)
    )
    found = []
    for keys in KEYS:
        pairs = _numbered(left, keys).join(_numbered(right, keys), on=["mark", "nth"], suffix="_before")
        pairs = pairs.select("row", "row_before")
        found.append(pairs)
        left = left.join(pairs, on="row", how="anti", maintain_order="left")
        right = right.join(pairs, left_on="row", right_on="row_before", how="anti", maintain_order="left")
    return pl.concat(found)


def _numbered(rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """The rows marked by their keys, with a number among those that have the same mark, so that they are joined one to one.

    A mark is 64 bits: that two keys of 75 000 share one is less likely than one in a thousand million. Only the few rows
    that share a mark are numbered; to number all costs as much as everything else together.
    """
    marked = rows.select("row", pl.struct(keys).hash().alias("mark"))
    shared = marked["mark"].is_duplicated()
    alone = marked.filter(~shared).with_columns(pl.lit(0, pl.UInt32).alias("nth"))
    return pl.concat(
        [alone, marked.filter(shared).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).over("mark").alias("nth"))]
    )


COUNTED, STAYS, PAIRED = pl.col("counted"), pl.col("stays"), pl.col("paired")
HAD_SHARE = PAIRED & pl.col("share").is_not_null() & pl.col("share_before").is_not_null()

PEOPLE = Table(
    "personer",
    "Nya och inte kvar",
    "Den som inte är kvar räknas i den grupp hon hade före, alla andra i den de har nu.",
    ((), ("group",), ("group", "etikett")),
    (
        Column("fore", "Anställda före", Measure.PERSONS, COUNTED, BEFORE),
        Column("slutat", "Inte kvar", Measure.PERSONS, COUNTED & ~STAYS, BEFORE, of=("fore",)),
        Column("nya", "Nya", Measure.PERSONS, COUNTED & ~STAYS, of=("nu",)),
        Column("nu", "Anställda nu", Measure.PERSONS, COUNTED, since="fore"),
    ),
    chart="rorlighet",
)
CHANGES = Table(
    "andringar",
    "Ändrat för dem som är kvar",
    "Anställningar som fanns också före, och vad som är annorlunda nu.",
    ((), ("group",), ("group", "etikett")),
    (
        Column("kvar", "Anställningar kvar", Measure.ROWS, PAIRED),
        Column(
            "bytt-etikett", "Bytt etikett", Measure.ROWS, PAIRED & (pl.col("etikett") != pl.col("etikett_before")), of=("kvar",)
        ),
        Column("hojd", "Gått upp i tid", Measure.ROWS, HAD_SHARE & (pl.col("share") > pl.col("share_before")), of=("kvar",)),
        Column("sankt", "Gått ned i tid", Measure.ROWS, HAD_SHARE & (pl.col("share") < pl.col("share_before")), of=("kvar",)),
        Column("bytt-avtal", "Bytt avtal", Measure.ROWS, PAIRED & (pl.col("avtal") != pl.col("avtal_before")), of=("kvar",)),
    ),
)
PAY_STEPS = Table(
    "lonesteg",
    "Lönesteg",
    "Månadsavlönade som är kvar, efter hur mycket lönen har ändrats.",
    ((), ("group",), ("group", "etikett")),
    (
        Column("ratio", "Median, %", Measure.RAISE, PAIRED, of=STEP_COLUMNS),
        *(
            Column(name, label, Measure.ROWS, pl.col("step") == key, of=STEP_COLUMNS if key in ENDS else ())
            for name, (key, label) in zip(STEP_COLUMNS, STEPS.items(), strict=True)
        ),
    ),
    chart="steg",
)
MOVES = Table(
    "etikettbyten",
    "Etikettbyten",
    "Från vilken etikett till vilken. Många i samma byte kan vara en omkodning som ni känner igen, eller ett misstag.",
    (("etikett_before", "etikett"),),
    (Column("bytt", "Anställningar", Measure.ROWS, PAIRED & (pl.col("etikett") != pl.col("etikett_before"))),),
)

COMPARISONS: dict[str, Table] = {table.key: table for table in (PEOPLE, CHANGES, PAY_STEPS, MOVES)}
