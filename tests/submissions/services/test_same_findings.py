"""`check_file` and the portal give the same findings for the same bytes, whatever the file is.

A corpus of made files: units of each kind, sizes, slips, last year's file or none, a kodförteckning or none, encodings,
separators, with and without a line of names, broken lines. What the portal keeps and shows of a delivery is held beside
the three printed forms of `check_file`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.lib import sealed
from profiles.models import PayrollSystem, Unit
from submissions import checking, synthetic
from submissions.models import CheckSetting, Collection, Delivery, Receipt, Submission, Supplement
from submissions.services import deliver, storage
from submissions.services.collections import open_collection
from tests import files
from tests.cast import Cast, Role, give_role, make_unit
from tests.oracle import slips
from tests.submissions.engine.rows import SPEC, as_file, row

FILES, BATCHES = 210, 3
ENCODINGS = ("cp1252", "cp1252", "utf-8", "utf-8-sig", "iso-8859-1", "utf-16")
SEPARATORS = (";", ";", ";", "\t", "|")
KINDS = {"0488": "kommun", "0400": "region", "0980": "kommun"}


@dataclass(frozen=True)
class Sample:
    """One file of the corpus, and what is known beside it."""

    unit: str
    content: bytes
    previous: bytes | None
    codes: bytes | None


def corpus(batch: int) -> Iterator[Sample]:
    """This batch's part of the files; the same every time."""
    for number in range(batch, FILES, BATCHES):
        chance = Random(number)
        unit, rows = chance.choice(sorted(KINDS)), chance.randint(10, 60)
        content = synthetic.delivery(unit, rows, number, chance.choice((0.0, 0.1, 0.5, 1.0)))
        if chance.random() < 0.4:
            content = slips.spoiled(content, chance, SPEC)
        if number < len(files.REFUSED) + len(files.ACCEPTED) and not (
            name := [*files.REFUSED, *files.ACCEPTED][number]
        ).startswith("en_lang"):
            unit, content = files.UNIT, {**files.REFUSED, **files.ACCEPTED}[name][0]()
        elif chance.random() < 0.7:
            content = written_otherwise(content, chance)
        previous = synthetic.delivery(unit, rows, number, 0.1, True) if chance.random() < 0.5 else None
        codes = synthetic.position_list(unit) if chance.random() < 0.5 else None
        yield Sample(unit, content, previous, codes)


def written_otherwise(content: bytes, chance: Random) -> bytes:
    """The same rows in another encoding, with another separator, or with a line of names."""
    text = content.decode("cp1252", errors="replace")
    if chance.random() < 0.3:
        text = f"{files.NAMES}\r\n{text}"
    separator = chance.choice(SEPARATORS)
    if separator not in text:
        text = text.replace(";", separator)
    if chance.random() < 0.3:
        text = text.replace("\r\n", "\n")
    return text.encode(chance.choice(ENCODINGS), errors="replace")


@pytest.fixture
def submissions(cast: Cast, collection: Collection) -> dict[tuple[str, int], Submission]:
    """Bo's submissions by unit and year: this year and the last."""
    make_unit(files.OTHER_UNIT, "Nyköping")  # named where the whole file is theirs
    for code, kind in KINDS.items():
        unit = Unit.objects.filter(code=code).first() or make_unit(code, f"Enhet {code}", kind)
        if unit != cast.trosa:
            give_role(cast.bo, unit, Role.SUBMITTER)
    for year in (2025, 2026):
        open_collection(year=year, by=None, at=timezone.now())
    found = Submission.objects.filter(unit__code__in=KINDS).select_related("unit", "collection").order_by("pk")
    return {(submission.unit.code, submission.collection.year): submission for submission in found}


def in_portal(sample: Sample, submissions: dict[tuple[str, int], Submission], cast: Cast) -> Delivery:
    """The file handed in and checked, with last year's file approved and the kodförteckning in force."""
    now, before = submissions[sample.unit, 2026], submissions[sample.unit, 2025]
    Receipt.objects.filter(submission=before).delete()
    for submission in (now, before):  # as if nothing had been handed in before
        Delivery.objects.filter(submission=submission).delete()
        Supplement.objects.filter(submission=submission).delete()
        Submission.objects.filter(pk=submission.pk).update(status=Submission.Status.NOT_STARTED)
    if sample.previous is not None:
        approved(handed_in(before, sample.previous, cast), cast)
        Submission.objects.filter(pk=before.pk).update(status=Submission.Status.APPROVED)
    if sample.codes is not None:
        keep_codes(now, sample.codes, cast)
    return handed_in(now, sample.content, cast)


