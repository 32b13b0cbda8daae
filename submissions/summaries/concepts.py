"""What the review tables count, defined once: a frame of texts in, the same rows with their concepts out.

The concepts are those of SKR's published tables (domain README 1.1, source S12; årsarbetare: S9). Where the sources are
silent the choice is ours and marked *assumed*; SKR can change it here and nowhere else.

- **Post**: one row of the file.
- **Anställning**: a post that belongs to the population: månadsavlönad with an employment on the day of measurement, or
  timavlönad with worked hours in November. An empty date sets no bound. (Inferred from S9, S12, S13.)
- **Anställd**: a person with at least one anställning, by field 7 as it stands. A person in two groups counts in both and
  once in their sum, so groups may add up to more than the whole.
- **Helt ledig**: an anställd whose every anställning has field 27 at 100 percent. **Sysselsatt**: every other anställd, so
  the two add up to the anställda on every line. (Person by person: *assumed*.)
- **Faktiska årsarbetare**: for a månadsavlönad field 20 × (1 − field 27); for a timavlönad the worked hours over 165, the
  hours of a full-time month in AB (*assumed*). Helt lediga count as nothing.
- **Lön**: field 22 of månadsavlönade anställningar, whole kronor for full time. Percentiles between two values are
  interpolated on the line between them.

Codes become keys that may stand in an address. A code that is in no list becomes `okand`, whatever stood in the file: so
no value of a file, which may hold anything, can reach an address.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from submissions.spec import REGION, CollectionSpec

WHOLE = 10_000  # hundredths of a percent
FULL_TIME_HOURS = 165  # of a month, by AB
UNKNOWN, MISSING, NONE = "okand", "saknas", "ingen"
YOUNGEST = 13  # a two-digit year is the latest one that makes the person at least this old

AGE_BANDS = {
    "0-19": "Under 20 år",
    **{f"{low}-{low + 4}": f"{low}–{low + 4} år" for low in range(20, 65, 5)},
    "65-": "65 år och över",
}
SHARE_BANDS = {
    "1-24": "Under 25 %",
    "25-39": "25–39 %",
    "40-49": "40–49 %",
    "50-59": "50–59 %",
    "60-74": "60–74 %",
    "75-79": "75–79 %",
    "80-89": "80–89 %",
    "90-99": "90–99 %",
    "100": "100 %",
}
FORMS = {"manad": "Månadsavlönade", "tim": "Timavlönade", UNKNOWN: "Avlöningsform saknas"}
SEXES = {"kvinna": "Kvinnor", "man": "Män", UNKNOWN: "Kön kan inte läsas ur personnumret"}


@dataclass(frozen=True)
class Terms:
    """The year's words: when is measured, which etikett belongs to which personalgrupp, and what codes are called."""

    measurement_day: date
    groups: Mapping[str, str]  # etikett: key of its personalgrupp
    group_names: Mapping[str, str]  # key of a personalgrupp: its name
    etiketter: Mapping[str, str]
    verksamheter: Mapping[str, str]
    ansvar: Mapping[str, str]
    avtal: Mapping[str, str]

    @classmethod
    def of(cls, collection: CollectionSpec, unit_kind: str) -> Terms:
        """The terms of a year for such a unit; kommunalförbund and companies are grouped as kommuner."""
        aid = collection.lists["aid"].codes
        names = {c.code: (c.group_region if unit_kind == REGION else c.group_kommun) for c in aid.values()}

        def labels(kind: str) -> dict[str, str]:
            return {c.code: c.label for c in collection.lists[kind].codes.values()} if kind in collection.lists else {}

        return cls(
            measurement_day=collection.measurement_day,
            groups={code: key_of(name) for code, name in names.items() if name},
            group_names={key_of(name): name for name in names.values() if name},
            etiketter=labels("aid"),
            verksamheter=labels("verksamhet"),
            ansvar=labels("ansvar"),
            avtal=labels("lonekollektivavtal"),
        )

    def year_before(self) -> Terms:
        """The same words for last year's rows: both years are grouped by this year's list, so that they compare."""
        day = self.measurement_day
        return replace(self, measurement_day=day.replace(year=day.year - 1, day=min(day.day, 28)))

    @cached_property
    def fingerprint(self) -> int:
        """What tells these words from others, within this process."""
        parts = (self.groups, self.group_names, self.etiketter, self.verksamheter, self.ansvar, self.avtal)
        return hash((self.measurement_day, *(tuple(part.items()) for part in parts)))


