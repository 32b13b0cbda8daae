"""Synthetic deliveries: the same everywhere, in the right form, without a living person, and true to life."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from statistics import median

import pytest
from personnummer import personnummer as oracle
from stdnum.se import orgnr as orgnr_oracle

from config.lib import personnummer
from submissions import synthetic
from submissions.builtin import collection_spec
from submissions.synthetic import jobs, november, places

Rows = list[list[str]]


def rows_of(data: bytes) -> Rows:
    """The file's rows with field n at index n."""
    return [["", *line.split(";")] for line in data.decode("cp1252").split("\r\n")[:-1]]


@pytest.fixture(scope="module")
def trosa() -> Rows:
    return rows_of(synthetic.delivery("0488", 2100, 7))


@pytest.fixture(scope="module")
def trosa_before() -> Rows:
    return rows_of(synthetic.delivery("0488", 2100, 7, previous=True))


@pytest.fixture(scope="module")
def region() -> Rows:
    return rows_of(synthetic.delivery("0400", 6000, 7))


# The same everywhere -------------------------------------------------------------------------------------------------


def test_same_arguments_give_same_bytes():
    once = synthetic.planted("0488", 500, 7, 0.05)
    assert once == synthetic.planted("0488", 500, 7, 0.05)
    assert once[0] == synthetic.delivery("0488", 500, 7, 0.05)


def test_bytes_do_not_depend_on_machine_or_python_version():
    data = synthetic.delivery("0488", 300, 7, 0.05)
    assert hashlib.sha256(data).hexdigest() == "2949a60690c13393a3ab4d67bab28daf33370f46587576d113e3246eb365102e"


def test_another_seed_unit_or_year_gives_another_file():
    files = {
        synthetic.delivery("0488", 200, 7),
        synthetic.delivery("0488", 200, 8),
        synthetic.delivery("0486", 200, 7),
        synthetic.delivery("0488", 200, 7, year=2027),
        synthetic.delivery("0488", 200, 7, previous=True),
    }
    assert len(files) == 5


# Form ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "rows"), [("0488", 1), ("0488", 7), ("0400", 150), ("0980", 1200), ("1480", 25_000)])
def test_every_row_follows_the_layout(unit: str, rows: int):
    layout = collection_spec(2026).layout
    data = synthetic.delivery(unit, rows, 3)
    assert data.endswith(b"\r\n")
    assert data.count(b"\r\n") == data.count(b"\n") == rows
    kind = synthetic.known_units()[unit].kind
    for row in rows_of(data):
        assert len(row) == len(layout) + 1
        for spec in layout.fields:
            value = row[spec.number]
            assert len(value) <= spec.max_length, (spec.number, value)
            assert value or not spec.is_required(kind), spec.number
            assert value == value.strip()
            if spec.numeric:
                assert value.isdecimal()
                assert len(value) == spec.max_length


def test_region_leaves_district_and_activity_empty(region: Rows):
    assert {row[2] for row in region} == {""}
    assert {row[5] for row in region} == {""}


def test_only_large_kommuner_have_districts(trosa: Rows):
    assert {row[2] for row in trosa} == {""}
    assert len({row[2] for row in rows_of(synthetic.delivery("1480", 20_000, 7))}) > 3


def test_codes_come_from_the_lists(trosa: Rows, region: Rows):
    lists = collection_spec(2026).lists
    for field, kind in (
        (5, "verksamhet"), (9, "aid"), (10, "ansvar"), (11, "bea_pan"), (12, "arbetstid"), (13, "specialitet"),
        (15, "lonekollektivavtal"), (16, "anstallningsform"), (17, "avloningsform"), (28, "ledighetsorsak"),
    ):  # fmt: skip
        used = {row[field] for row in (*trosa, *region)} - {""}
        assert used
        assert used <= set(lists[kind].codes), kind


def test_every_job_is_in_the_lists():
    lists = collection_spec(2026).lists
    for job in (*jobs.KOMMUN_JOBS, *jobs.REGION_JOBS):
        assert job.etikett in lists["aid"].codes
        assert places.KINDS[job.place][0] in lists["verksamhet"].codes
    for table in (jobs.KOMMUN_JOBS, jobs.REGION_JOBS):
        assert max(Counter(job.etikett for job in table).values()) == 1


