"""Slips as they really happen, planted one a row: what was spoiled, and which check should find it where.

A few causes dominate in each file, since a wrong setting in the payroll system touches many rows while a slip of the
keyboard touches one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from config.lib import personnummer
from submissions.synthetic.chance import Chance, allot
from submissions.synthetic.november import Row
from submissions.synthetic.units import Unit

FEWEST_CAUSES, ROWS_PER_FURTHER_CAUSE = 5, 14
REMOVED_ETIKETT = "207006"
UNKNOWN_ACTIVITY = "519"
FULL_NAMES = ("Förskolan Äppelgården", "Särskilt boende Åbrinken", "Hemtjänsten Östra området")


@dataclass(frozen=True, slots=True, order=True)
class Planted:
    """One finding to expect: line number in the file, check, field (None: the whole row), and the cause in Swedish."""

    row: int
    check: str
    field: int | None
    cause: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A kind of slip. `fits` says which rows can have it; `spoil` changes the row in place."""

    name: str
    check: str
    field: int | None
    weight: float
    fits: Callable[[Row], bool]
    spoil: Callable[[Row, Chance, int], None]
    only: str = ""  # kommun or region; empty for both
    common: bool = False  # always among a file's causes


@dataclass(frozen=True, slots=True)
class PairCause:
    """A slip that makes two rows clash: `spoil(row, other)` changes the first only, the check finds both."""

    name: str
    check: str
    field: int | None
    weight: float
    fits: Callable[[Row], bool]
    spoil: Callable[[Row, Row], None]
    only: str = ""
    common: bool = False