def approved(delivery: Delivery, cast: Cast) -> None:
    """The receipt that an approved file has."""
    Receipt.objects.create(
        submission=delivery.submission,
        delivery=delivery,
        issued_at=timezone.now(),
        issued_by=cast.bo,
        sha256=delivery.sha256,
        data_sha256=delivery.sha256,
        rows=delivery.rows or 0,
        corrections=0,
        comments=0,
    )


def handed_in(submission: Submission, content: bytes, cast: Cast) -> Delivery:
    at = timezone.now()
    fresh = Submission.objects.select_related("unit", "collection").get(pk=submission.pk)
    delivery = deliver.receive_delivery(submission=fresh, content=content, name="fil.txt", by=cast.bo, at=at)
    return deliver.check_delivery(delivery=delivery, at=at)


def keep_codes(submission: Submission, content: bytes, cast: Cast) -> None:
    codes = Supplement(submission=submission, number=1, kind=Supplement.Kind.POSITIONS, size=len(content), sha256="0" * 64)
    codes.uploaded_by, codes.uploaded_at = cast.bo, timezone.now()
    codes.name_sealed = sealed.seal_text(codes, "name_sealed", "koder.txt")
    codes.content_sealed = sealed.seal(codes, "content_sealed", storage.pack_content(content))
    codes.save()


def printed(sample: Sample, folder: Path, form: str) -> str:
    """What `check_file` prints."""
    arguments = [str(folder / "fil.txt"), "--unit", sample.unit, "--year", "2026", "--format", form]
    (folder / "fil.txt").write_bytes(sample.content)
    for name, content in (("previous", sample.previous), ("codes", sample.codes)):
        if content is not None:
            (folder / name).write_bytes(content)
            arguments += [f"--{name}", str(folder / name)]
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("check_file", *arguments, stdout=out)
    return out.getvalue()


def shown(delivery: Delivery) -> list[dict[str, Any]]:
    """The portal's findings with their sentences, but for what only the portal knows (KOM)."""
    collection = delivery.submission.collection.spec()
    messages = checking.messages
    return [
        {
            **{name: finding[name] for name in ("check", "level", "row", "field")},
            "key": messages.shown_key(finding),
            "value": messages.shown_value(finding),
            "message": messages.render(finding, collection),
        }
        for finding in storage.findings_of(delivery).iter_rows(named=True)
        if not finding["check"].startswith("KOM")
    ]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_check_file_finds_what_the_portal_finds(
    batch: int, tmp_path: Path, cast: Cast, submissions: dict[tuple[str, int], Submission]
) -> None:
    answers = set()
    for number, sample in enumerate(corpus(batch)):
        delivery = in_portal(sample, submissions, cast)
        accepted = delivery.status == Delivery.Status.CHECKED
        expected = shown(delivery) if accepted else []
        form = "json" if not accepted else ("json", "csv", "json", "csv", "text")[number % 5]
        {"json": assert_same_json, "csv": assert_same_csv, "text": assert_same_text}[form](
            printed(sample, tmp_path, form), expected, delivery
        )
        answers.add((accepted, form))
    assert {(True, "json"), (True, "csv"), (True, "text"), (False, "json")} <= answers


def assert_same_json(text: str, expected: list[dict[str, Any]], delivery: Delivery) -> None:
    said = json.loads(text)
    assert said["accepted"] is (delivery.status == Delivery.Status.CHECKED)
    assert (said["rows"], said["encoding"] or "") == (delivery.rows, delivery.encoding)
    if said["accepted"]:
        assert said["findings"] == expected
    else:
        refusal = storage.summary_of(delivery)["refusal"]
        assert [finding["check"] for finding in said["findings"]] == [refusal["check"]]
        assert refusal["seen"] in said["findings"][0]["message"]


