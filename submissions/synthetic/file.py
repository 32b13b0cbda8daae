"""The public functions: bytes of a delivery, with or without planted defects, and a region's kodförteckning."""

from __future__ import annotations

from submissions.synthetic import workforce
from submissions.synthetic.defects import Planted, plant
from submissions.synthetic.jobs import CARE
from submissions.synthetic.november import Row, local_position, rows_of
from submissions.synthetic.units import etikett_labels, unit

ENCODING = "cp1252"
NEWLINE = "\r\n"


def delivery(unit_code: str, rows: int, seed: int, defects: float = 0.0, previous: bool = False, year: int = 2026) -> bytes:
    """A November delivery in layout PS-2026.1: semicolons, Windows-1252, CRLF, no header, 40 fields.

    `defects` is the share of rows that get one planted slip each; `previous` gives the file of the year before, of the
    same unit: nine of ten people stay, pay is a yearly review lower, and positions that are new this year are missing.
    UnknownUnit where the code is not in enheter.csv; ValueError where rows < 1 or the share is not within 0-1.
    """
    return planted(unit_code, rows, seed, defects, previous, year)[0]


def planted(
    unit_code: str, rows: int, seed: int, defects: float = 0.0, previous: bool = False, year: int = 2026
) -> tuple[bytes, list[Planted]]:
    """As `delivery`, together with what was planted, in order of row: what the checks should find."""
    if rows < 1:
        raise ValueError("a delivery has at least one row")
    if not 0 <= defects <= 1:
        raise ValueError("the share of defects is between 0 and 1")
    its_unit = unit(unit_code)
    staff = workforce.build(its_unit, rows, seed, year)
    file_year = year - previous
    employments = workforce.year_before(staff, seed) if previous else staff.employments
    table = rows_of(its_unit, employments, file_year, seed)
    slips = plant(table, its_unit, file_year, seed, defects)
    return write(table), slips


def write(table: list[Row]) -> bytes:
    """Rows as the file has them."""
    return "".join(";".join(row[1:]) + NEWLINE for row in table).encode(ENCODING)


def position_list(unit_code: str) -> bytes:
    """A region's kodförteckning for field 14, kod;klartext: every code its synthetic deliveries use.

    UnknownUnit as in `delivery`. A kommun has national codes and needs no list; it gets the region's form all the same.
    """
    labels = etikett_labels()
    lines = []
    for job in workforce.jobs_of(unit(unit_code)):
        label = labels[job.etikett].split(" (delkod")[0]
        lines.append(f"{local_position(job.etikett, '1')};{label}")
        if job.rhythm == CARE:
            lines.append(f"{local_position(job.etikett, '2')};{label}, natt")
    return "".join(line + NEWLINE for line in sorted(lines)).encode(ENCODING)