def plant(rows: list[Row], unit: Unit, year: int, seed: int, share: float) -> list[Planted]:
    """Spoil `share` of the rows in place, at least one where the share is above 0; what was planted, in row order."""
    if share <= 0:
        return []
    chance = Chance(unit.code, len(rows), seed, year, share, "defects")
    wanted = max(1, int(len(rows) * share + 0.5))
    kind = "region" if unit.is_region else "kommun"
    possible = [cause for cause in CAUSES if cause.only in ("", kind)]
    chosen = _choose(possible, FEWEST_CAUSES + wanted // ROWS_PER_FURTHER_CAUSE, rows, chance)
    free = set(range(len(rows)))
    slips: list[Planted] = []
    left = wanted
    counts = allot(wanted, [cause.weight for cause in chosen])
    counts = _at_least_one(counts)
    for cause, count in zip(chosen, counts, strict=True):
        left -= _apply(cause, count, rows, free, slips, chance, year)
    for cause in (*chosen, *possible):
        if left <= 0:
            break
        left -= _apply(cause, left, rows, free, slips, chance, year)
    return sorted(slips, key=lambda slip: (slip.row, slip.check))


def _choose(possible: list[Cause | PairCause], count: int, rows: list[Row], chance: Chance) -> list[Cause | PairCause]:
    """The common causes, and others drawn by weight among those that some row fits, heaviest first."""
    usable = [cause for cause in possible if any(map(cause.fits, rows))]
    common = [cause for cause in usable if cause.common]
    others = [cause for cause in usable if not cause.common]
    while others and len(common) < count:
        target = chance.roll() * sum(cause.weight for cause in others)
        for cause in others:
            target -= cause.weight
            if target < 0:
                break
        others.remove(cause)
        common.append(cause)
    return sorted(common, key=lambda cause: -cause.weight)


def _at_least_one(counts: list[int]) -> list[int]:
    """Every cause once, where there are slips enough; the heaviest give."""
    counts = list(counts)
    for index, count in enumerate(counts):
        giver = counts.index(max(counts))
        if count == 0 and counts[giver] > 1:
            counts[giver] -= 1
            counts[index] = 1
    return counts


def _apply(
    cause: Cause | PairCause,
    count: int,
    rows: list[Row],
    free: set[int],
    slips: list[Planted],
    chance: Chance,
    year: int,
) -> int:
    """Plant up to `count` slips of one cause on free rows; how many it became."""
    fitting = [index for index in sorted(free) if cause.fits(rows[index])]
    if isinstance(cause, Cause):
        taken = chance.some(fitting, count)
        for index in taken:
            cause.spoil(rows[index], chance, year)
            free.discard(index)
            slips.append(Planted(index + 1, cause.check, cause.field, cause.name))
        return len(taken)
    mixed = chance.some(fitting, 2 * count)
    pairs = list(zip(mixed[::2], mixed[1::2], strict=False))
    for index, other in pairs:
        cause.spoil(rows[index], rows[other])
        for one in (index, other):
            free.discard(one)
            slips.append(Planted(one + 1, cause.check, cause.field, cause.name))
    return len(pairs)


# What fits ------------------------------------------------------------------------------------------------------------


def _any(row: Row) -> bool:
    return True


def _monthly(row: Row) -> bool:
    return row[17] == "1"


def _hourly(row: Row) -> bool:
    return row[17] == "2"


def _permanent(row: Row) -> bool:
    return row[16] == "1" and row[17] == "1"


def _temporary(row: Row) -> bool:
    return row[16] != "1" and row[17] == "1"


def _assistant_nurse(row: Row) -> bool:
    return row[9].startswith("207")


def _nurse(row: Row) -> bool:
    return row[9].startswith("206") and not row[10]


def _teacher(row: Row) -> bool:
    return row[9].startswith(("403", "404"))


def _housing(row: Row) -> bool:
    return row[5] in ("512", "513")


def _middle_chief(row: Row) -> bool:
    return row[10] in ("B", "C")


def _on_leave(row: Row) -> bool:
    return row[28] != ""


def _licensed_doctor(row: Row) -> bool:
    return row[13] != ""


def _plain_doctor(row: Row) -> bool:
    return row[13] != "" and row[10] == ""


# What is done ---------------------------------------------------------------------------------------------------------


def _put(field: int, value: str) -> Callable[[Row, Chance, int], None]:
    """A slip that writes the same value over the field every time."""

    def spoil(row: Row, chance: Chance, year: int) -> None:
        row[field] = value

    return spoil


def _in_ore(row: Row, chance: Chance, year: int) -> None:
    row[22] = f"{int(row[22]) * 100:07}"


def _with_decimals(row: Row, chance: Chance, year: int) -> None:
    row[22] = f"{int(row[22])},50"


def _wrong_check_digit(field: int) -> Callable[[Row, Chance, int], None]:
    def spoil(row: Row, chance: Chance, year: int) -> None:
        row[field] = row[field][:9] + str((int(row[field][9]) + chance.between(1, 9)) % 10)

    return spoil


def _dashes(row: Row, chance: Chance, year: int) -> None:
    row[18] = f"{row[18][:4]}-{row[18][4:6]}-{row[18][6:]}"


def _no_such_day(row: Row, chance: Chance, year: int) -> None:
    row[18] = row[18][:4] + chance.pick(("0230", "0631", "0931", "1300"))


def _full_name(row: Row, chance: Chance, year: int) -> None:
    row[6] = chance.pick(FULL_NAMES)


def _semicolon(row: Row, chance: Chance, year: int) -> None:
    row[6] = f"{row[6][:6]}; natt"


def _other_unit(row: Row, chance: Chance, year: int) -> None:
    row[1] = "0484" if row[1] != "0484" else "0480"


def _in_december(row: Row, chance: Chance, year: int) -> None:
    row[18] = f"{year}12{chance.between(1, 28):02}"


def _ended(row: Row, chance: Chance, year: int) -> None:
    row[19] = f"{year}{chance.pick(('0630', '0731', '0831', '0930', '1031'))}"


def _too_young(row: Row, chance: Chance, year: int) -> None:
    row[7] = personnummer.build(date(year - 15, 1, 2 + chance.below(27)), 980 + chance.below(20))


def _same_key(row: Row, other: Row) -> None:
    row[40] = other[40]


def _same_row(row: Row, other: Row) -> None:
    row[:] = other


CAUSES: tuple[Cause | PairCause, ...] = (
    Cause("Borttagen etikett", "KOD01", 9, 26, _assistant_nurse, _put(9, REMOVED_ETIKETT), common=True),
    Cause("Anställningsform 5", "KOD06", 16, 17, _monthly, _put(16, "5"), common=True),
    Cause("Sysselsättningsgrad saknas", "LOG06", 20, 9, _monthly, _put(20, "00000"), common=True),
    Cause("Specialitet saknas", "LOG01", 13, 12, _licensed_doctor, _put(13, ""), "region", common=True),
    Cause("Fel verksamhetskod", "KOD08", 5, 11, _housing, _put(5, UNKNOWN_ACTIVITY), "kommun", common=True),
    Cause("Lön i ören", "RIM03", 22, 6, _permanent, _in_ore, common=True),
    Cause("Fel kontrollsiffra i personnummer", "FMT06", 7, 5, _any, _wrong_check_digit(7), common=True),
    Cause("Ledighet utan orsak", "LOG12", 28, 6, _on_leave, _put(28, "")),
    Cause("Arbetsställe saknas", "FMT03", 4, 5, _any, _put(4, "")),
    Cause("Arbetade timmar saknas", "LOG07", 25, 5, _hourly, _put(25, "00000")),
    Cause("Datum med bindestreck", "FIL10", 18, 5, _any, _dashes),
    PairCause("Dubblerat anställningsnummer", "DUB01", 40, 4, _any, _same_key),
    Cause("Slutdatum saknas", "LOG10", 19, 4, _temporary, _put(19, "00000000")),
    Cause("Okänd befattningskod", "KOD09", 14, 4, _any, _put(14, "99X"), "region"),
    Cause("Semikolon i texten", "FIL02", None, 3, _any, _semicolon),
    Cause("För lång text", "FMT02", 6, 3, _any, _full_name),
    Cause("Lön med decimaler", "FMT01", 22, 3, _monthly, _with_decimals),
    Cause("Börjar i december", "LOG11", 18, 3, _permanent, _in_december),
    Cause("Ogiltig ansvarskod", "KOD03", 10, 3, _middle_chief, _put(10, "D")),
    Cause("Chef utan ansvarskod", "LOG03", 10, 3, _middle_chief, _put(10, "")),
    Cause("Okänd avtalskod", "KOD05", 15, 3, _any, _put(15, "8")),
    Cause("Tillsvidareanställd timavlönad", "LOG13", 17, 3, _hourly, _put(16, "1")),
    Cause("Läkare med ansvarskod L", "LOG05", 10, 3, _plain_doctor, _put(10, "L"), "region"),
    Cause("Okänd specialitet", "KOD04", 13, 2, _licensed_doctor, _put(13, "99999"), "region"),
    Cause("Slutdatum har passerat", "LOG09", 19, 2, _permanent, _ended),
    Cause("Ogiltigt datum", "FMT04", 18, 2, _any, _no_such_day),
    Cause("Avlöningsform med bokstav", "KOD07", 17, 2, _any, _put(17, "M")),
    Cause("Mer än heltid", "LOG08", 20, 2, _monthly, _put(20, "10500")),
    Cause("Lärare på verksamhet 512", "LOG16", 9, 2, _teacher, _put(5, "512"), "kommun"),
    Cause("Befattningskod med bokstäver", "KOD10", 14, 2, _any, _put(14, "USK1"), "kommun"),
    Cause("Ansvarskod M på sjuksköterska", "LOG04", 10, 2, _nurse, _put(10, "M")),
    Cause("Specialitet på sjuksköterska", "LOG02", 13, 1, _nurse, _put(13, "80110")),
    PairCause("Dubblerad post", "DUB04", None, 2, _hourly, _same_row),
    Cause("Fel kontrollsiffra i organisationsnummer", "FMT05", 3, 1, _any, _wrong_check_digit(3)),
    Cause("Annan enhets kod", "FIL04", 1, 1, _any, _other_unit),
    Cause("För ung", "FMT08", 7, 1, _any, _too_young),
)
"""Heaviest first. The fields are those where the finding is shown, which for rules over several fields is one of them."""