def test_names_of_places_fit_the_field():
    for _, names in places.KINDS.values():
        assert all(0 < len(name) <= places.LONGEST_NAME for name in names)


def test_text_has_swedish_letters(trosa: Rows):
    text = "".join(row[6] + row[8] for row in trosa)
    assert set("åäöÅÄÖ") <= set(text)


def test_organisation_numbers_are_valid_and_one_per_unit():
    numbers = {}
    for code, unit in synthetic.known_units().items():
        assert orgnr_oracle.is_valid(unit.organisation_number)
        assert unit.organisation_number.startswith("2321" if unit.kind == "region" else "2120")
        numbers[unit.organisation_number] = code
    assert len(numbers) == len(synthetic.known_units())


def test_position_list_names_every_code_the_region_uses(region: Rows):
    listed = dict(line.split(";") for line in synthetic.position_list("0400").decode("cp1252").splitlines())
    assert {row[14] for row in region} <= set(listed)
    assert all(len(code) <= 6 and text for code, text in listed.items())
    nurses = {code for code, text in listed.items() if "undersköterska" in text.lower()}
    assert {row[9] for row in region if row[14] in nurses} <= {f"2070{number:02}" for number in range(8, 15)}


def test_kommun_positions_have_four_digits_one_for_each_etikett(trosa: Rows):
    by_etikett = {row[9]: row[14] for row in trosa}
    assert all(len(code) == 4 and code.isdecimal() for code in by_etikett.values())
    assert len(set(by_etikett.values())) == len(by_etikett)
    assert november.kommun_position("207008") == by_etikett["207008"]


# Nobody lives --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("previous", [False, True])
@pytest.mark.parametrize(("unit", "rows"), [("0488", 2100), ("0400", 6000)])
def test_every_personnummer_is_valid_and_in_the_test_series(unit: str, rows: int, previous: bool):
    day = date(2026 - previous, 11, 1)
    for row in rows_of(synthetic.delivery(unit, rows, 7, previous=previous)):
        number = personnummer.parse(row[7], on=day)
        assert number.is_test_number
        assert oracle.valid(row[7])
        assert 16 <= number.age(day) <= 75


def test_defects_never_leave_the_test_series():
    for row in rows_of(synthetic.delivery("0488", 2100, 7, 0.5)):
        if len(row) == 41:
            assert 980 <= int(row[7][6:9]) <= 999


def test_samordningsnummer_are_few(region: Rows):
    share = sum(int(row[7][4:6]) > 60 for row in region) / len(region)
    assert 0 < share < 0.01


def test_keys_are_unique_and_some_people_have_two_employments(trosa: Rows):
    assert len({row[40] for row in trosa}) == len(trosa)
    per_person = Counter(row[7] for row in trosa)
    assert set(per_person.values()) == {1, 2}
    assert 0.01 < sum(count == 2 for count in per_person.values()) / len(per_person) < 0.08
    shares: defaultdict[str, int] = defaultdict(int)
    for row in trosa:
        shares[row[7]] += int(row[20])
    assert max(shares.values()) <= 10_000


# True to life --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "rows"), [("0488", 2100), ("0400", 6000), ("0980", 5000)])
def test_three_of_four_are_women_and_one_of_six_hourly_paid(unit: str, rows: int):
    file = rows_of(synthetic.delivery(unit, rows, 7))
    assert 0.70 < sum(int(row[7][8]) % 2 == 0 for row in file) / rows < 0.82
    assert 0.145 < sum(row[17] == "2" for row in file) / rows < 0.20


def test_median_salaries_follow_the_etikett(trosa: Rows, region: Rows):
    def pay(file: Rows, prefix: str) -> float:
        return median(int(row[22]) for row in file if row[17] == "1" and row[9].startswith(prefix))

    kommun = ["207023", "401011", "207008", "401010", "403010", "206015", "104010"]
    assert [pay(trosa, one) for one in kommun] == sorted(pay(trosa, one) for one in kommun)
    doctors = ["204010", "203020", "203010", "202010", "201010"]
    assert [pay(region, one) for one in doctors] == sorted(pay(region, one) for one in doctors)
    assert pay(region, "207") < pay(region, "206") < pay(region, "201")


