"""A unit's employments on 1 November of one year, and the same unit a year earlier.

The unit is built once from code, number of rows and seed; last year is derived from it, so that nine of ten people are
the same, who left was replaced, and pay is a yearly review lower.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from submissions.synthetic.chance import NORMAL, Chance, Curve, Wheel, allot, at
from submissions.synthetic.jobs import (
    CARE,
    GOTLAND_SHARE_OF_HEALTH_CARE,
    KOMMUN_JOBS,
    REGION_JOBS,
    TEACHING,
    Job,
)
from submissions.synthetic.people import Person, Registry
from submissions.synthetic.places import Place, make_places
from submissions.synthetic.units import Unit

PERMANENT, SUBSTITUTE, FIXED_TERM, TRIAL, OTHER = "1", "2", "3", "4", "6"
MONTHLY_FORMS = Wheel(((PERMANENT, 86), (SUBSTITUTE, 7), (FIXED_TERM, 4), (TRIAL, 1), (OTHER, 2)))
HOURLY_FORMS = Wheel(((SUBSTITUTE, 25), (FIXED_TERM, 55), (OTHER, 20)))
PART_TIME = {
    CARE: Wheel((("9000", 12), ("8500", 22), ("8000", 24), ("7500", 24), ("6500", 6), ("5000", 10), ("4000", 2))),
    TEACHING: Wheel((("9000", 14), ("8000", 38), ("7500", 12), ("6000", 12), ("5000", 18), ("4000", 4), ("2500", 2))),
}
PART_TIME_ELSEWHERE = Wheel((("9000", 14), ("8000", 32), ("7500", 26), ("6250", 6), ("5000", 20), ("4000", 2)))
CARE_RHYTHM = Wheel((("1", 50), ("3", 38), ("2", 12)))
RARE_AGREEMENTS = Wheel((("9", 5), ("5", 2), ("6", 2), ("7", 3), ("A", 2)))
SERVICE_YEARS: Curve = ((0, 1.05), (0.25, 2.5), (0.5, 6), (0.75, 13), (0.95, 28), (1, 39))
LEAVER_PAY: Curve = ((0, 0.955), (1, 0.985))
HALF_TIME = 5000
NEW_POSITIONS, MONTHLY_TURNOVER, HOURLY_TURNOVER = 0.01, 0.07, 0.22
SECOND_JOB_OF_HOURLY = 0.15


@dataclass(frozen=True, slots=True)
class _Slot:
    """A position before anybody holds it."""

    job: Job
    hourly: bool
    share: int
    form: str


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who holds a position: the person, the employment's number, and whether she came during the last year."""

    person: Person
    key: str
    joined: bool


@dataclass(slots=True)
class Employment:
    """One row before it is written. Money in SEK, hourly pay in öre, shares in hundredths of a percent, days as dates."""

    job: Job
    person: Person
    key: str
    place: Place
    hourly: bool
    form: str
    begins: date
    ends: date | None
    share: int
    rhythm: str
    agreement: str
    component: str = ""
    responsibility: str = ""
    salary: int = 0
    supplement: int = 0
    wage: int = 0
    reviewed: str = "J"
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Workforce:
    """The unit this year, and by employment number who held the position a year ago (None: the position is new)."""

    unit: Unit
    year: int
    employments: list[Employment]
    predecessors: dict[str, _Holder | None]


def jobs_of(unit: Unit) -> tuple[Job, ...]:
    """The etiketter that such a unit employs; Gotland has a kommun's and a region's health care."""
    if unit.is_region:
        return REGION_JOBS
    if not unit.is_gotland:
        return KOMMUN_JOBS
    health = [job for job in REGION_JOBS if job.etikett.startswith(("102", "2", "30"))]
    have = {job.etikett: job for job in KOMMUN_JOBS}
    scale = GOTLAND_SHARE_OF_HEALTH_CARE * sum(j.weight for j in KOMMUN_JOBS) / sum(j.weight for j in health)
    for job in health:
        mine = have.get(job.etikett)
        more = replace(job, weight=job.weight * scale)
        have[job.etikett] = replace(mine, weight=mine.weight + more.weight) if mine else more
    return tuple(have.values())


