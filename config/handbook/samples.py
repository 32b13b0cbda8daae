"""The files that payroll vendors may try their export against, and what `check_file` says of them. Nobody in them lives.

Made from the settings that come with the product, as `demo_file` and `check_file` make them on a machine without a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from submissions import builtin, checking, reading, synthetic
from submissions.checking.report import RENDERERS, Report
from submissions.spec import CollectionSpec

UNIT = "0488"
ROWS, SEED = 60, 2
SLIPS = 0.1  # the share of rows with something wrong in the second file


@dataclass(frozen=True, slots=True)
class Sample:
    """One file: the word in its address, the name it is saved under, and the share of its rows with a fault."""

    slug: str
    name: str
    title: str
    defects: float

    @property
    def command(self) -> str:
        """How the same file is made by hand."""
        slips = f" --defects {self.defects}" if self.defects else ""
        return f"manage.py demo_file --unit {UNIT} --rows {ROWS} --seed {SEED}{slips} --year {builtin.LATEST}"


SAMPLES = {
    sample.slug: sample
    for sample in (
        Sample("utan-fel", "exempel-utan-fel.txt", "Utan fel", 0.0),
        Sample("med-fel", "exempel-med-fel.txt", "Med fel", SLIPS),
    )
}


def fits(collection: CollectionSpec) -> bool:
    """Whether the files have the year's layout; one that SKR has changed has no sample here."""
    return collection.layout == builtin.collection_spec(builtin.LATEST).layout


@cache
def content(slug: str) -> bytes:
    """The file."""
    return synthetic.delivery(UNIT, ROWS, SEED, SAMPLES[slug].defects, year=builtin.LATEST)


@cache
def report(slug: str, form: str) -> str:
    """What `check_file` prints of it, as text or json."""
    collection = builtin.collection_spec(builtin.LATEST)
    unit = next(unit for unit in builtin.units() if unit.code == UNIT)
    read = reading.read_parts([content(slug)], collection.layout)
    names = {known.code: known.name for known in builtin.units()}
    context = checking.Context(
        unit_code=unit.code, unit_kind=unit.kind, collection=collection, firsts=read.firsts, unit_names=names
    )
    made = Report(
        file_name=SAMPLES[slug].name, unit=unit, collection=collection, reading=read, findings=checking.run(read, context)
    )
    return RENDERERS[form](made)


@cache
def value(number: int) -> str:
    """What stands in the field in the file without faults: the first value that is not empty; "" where none is."""
    rows = content("utan-fel").decode(synthetic.ENCODING).splitlines()
    values = (row.split(";")[number - 1] for row in rows if row.count(";") >= number - 1)
    return next((found for found in values if found.strip("0 ")), "")
