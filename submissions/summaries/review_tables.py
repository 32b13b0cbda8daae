"""The review tables (domain README 4.4): what each shows. How its numbers are counted stands in `concepts` and `grid`."""

from __future__ import annotations

import polars as pl

from submissions.summaries.concepts import NONE, UNKNOWN
from submissions.summaries.grid import Column, Measure, Table

COUNTED = pl.col("counted")
MONTHLY, HOURLY = COUNTED & (pl.col("form") == "manad"), COUNTED & (pl.col("form") == "tim")
WOMEN, MEN = pl.col("sex") == "kvinna", pl.col("sex") == "man"

POSTS = Column("poster", "Poster", Measure.ROWS)
EMPLOYMENTS = Column("anstallningar", "Anställningar", Measure.ROWS, COUNTED)
EMPLOYEES = Column("anstallda", "Anställda", Measure.PERSONS, COUNTED)
WORKING = Column("sysselsatta", "Sysselsatta", Measure.PERSONS, COUNTED & ~pl.col("away"))
AWAY = Column("lediga", "Helt lediga", Measure.PERSONS, COUNTED & pl.col("away"))
FTE = Column("arsarbetare", "Faktiska årsarbetare", Measure.FTE, COUNTED)


def _ansvar(code: str, label: str) -> Column:
    return Column(f"ansvar-{code.lower()}", label, Measure.ROWS, COUNTED & (pl.col("ansvar") == code))


POPULATIONS = Table(
    "populationer",
    "Poster, anställda och sysselsatta",
    "Så blir filens poster till anställningar, anställda och årsarbetare.",
    ((), ("form",), ("sex",)),
    (POSTS, EMPLOYMENTS, EMPLOYEES, WORKING, AWAY, FTE),
)
GROUPS = Table(
    "personalgrupper",
    "Anställda och årsarbetare per personalgrupp",
    "Har någon grupp vuxit eller krympt mer än ni väntar er?",
    ((), ("group",)),
    (EMPLOYEES, FTE),
    chart="arsarbetare",
)
EMPLOYED = Table(
    "anstallningar",
    "Anställningar per personalgrupp",
    "Månads- och timavlönade var för sig, med de årsarbetare som de ger.",
    ((), ("group",)),
    (
        EMPLOYMENTS,
        Column("manad", "Månadsavlönade", Measure.ROWS, MONTHLY),
        Column("tim", "Timavlönade", Measure.ROWS, HOURLY),
        FTE,
    ),
)
ETIKETTER = Table(
    "etiketter",
    "Anställda per AID-etikett",
    "Etikett för etikett, med sysselsatta och helt lediga.",
    ((), ("group",), ("group", "etikett")),
    (EMPLOYMENTS, EMPLOYEES, WORKING, AWAY, FTE),
)
VERKSAMHETER = Table(
    "verksamheter",
    "Verksamhet och personalgrupp",
    "Vilka personalgrupper som arbetar i varje verksamhet, i antal och som andel av verksamhetens anställda.",
    ((), ("verksamhet",), ("verksamhet", "group")),
    (EMPLOYEES, Column("andel", "Andel, %", Measure.SHARE, COUNTED)),
)
AGES = Table(
    "alder",
    "Ålder och kön",
    "Anställda efter ålder och kön, för alla och per personalgrupp.",
    ((), ("age",), ("group",), ("group", "age")),
    (
        Column("kvinnor", "Kvinnor", Measure.PERSONS, COUNTED & WOMEN),
        Column("man", "Män", Measure.PERSONS, COUNTED & MEN),
        EMPLOYEES,
    ),
    chart="pyramid",
)
SHARES = Table(
    "sysselsattningsgrad",
    "Överenskommen sysselsättningsgrad",
    "Månadsavlönade anställningar efter hur mycket de är på, för kvinnor och män.",
    ((), ("band",), ("group",), ("group", "band")),
    (
        Column("kvinnor", "Kvinnor", Measure.ROWS, MONTHLY & WOMEN),
        Column("man", "Män", Measure.ROWS, MONTHLY & MEN),
        Column("manad", "Alla månadsavlönade", Measure.ROWS, MONTHLY),
    ),
    chart="grader",
)
PAY = Table(
    "loner",
    "Lön per personalgrupp och etikett",
    "Månadsavlönades överenskomna lön, omräknad till heltid. En tiondel har högst den 10:e percentilen, en tiondel minst den 90:e.",
    ((), ("group",), ("group", "etikett")),
    (
        Column("loner", "Löner", Measure.ROWS, MONTHLY & pl.col("salary").is_not_null()),
        Column("medel", "Medel", Measure.MEAN, MONTHLY),
        Column("p10", "10:e percentil", Measure.P10, MONTHLY),
        Column("median", "Median", Measure.MEDIAN, MONTHLY),
        Column("p90", "90:e percentil", Measure.P90, MONTHLY),
    ),
    chart="loner",
)
ANSVAR = Table(
    "ansvar",
    "Ansvarskoder",
    "A, B och C är chefer, F funktions- eller ämnesansvar, L annat ledningsansvar, M läkare med medicinskt ansvar.",
    ((), ("group",), ("group", "etikett")),
    (
        _ansvar("A", "A"),
        _ansvar("B", "B"),
        _ansvar("C", "C"),
        _ansvar("F", "F"),
        _ansvar("L", "L"),
        _ansvar("M", "M"),
        Column("annan", "Annan kod", Measure.ROWS, COUNTED & (pl.col("ansvar") == UNKNOWN)),
        Column("utan", "Utan ansvar", Measure.ROWS, COUNTED & (pl.col("ansvar") == NONE)),
    ),
)

TABLES: dict[str, Table] = {
    table.key: table for table in (POPULATIONS, GROUPS, EMPLOYED, ETIKETTER, VERKSAMHETER, AGES, SHARES, PAY, ANSVAR)
}