def key_of(name: str) -> str:
    """A name as a key of small ASCII letters, digits and hyphens: "Måltidsarbete" gives "maltidsarbete"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or UNKNOWN


def prepare(frame: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """The rows with their concepts, one row per post in the frame's order; values that are no numbers count as empty.

    Columns: `row`; `person` (a number, null where field 7 is empty) and `key` (field 40); the keys `form`, `sex`, `age`,
    `band`, `etikett`, `group`, `verksamhet`, `ansvar`, `avtal`; `share` (hundredths of a percent), `salary` (kronor, of
    månadsavlönade), `fte`; and the Booleans `counted` (an anställning) and `away` (its person is helt ledig).
    """
    day = terms.measurement_day
    first, last = day.year * 10_000 + day.month * 100 + day.day, day.year * 10_000 + 1130
    numbers = frame.lazy().select(
        "row",
        pl.coalesce(
            pl.col("f7").cast(pl.Int64, strict=False),
            pl.when(pl.col("f7").is_not_null()).then(pl.col("f7").hash().reinterpret(signed=True)),
        ).alias("person"),
        pl.col("f40").alias("key"),
        pl.when(pl.col("f7").str.len_bytes() == 10).then(pl.col("f7").cast(pl.Int64, strict=False)).alias("number"),
        _keyed("f9", terms.etiketter).alias("etikett"),
        _keyed("f5", terms.verksamheter).alias("verksamhet"),
        _keyed("f10", terms.ansvar, empty=NONE).alias("ansvar"),
        _keyed("f15", terms.avtal).alias("avtal"),
        pl.when(pl.col("f17") == "1")
        .then(pl.lit("manad"))
        .when(pl.col("f17") == "2")
        .then(pl.lit("tim"))
        .otherwise(pl.lit(UNKNOWN))
        .alias("form"),
        *(_number(n).alias(f"i{n}") for n in (18, 19, 20, 22, 25, 27)),
    )
    is_monthly, is_hourly = pl.col("form") == "manad", pl.col("form") == "tim"
    has_begun = (pl.col("i18") <= pl.when(is_monthly).then(first).otherwise(last)).fill_null(True)
    has_not_ended = (pl.col("i19") >= first).fill_null(True)
    known = (
        numbers.with_columns(
            ((is_monthly & has_begun & has_not_ended) | (is_hourly & (pl.col("i25") > 0).fill_null(False))).alias("counted"),
            pl.col("etikett").replace_strict(terms.groups, default=UNKNOWN, return_dtype=pl.String).alias("group"),
            pl.when(is_monthly & pl.col("i20").is_between(1, WHOLE)).then(pl.col("i20")).alias("share"),
            pl.when(is_monthly & (pl.col("i22") > 0)).then(pl.col("i22")).alias("salary"),
            pl.col("i27").fill_null(0).clip(0, WHOLE).alias("absence"),
            _sex().alias("sex"),
            _age(day).alias("years"),
        )
        .with_columns(
            pl.when(is_monthly)
            .then(pl.col("share") / WHOLE * (1 - pl.col("absence") / WHOLE))
            .when(is_hourly)
            .then(pl.col("i25") / 100 / FULL_TIME_HOURS)
            .fill_null(0.0)
            .alias("fte"),
            _banded(pl.col("years"), AGE_BANDS, YOUNGEST + 100).alias("age"),
            _banded(pl.col("share") // 100, SHARE_BANDS, 100).alias("band"),
            (pl.col("counted") & (pl.col("absence") < WHOLE)).alias("works"),
        )
        .collect()
    )
    idle = known.filter(pl.col("counted") & ~pl.col("works") & pl.col("person").is_not_null()).select("row", "person")
    away = pl.col("row").is_in(idle.join(known.filter("works"), on="person", how="anti")["row"].implode())
    return known.with_columns(away.alias("away")).drop("number", "i18", "i19", "i20", "i22", "i25", "i27", "years", "works")


def _number(n: int) -> pl.Expr:
    text = pl.col(f"f{n}")
    return pl.when(text >= "0").then(text.cast(pl.Int64, strict=False))  # a cast takes a sign, which sorts before "0"


def _keyed(column: str, labels: Mapping[str, str], empty: str = MISSING) -> pl.Expr:
    """The code where it is in the list, else a word for that it is not."""
    text = pl.col(column)
    return pl.when(text.is_null()).then(pl.lit(empty)).when(text.is_in(list(labels))).then(text).otherwise(pl.lit(UNKNOWN))


def _sex() -> pl.Expr:
    odd = pl.col("number") // 10 % 10 % 2
    return pl.when(odd == 0).then(pl.lit("kvinna")).when(odd == 1).then(pl.lit("man")).otherwise(pl.lit(UNKNOWN))


def _age(day: date) -> pl.Expr:
    """The age on that day, null where field 7 holds no month and day. Days 61–91 are samordningsnummer."""
    born = pl.col("number") // 10_000
    two, month, date_ = born // 10_000, born // 100 % 100, born % 100
    in_month = pl.when(date_ > 60).then(date_ - 60).otherwise(date_)
    is_later = (month * 100 + in_month > day.month * 100 + day.day).cast(pl.Int64)
    age = (day.year - YOUNGEST - is_later - two) % 100 + YOUNGEST
    return pl.when(month.is_between(1, 12) & in_month.is_between(1, 31)).then(age)


def _banded(number: pl.Expr, bands: Mapping[str, str], top: int) -> pl.Expr:
    """The key of the band that a whole number from 0 to `top` lies in; `saknas` where there is no number."""
    lows = [int(key.split("-")[0]) for key in bands]
    keys = list(bands)
    by_number = pl.Series([keys[max(bisect_right(lows, value) - 1, 0)] for value in range(top + 1)])
    return pl.lit(by_number).gather(number.clip(0, top).cast(pl.UInt32)).fill_null(MISSING)