def build(unit: Unit, rows: int, seed: int, year: int) -> Workforce:
    """The unit's workforce; the same arguments always give the same one."""
    chance = Chance(unit.code, rows, seed, year)
    slots = _slots(jobs_of(unit), rows, chance)
    holders, predecessors = _staff(slots, year, chance)
    places = make_places(Counter(slot.job.place for slot in slots), chance)
    employments = [
        _employ(slot, holder, chance.pick(places[slot.job.place]), year, chance)
        for slot, holder in zip(slots, holders, strict=True)
    ]
    _set_responsibility_and_pay(employments, 0.98 + 0.05 * chance.roll(), chance)
    return Workforce(unit, year, employments, predecessors)


def year_before(workforce: Workforce, seed: int) -> list[Employment]:
    """The same unit's employments a year earlier: those who stayed on last year's pay, and those who have left."""
    chance = Chance(workforce.unit.code, len(workforce.employments), seed, workforce.year, "year before")
    year = workforce.year - 1
    back = []
    for now in workforce.employments:
        then = replace(now, reviewed=_reviewed(chance))
        back.append(then)
        factor = 1.030 + 0.005 * chance.roll()
        if now.joined:
            predecessor = workforce.predecessors[now.key]
            if predecessor is None:
                back.pop()
                continue
            then.person, then.key = predecessor.person, predecessor.key
            then.begins, then.ends = _dates(now.form, now.hourly, predecessor, year, chance)
            factor = 1 / chance.on(LEAVER_PAY)
        else:
            then.ends = now.ends and now.ends - timedelta(days=365)
            if now.reviewed == "N":
                factor = 1.0
        then.salary = int(now.salary / factor / 10 + 0.5) * 10
        then.wage = int(now.wage / factor / 10 + 0.5) * 10
    return back


def _slots(jobs: tuple[Job, ...], rows: int, chance: Chance) -> list[_Slot]:
    """The unit's positions, job by job. The first job is the one that has the unit's head, so it gets one at least."""
    counts = allot(rows, [job.weight for job in jobs])
    if counts[0] == 0:
        counts[counts.index(max(counts))] -= 1
        counts[0] = 1
    slots = []
    hourly_due = 0.0
    for job, count in zip(jobs, counts, strict=True):
        hourly_due += job.hourly * count  # carried over, so that small units keep the share
        hourly = min(count, int(hourly_due))
        hourly_due -= hourly
        slots += [_Slot(job, True, 0, _hourly_form(job, chance)) for _ in range(hourly)]
        slots += [_monthly_slot(job, chance) for _ in range(count - hourly)]
    return slots


def _hourly_form(job: Job, chance: Chance) -> str:
    return OTHER if job.agreement == "4" else HOURLY_FORMS.spin(chance)


def _monthly_slot(job: Job, chance: Chance) -> _Slot:
    form = MONTHLY_FORMS.spin(chance)
    if job.is_leader:
        form = PERMANENT
    elif job.etikett in ("203020", "204010"):
        form = OTHER
    share = 10_000 if chance.roll() < job.full_time else int(PART_TIME.get(job.rhythm, PART_TIME_ELSEWHERE).spin(chance))
    return _Slot(job, False, share, form)