def assert_same_csv(text: str, expected: list[dict[str, Any]], delivery: Delivery) -> None:
    rows = [
        {name: value.removeprefix("'") for name, value in row.items()} for row in csv.DictReader(io.StringIO(text), delimiter=";")
    ]
    texts = [{name: "" if value is None else str(value) for name, value in finding.items()} for finding in expected]
    assert rows == [{name: value.removeprefix("'") for name, value in finding.items()} for finding in texts]


def assert_same_text(text: str, expected: list[dict[str, Any]], delivery: Delivery) -> None:
    """Grouped, so held beside by check: every check that was found is there, and no other."""
    assert set(re.findall(r"^\[(?:fel|varning|info)\] (\w+)", text, re.MULTILINE)) == {finding["check"] for finding in expected}
    assert f"{delivery.rows} poster" in text
    counts = Counter(finding["level"] for finding in expected)
    for level in counts:
        assert f"({level}): {counts[level]}" in text


@pytest.mark.parametrize(
    ("code", "changes", "found"),
    [
        ("KOD05", {}, "fel"),
        ("KOD05", {"level": "info"}, "info"),
        ("KOD05", {"enabled": False}, None),
        ("KOD05", {"applies_to": "region"}, None),
        ("KOD05", {"valid_from": date(2026, 11, 2)}, None),
        ("KOD05", {"valid_from": date(2026, 11, 1)}, "fel"),
        ("KOD05", {"valid_until": date(2026, 10, 31)}, None),
        ("KOD05", {"message": "Avtalet {v} är nytt för oss."}, "fel"),
        ("RIM01", {}, None),
        ("RIM01", {"threshold": {"low": 36501}}, "varning"),
    ],
)
def test_the_years_settings_hold_in_the_portal_and_in_check_file(
    code: str,
    changes: dict[str, Any],
    found: str | None,
    tmp_path: Path,
    cast: Cast,
    submissions: dict[tuple[str, int], Submission],
) -> None:
    CheckSetting.objects.filter(collection__year=2026, code=code).update(**changes)
    sample = Sample("0488", as_file([row({10: "A"}), row({15: "8"}, key=2)]), None, None)
    said = json.loads(printed(sample, tmp_path, "json"))["findings"]
    portal = shown(in_portal(sample, submissions, cast))
    assert said == portal
    assert {finding["level"] for finding in portal if finding["check"] == code} == ({found} if found else set())
    if "message" in changes:
        assert "Avtalet 8 är nytt för oss." in {finding["message"] for finding in portal}


@pytest.mark.parametrize(
    ("codes", "systems", "found"),
    [
        (None, {}, {"KOM01"}),
        (b"2060;Sjuksk\xf6terska\r\n", {}, set()),
        (None, {2025: "heroma", 2026: "heroma"}, {"KOM01"}),
        (None, {2025: "heroma", 2026: "hrm"}, {"KOM01", "KOM03"}),
        (None, {2026: "hrm"}, {"KOM01"}),
    ],
)
def test_what_only_the_portal_knows(
    codes: bytes | None,
    systems: dict[int, str],
    found: set[str],
    tmp_path: Path,
    cast: Cast,
    submissions: dict[tuple[str, int], Submission],
) -> None:
    region = submissions["0400", 2026].unit
    for year, code in systems.items():
        PayrollSystem.objects.create(unit=region, year=year, code=code, at=timezone.now(), by=cast.bo)
    sample = Sample("0400", as_file([row(unit="0400")]), None, codes)
    delivery = in_portal(sample, submissions, cast)
    findings = storage.findings_of(delivery)
    assert {check for check in findings["check"] if check.startswith("KOM")} == found
    not_run = {entry["check"] for entry in storage.summary_of(delivery)["not_run"]}
    assert ("KOM03" in not_run) is (len(systems) < 2)
    assert "KOM02" not in not_run
    said = json.loads(printed(sample, tmp_path, "json"))
    assert not any(finding["check"].startswith("KOM") for finding in said["findings"])
    if "KOM03" in found:
        sentence = checking.messages.render(findings.filter(findings["check"] == "KOM03").row(0, named=True), SPEC)
        assert sentence == "Ni har bytt lönesystem sedan förra året. Från Heroma till HRM."
