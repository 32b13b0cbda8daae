"""What each unit of the rehearsal does during the season. Pure: the same numbers give the same plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from submissions import builtin
from submissions.spec import KOMMUNALFORBUND, UnitSpec
from submissions.synthetic.chance import Chance

SEED = 2026
FEWEST_ROWS, MOST_ROWS = 20, 75_000
ROWS_OF_A_SMALL_UNIT = 300
SLIPS, FEWEST_SLIPS = 0.008, 6  # share of rows with a slip in a unit's first file, and how many at least


class Path(StrEnum):
    """When the unit hands in, and how."""

    EARLY = "early"  # well before the last day
    PEAK = "peak"  # on the last day, with most others
    GRANTED = "granted"  # by the later date that SKR gives
    LATE = "late"  # after the last day, uppskov declined
    NOBODY = "nobody"  # had no employees on the day
    EXEMPT = "exempt"  # SKR decides that it is not part of the year
    SILENT = "silent"  # never


@dataclass(frozen=True, slots=True)
class Course:
    """What happens to a unit beside its path."""

    path: Path
    tests: bool = False  # tries a test file
    asks: bool = False  # writes to SKR
    refused: bool = False  # first sends something that is no delivery
    returned: bool = False  # SKR sends it back once
    reopened: bool = False  # asks to open what is approved
    direct: bool = False  # asks for the few days that are given without a decision
    last_year: bool = False  # has last year's file to be compared with
    colleague: bool = False  # the Kontaktperson invites somebody who does the work


COURSES = (
    Course(Path.EARLY, tests=True, asks=True, last_year=True, colleague=True),
    Course(Path.PEAK),
    Course(Path.GRANTED, last_year=True),
    Course(Path.PEAK, refused=True),
    Course(Path.LATE),
    Course(Path.NOBODY),
    Course(Path.PEAK, returned=True, colleague=True),
    Course(Path.SILENT),
    Course(Path.EARLY, reopened=True),
    Course(Path.EXEMPT),
    Course(Path.PEAK, tests=True, last_year=True),
    Course(Path.GRANTED, direct=True),
    Course(Path.PEAK, asks=True),
    Course(Path.EARLY, returned=True),
    Course(Path.PEAK, colleague=True),
    Course(Path.PEAK, last_year=True),
)
"""Units take turns: eight of them meet every path but one, sixteen every course."""


@dataclass(frozen=True, slots=True)
class Part:
    """One unit's part in the season."""

    unit: UnitSpec
    course: Course
    rows: int
    seed: int

    @property
    def code(self) -> str:
        """The unit's code."""
        return self.unit.code

    @property
    def path(self) -> Path:
        """The path of its course."""
        return self.course.path


def most_units() -> int:
    """How many units there may be: every kommun and region, and as many made-up kommunalförbund as fit their codes."""
    return len(_active()) + 99


def parts(units: int, scale: float, seed: int = SEED) -> tuple[Part, ...]:
    """The plan of so many units: all kommuner and regioner in an order of chance, then made-up kommunalförbund.

    `scale` is the share of a unit's real number of employees that its file has, within 20–75 000 rows. Raises ValueError
    for other numbers than 1–`most_units()` and 0 < scale ≤ 1.
    """
    if not 1 <= units <= most_units():
        raise ValueError(f"units: 1-{most_units()}")
    if not 0 < scale <= 1:
        raise ValueError("scale: 0-1")
    chance = Chance("rehearsal", seed)
    real = chance.shuffled(_active())[:units]
    sizes = _sizes()
    made_up = [UnitSpec(f"88{n:02}", f"Kommunalförbundet nr {n}", KOMMUNALFORBUND) for n in range(1, units - len(real) + 1)]
    planned = [
        Part(unit, COURSES[n % len(COURSES)], _rows(sizes.get(unit.code, ROWS_OF_A_SMALL_UNIT), scale), seed + n)
        for n, unit in enumerate(real)
    ]
    planned += [Part(unit, Course(Path.NOBODY), 0, seed) for unit in made_up]
    return tuple(planned)


def _rows(employees: int, scale: float) -> int:
    return min(max(int(employees * scale), FEWEST_ROWS), MOST_ROWS)


def _active() -> Sequence[UnitSpec]:
    return [unit for unit in builtin.units() if unit.active]


def _sizes() -> dict[str, int]:
    table = builtin.read_table(builtin.DATA / str(builtin.LATEST) / "enheter_storlek.csv")
    return {row["kod"]: int(row["uppskattat_antal_anstallda"]) for row in table}