def test_salaries_spread_within_an_etikett(trosa: Rows):
    salaries = sorted(int(row[22]) for row in trosa if row[9] == "401010" and row[17] == "1")
    assert len(set(salaries)) > len(salaries) / 3
    assert 1.1 < salaries[-1] / salaries[0] < 1.6
    assert all(20_000 < int(row[22]) < 120_000 for row in trosa if row[17] == "1")


def test_chiefs_doctors_and_hourly_paid_have_what_they_must(trosa: Rows, region: Rows):
    for row in (*trosa, *region):
        if row[9].startswith("10"):
            assert row[10] in "ABC"
            assert row[16] == "1"
        if "201010" <= row[9] <= "203090":
            assert row[13] == "80110"
        else:
            assert row[13] == ""
            assert row[10] != "M"
        if row[17] == "2":
            assert int(row[24])
            assert int(row[25])
            assert not int(row[20]) + int(row[22])
            assert row[16] != "1"
        else:
            assert int(row[20])
            assert int(row[22])
            assert (row[16] == "1") == (row[19] == "00000000")
    for file in (trosa, region):
        codes = Counter(row[10] for row in file)
        assert codes["A"] < codes["B"] < codes["C"]
        assert codes["F" if file is trosa else "M"] > 0


def test_one_of_ten_is_on_leave_with_a_reason(trosa: Rows):
    monthly = [row for row in trosa if row[17] == "1"]
    away = [row for row in monthly if int(row[27])]
    assert 0.07 < len(away) / len(monthly) < 0.13
    assert all(row[28] and row[29] != "00000000" for row in away)
    assert all(not row[28] for row in trosa if not int(row[27]))
    assert Counter(row[28] for row in away).most_common(1)[0][0] == "01"


def test_activities_fit_the_etikett(trosa: Rows):
    by_etikett = {row[9]: row[5] for row in trosa}
    assert by_etikett["401010"] == "407"
    assert by_etikett["403010"] == "440"
    assert by_etikett["404010"] == "450"
    assert by_etikett["351031"] == "512"
    assert by_etikett["601010"] == "270"


def test_gotland_has_both_schools_and_hospitals():
    gotland = rows_of(synthetic.delivery("0980", 4000, 7))
    etiketter = Counter(row[9][:3] for row in gotland)
    assert etiketter["201"] > 10
    assert etiketter["403"] > 50
    assert {row[5] for row in gotland if row[9] == "201010"} == {"590"}


# The year before -----------------------------------------------------------------------------------------------------


def test_nine_of_ten_people_stay(trosa: Rows, trosa_before: Rows):
    now, then = {row[7] for row in trosa}, {row[7] for row in trosa_before}
    assert 0.85 < len(now & then) / len(then) < 0.95
    assert now - then
    assert then - now
    assert 0.97 < len(trosa_before) / len(trosa) < 1


def test_those_who_stay_earned_a_review_less(trosa: Rows, trosa_before: Rows):
    now = {row[40]: row for row in trosa if row[17] == "1"}
    raises = []
    for row in trosa_before:
        if row[17] == "1" and row[40] in now:
            assert now[row[40]][7] == row[7]
            assert now[row[40]][9] == row[9]
            raises.append(int(now[row[40]][22]) / int(row[22]) - 1)
    assert min(raises) >= 0
    assert max(raises) < 0.04
    assert 0.030 <= median(raises) <= 0.035


def test_last_years_employments_had_begun_by_then(trosa_before: Rows):
    for row in trosa_before:
        assert row[18] < "20251101"
        assert row[19] == "00000000" or row[19] >= "20251101"


# Refusals ------------------------------------------------------------------------------------------------------------


def test_unknown_unit_and_bad_numbers_are_refused():
    with pytest.raises(synthetic.UnknownUnit):
        synthetic.delivery("9999", 10, 1)
    with pytest.raises(ValueError, match="at least one row"):
        synthetic.delivery("0488", 0, 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        synthetic.delivery("0488", 10, 1, 1.5)


def test_units_are_those_of_the_list():
    path = Path(synthetic.__file__).parent.parent / "data" / "2026" / "enheter.csv"
    with path.open(encoding="utf-8", newline="") as source:
        assert set(synthetic.known_units()) == {row["kod"] for row in csv.DictReader(source, delimiter=";")}