def _staff(slots: list[_Slot], year: int, chance: Chance) -> tuple[list[_Holder], dict[str, _Holder | None]]:
    """Who holds each position, and who held the newcomers' positions a year ago, by the newcomer's key."""
    main = _main_positions(slots, chance)
    own = [index for index, other in enumerate(main) if index == other]
    joined, new = _newcomers(slots, main, own, chance)
    registry = Registry(chance, date(year, 11, 1), len(slots))
    persons = {index: registry.make(*_ages_and_women(slots[index])) for index in own}
    leavers = {index: registry.make(*_ages_and_women(slots[index])) for index in sorted(joined - new)}
    holders = []
    predecessors: dict[str, _Holder | None] = {}
    for index, other in enumerate(main):
        ordinal = 1 if index == other else 2
        holder = _Holder(persons[other], f"{100_000 + other}-{ordinal}", other in joined)
        holders.append(holder)
        if other in new:
            predecessors[holder.key] = None
        elif other in joined:
            predecessors[holder.key] = _Holder(leavers[other], f"{500_000 + other}-{ordinal}", joined=False)
    return holders, predecessors


def _main_positions(slots: list[_Slot], chance: Chance) -> list[int]:
    """For each position the one its holder has first: itself, or another for the few who have two.

    A second one is hourly work beside a monthly job, or the other half of two half-time jobs of different etikett, so
    that nobody has more than full time and the years can be compared person by person.
    """
    main = list(range(len(slots)))
    hourly = [i for i, slot in enumerate(slots) if slot.hourly]
    halves = [i for i, slot in enumerate(slots) if 0 < slot.share <= HALF_TIME and slot.form == PERMANENT]
    whole = [i for i, slot in enumerate(slots) if slot.share > HALF_TIME]
    second = chance.some(hourly, min(int(len(hourly) * SECOND_JOB_OF_HOURLY), len(whole)))
    for index, other in zip(second, chance.some(whole, len(second)), strict=True):
        main[index] = other
    mixed = chance.some(halves, len(halves) // 5 * 2)
    for one, other in zip(mixed[::2], mixed[1::2], strict=True):
        if slots[one].job.etikett != slots[other].job.etikett:
            main[other] = one
    return main


def _newcomers(slots: list[_Slot], main: list[int], own: list[int], chance: Chance) -> tuple[set[int], set[int]]:
    """The positions whose holder came during the year, and among them those that did not exist before."""
    have_two = {other for index, other in enumerate(main) if index != other}
    alone = [index for index in own if index not in have_two]
    monthly = [index for index in alone if not slots[index].hourly]
    hourly = [index for index in alone if slots[index].hourly]
    trials = [index for index in own if slots[index].form == TRIAL]
    came = chance.some(monthly, int(len(monthly) * MONTHLY_TURNOVER)) + chance.some(hourly, int(len(hourly) * HOURLY_TURNOVER))
    heads = {0}  # the unit's head stays, so that both years have one
    joined = {*came, *trials} - heads
    return joined, set(chance.some(sorted(joined.intersection(alone)), int(len(slots) * NEW_POSITIONS)))


def _ages_and_women(slot: _Slot) -> tuple[str, float]:
    """Which curve of ages suits the position, and its share of women."""
    if slot.hourly:
        ages = "hourly"
    elif slot.job.is_leader:
        ages = "leader"
    elif slot.job.is_doctor:
        ages = "young doctor" if slot.job.etikett >= "203010" else "senior doctor"
    else:
        ages = "monthly"
    if slot.hourly and slot.job.is_doctor:
        ages = "young doctor" if slot.job.etikett >= "203010" else "senior doctor"
    return ages, slot.job.women


def _employ(slot: _Slot, holder: _Holder, place: Place, year: int, chance: Chance) -> Employment:
    """The position with its holder, place and terms; pay comes later."""
    job = slot.job
    begins, ends = _dates(slot.form, slot.hourly, holder, year, chance)
    made = Employment(
        job=job,
        person=holder.person,
        key=holder.key,
        place=place,
        hourly=slot.hourly,
        form=slot.form,
        begins=begins,
        ends=ends,
        share=slot.share,
        rhythm=CARE_RHYTHM.spin(chance) if job.rhythm == CARE else "",
        agreement=job.agreement,
        reviewed=_reviewed(chance),
        joined=holder.joined,
    )
    dice = chance.roll()
    if job.etikett == "351030" and dice < 0.12:
        made.agreement, made.component = "3", "P"
    elif place.activity == "610" and slot.form != PERMANENT and dice < 0.5:
        made.agreement, made.component = "2", "B"
    elif job.etikett == "201010" and dice < 0.02:
        made.component = "T"
    elif slot.hourly and job.agreement == "1" and dice < 0.01:
        made.agreement = RARE_AGREEMENTS.spin(chance)
    return made


def _reviewed(chance: Chance) -> str:
    """Field 39: for most the year's pay review is done."""
    dice = chance.roll()
    return "N" if dice < 0.035 else "" if dice < 0.06 else "J"


def _dates(form: str, hourly: bool, holder: _Holder, year: int, chance: Chance) -> tuple[date, date | None]:
    """First and last day of the employment, seen from 1 November of that year."""
    day = date(year, 11, 1)
    if form == TRIAL:
        begins = day - timedelta(days=chance.between(5, 150))
        return begins, begins + timedelta(days=183)
    if holder.joined:
        days = chance.between(3, 355)
    elif form == PERMANENT:
        days = int(min(chance.on(SERVICE_YEARS), max(1.05, holder.person.age - 19)) * 365.25)
    else:
        days = chance.between(380, 900)
    begins = day - timedelta(days=days)
    ends = day + timedelta(days=chance.between(20, 420))
    if form == PERMANENT or (hourly and chance.roll() < 0.6):
        return begins, None
    return begins, ends


def _set_responsibility_and_pay(employments: list[Employment], level: float, chance: Chance) -> None:
    """Ansvarskod and pay, etikett by etikett: pay follows the normal curve exactly, rising with age and responsibility."""
    by_job: defaultdict[str, list[Employment]] = defaultdict(list)
    for employment in employments:
        if employment.hourly:
            base = employment.job.pay * level / 165 * 100 if employment.job.pay else 17_000
            employment.wage = int(base * (0.92 + 0.14 * chance.roll()) / 10) * 10
        else:
            by_job[employment.job.etikett].append(employment)
    _name_chiefs(by_job, len(employments), chance)
    for job_employments in by_job.values():
        ranked = sorted(
            (
                ("MFLCBA".find(one.responsibility or "-") * 10 + one.person.age * 0.02 + chance.roll(), one.key, one)
                for one in job_employments
            ),
            key=lambda rank: rank[:2],
        )
        for index, (_, _, one) in enumerate(ranked):
            deviation = at(NORMAL, (index + 0.5) / len(ranked)) * (1.15 if index * 2 > len(ranked) else 1)
            one.salary = int(one.job.pay * level * (1 + one.job.spread * deviation) / 50 + 0.5) * 50
            if chance.roll() < 0.05:
                one.supplement = chance.between(3, 30) * 100


def _name_chiefs(by_job: dict[str, list[Employment]], rows: int, chance: Chance) -> None:
    """Field 10: A for the unit's top, B for chiefs of chiefs, C for other leaders; M, F and L where they belong."""
    leaders = [one for etikett, group in by_job.items() if etikett.startswith("10") for one in group]
    top = [one for one in leaders if one.job.etikett == "101010"]
    for one in leaders:
        one.responsibility = "B" if chance.roll() < 0.15 else "C"
    for one in top[: max(1, min(len(top), 1 + rows // 4000))]:
        one.responsibility = "A"
    for etikett, group in by_job.items():
        code, share = _other_responsibility(etikett)
        for one in group:
            if chance.roll() < share and not one.responsibility and one.form == PERMANENT:
                one.responsibility = code


def _other_responsibility(etikett: str) -> tuple[str, float]:
    """The ansvarskod other than a chief's that occurs under the etikett, and how often."""
    if etikett in ("201010", "201011"):
        return "M", 0.22
    if etikett in ("403010", "403011", "404010", "404011", "401010"):
        return "F", 0.05
    if etikett.startswith(("206", "3510", "501", "651010", "601011", "152014")):
        return "L", 0.015
    return "", 0.0
