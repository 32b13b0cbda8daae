"""The findings of one file as text for people, JSON and CSV for programs. Pure: values in, text out."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from submissions.checking.findings import Findings, group_rows, groups
from submissions.checking.masking import mask_field
from submissions.checking.messages import advice, level_label, render, shown_key, shown_value, title
from submissions.checking.waivers import WaiverSpec, covering
from submissions.checking.waivers import sentence as waived
from submissions.frames import Reading, place
from submissions.spec import FEL, INFO, VARNING, CollectionSpec, UnitSpec

ROWS_SHOWN = 10
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # a terminal would obey them
CSV_COLUMNS = ("check", "level", "row", "field", "key", "value", "message")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run such a cell


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report tells about one file."""

    file_name: str
    unit: UnitSpec
    collection: CollectionSpec
    reading: Reading
    findings: Findings
    reveal: bool = False  # show whole personnummer
    waivers: tuple[WaiverSpec, ...] = ()

    @property
    def has_errors(self) -> bool:
        """True where the file was refused or at least one finding is a fel."""
        return not self.findings.accepted or self.findings.counts[FEL] > 0


def as_json(report: Report) -> str:
    """One JSON object, as in the contract."""
    whole = {
        "file": report.file_name,
        "unit": report.unit.code,
        "year": report.collection.year,
        "layout": report.collection.layout.name,
        "encoding": report.reading.encoding or None,
        "rows": report.findings.rows,
        "accepted": report.findings.accepted,
        "counts": report.findings.counts,
        "findings": list(_rows(report)),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def as_csv(report: Report) -> str:
    """One line a finding, semicolons, with a line of names; cells that a spreadsheet would take for formulas are quoted."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for row in _rows(report):
        writer.writerow("" if row[name] is None else _cell(row[name]) for name in CSV_COLUMNS)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _sentence(report: Report, finding: dict[str, Any]) -> str:
    """What is wrong, and that SKR does not ask for more where it has decided so."""
    waiver = covering(report.waivers, finding["check"], finding["field"], finding["value"])
    text = render(finding, report.collection, reveal=report.reveal)
    return f"{text} {waived(waiver)}" if waiver else text


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    for finding in report.findings.frame.iter_rows(named=True):
        yield {
            "check": finding["check"],
            "level": finding["level"],
            "row": finding["row"],
            "field": finding["field"],
            "key": shown_key(finding, reveal=report.reveal),
            "value": shown_value(finding, reveal=report.reveal),
            "message": _sentence(report, finding),
        }


def as_text(report: Report) -> str:
    """For people: what was read, the counts, then every group of findings with its first rows, worst first."""
    lines = [*_head(report), "", *_counts(report)]
    for group in groups(report.findings.frame).iter_rows(named=True):
        lines += ["", *_group(report, group)]
    if report.findings.not_run:
        lines += ["", "Kontroller som inte kunde göras:"]
        lines += _not_run(report)
    return CONTROL.sub("\ufffd", "\n".join(lines)) + "\n"


def _not_run(report: Report) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for skipped in report.findings.not_run:
        by_reason.setdefault(skipped.reason, []).append(skipped.check)
    return [f"  {', '.join(codes)}: {reason}" for reason, codes in by_reason.items()]


def _head(report: Report) -> list[str]:
    reading = report.reading
    lines = [
        f"{report.file_name}: {report.unit.name} ({report.unit.code}), {report.collection.year}, "
        f"postbeskrivning {report.collection.layout.name}"
    ]
    if reading.accepted:
        header = ", rad med fältnamn" if reading.has_header else ""
        lines.append(f"{_number(reading.rows)} poster, {reading.encoding_label}, {reading.separator_label}{header}.")
    if reading.samples:
        samples = ", ".join(
            f"{sample.value} ({place(sample.row, reading.firsts)}, fält {sample.field})" for sample in reading.samples
        )
        lines.append(f"Så lästes å, ä och ö: {samples}")
    return lines


def _counts(report: Report) -> list[str]:
    findings = report.findings
    if not findings.accepted:
        return ["Filen avvisas. Den måste lämnas på nytt."]
    if findings.frame.is_empty():
        return ["Inga anmärkningar."]
    clean = findings.rows - findings.rows_with_findings
    return [
        *(f"{level_label(level)} ({level}): {_number(findings.counts[level])}" for level in (FEL, VARNING, INFO)),
        f"{_number(clean)} av {_number(findings.rows)} poster utan anmärkning.",
    ]


def _group(report: Report, group: dict[str, Any]) -> Iterator[str]:
    check, collection = group["check"], report.collection
    rows = group_rows(report.findings.frame, check, group["field"], group["value"])
    value = group["value"] if report.reveal else mask_field(group["field"], group["value"])
    about = f": {value}" if value is not None and group["field"] else ""
    is_whole_file = rows["row"].null_count() == rows.height
    count = "hela filen" if is_whole_file else f"{_number(rows.height)} rader" if rows.height > 1 else "1 rad"
    yield f"[{group['level']}] {check} {title(check, collection, group['field'])}{about} ({count})"
    first = list(rows.head(ROWS_SHOWN).iter_rows(named=True))
    sentences = [_sentence(report, finding) for finding in first]
    is_same = len(set(sentences)) == 1
    if is_same:
        yield f"  {sentences[0]}"
    yield f"  Gör så här: {advice(check, collection)}"
    for finding, sentence in zip(first, sentences, strict=True):
        parts = [_place(report, finding), "" if is_same else sentence]
        if any(parts):
            yield "    " + ": ".join(part for part in parts if part)
    if rows.height > ROWS_SHOWN:
        yield f"    … och {_number(rows.height - ROWS_SHOWN)} till"


def _place(report: Report, finding: dict[str, Any]) -> str:
    if finding["row"] is None:
        return ""
    parts = [place(finding["row"], report.reading.firsts)]
    if finding["key"] is not None:
        parts.append(f"anställning {shown_key(finding, reveal=report.reveal)}")
    value = shown_value(finding, reveal=report.reveal)
    if value is not None:
        parts.append(f"värde {value}")
    return ", ".join(parts)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u00a0")


RENDERERS = {"text": as_text, "json": as_json, "csv": as_csv}
