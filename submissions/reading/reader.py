"""The one door: bytes in, `Reading` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import polars as pl

from config.lib import personnummer
from submissions.deadline import Deadline, no_deadline
from submissions.frames import TEXT, Candidate, Part, Reading, Refusal, Sample, column, empty_frame, no_wrong_rows
from submissions.reading import refusals
from submissions.reading.decode import Decoded, decode, decode_as
from submissions.reading.kind import kind_frame
from submissions.reading.limits import MAX_BYTES, MAX_ROWS
from submissions.reading.split import Split, split
from submissions.reading.workbook import is_packed, read_workbook
from submissions.spec import LayoutSpec

SAMPLES = 5
FIRST_LINES = 5_000
# Fields of text; never the personnummer (7), and the name (8) is not even in the frame.
SAMPLE_FIELDS = (2, 4, 5, 6, 14, 40)
SWEDISH_LETTERS = "[åäöÅÄÖ]"
ANY_LETTER = r"[^\x00-\x7F]"
RARE_LETTER = r"[^\x00-\x7FåäöÅÄÖéÉ]"


def read(data: bytes, layout: LayoutSpec, *, encoding: str | None = None, deadline: Deadline = no_deadline) -> Reading:
    """The file as a frame of texts, or its refusal. Any bytes give a `Reading`; none raises, but `deadline` may.

    `encoding` is what a person answered where an earlier reading had a `doubt`; it is heeded only there.
    """
    if not data:
        return _refused(refusals.empty(had_bytes=False))
    if len(data) > MAX_BYTES:
        return _refused(refusals.too_big(len(data)))
    try:
        return _read_workbook(data, layout) if is_packed(data) else _read_text(data, layout, encoding, deadline)
    except pl.exceptions.PolarsError:
        return _refused(refusals.other_kind(data, "FIL03") or refusals.unreadable())


def read_parts(
    parts: Sequence[bytes], layout: LayoutSpec, *, encodings: Sequence[str] = (), deadline: Deadline = no_deadline
) -> Reading:
    """Several files as one: their rows joined in order and counted through. One that is refused refuses them all.

    `encodings` is what a person answered of each, "" where nothing; fewer than the parts mean nothing of the rest.
    """
    answers = [*(encoding or None for encoding in encodings), *[None] * len(parts)]
    if len(parts) == 1:
        return read(parts[0], layout, encoding=answers[0], deadline=deadline)
    size = sum(len(part) for part in parts)
    if size > MAX_BYTES:
        return _refused(refusals.too_big(size))
    readings = []
    for number, (part, answer) in enumerate(zip(parts, answers, strict=False), 1):
        found = read(part, layout, encoding=answer, deadline=deadline)
        if found.refusal is not None:
            seen = f"Del {number} av {len(parts)}: {found.refusal.seen}"
            return replace(found, refusal=replace(found.refusal, seen=seen))
        readings.append(found)
    return _joined(readings)


def _joined(readings: Sequence[Reading]) -> Reading:
    rows = sum(found.rows for found in readings)
    if rows > MAX_ROWS:
        return _refused(refusals.too_many_rows(rows))
    offsets = list(accumulate((found.lines for found in readings[:-1]), initial=0))

    def moved(frames: list[pl.DataFrame]) -> pl.DataFrame:
        later = [frame.with_columns(pl.col("row") + offset) for frame, offset in zip(frames, offsets, strict=True)]
        return pl.concat(later)

    samples = [replace(s, row=s.row + offset) for found, offset in zip(readings, offsets, strict=True) for s in found.samples]
    first = readings[0]
    return Reading(
        frame=moved([found.frame for found in readings]),
        encoding=first.encoding,
        separator=first.separator,
        has_header=any(found.has_header for found in readings),
        rows=rows,
        samples=tuple(samples[:SAMPLES]),
        wrong_rows=moved([found.wrong_rows for found in readings]),
        format=first.format,
        parts=tuple(
            Part(offset + 1, found.lines, found.rows, found.format, found.encoding, _moved_doubt(found.doubt, offset))
            for found, offset in zip(readings, offsets, strict=True)
        ),
        notes=tuple(dict.fromkeys(note for found in readings for note in found.notes)),
        lines=sum(found.lines for found in readings),
    )


def _moved_doubt(doubt: tuple[Candidate, ...], offset: int) -> tuple[Candidate, ...]:
    return tuple(replace(c, samples=tuple(replace(s, row=s.row + offset) for s in c.samples)) for c in doubt)


# Workbooks -----------------------------------------------------------------------------------------------------------


def _read_workbook(data: bytes, layout: LayoutSpec) -> Reading:
    found = read_workbook(data, layout)
    if isinstance(found, Refusal):
        return _refused(found)
    frame = kind_frame(found.rows.frame, look_for_rare_blanks=True)
    return replace(_reading(frame, found.rows), format=found.format, samples=_first_samples(frame), notes=found.notes)


# Text ----------------------------------------------------------------------------------------------------------------


def _read_text(data: bytes, layout: LayoutSpec, encoding: str | None, deadline: Deadline) -> Reading:
    decoded = decode(data, encoding)
    deadline()
    if isinstance(decoded, Refusal):
        return _refused(decoded)
    rows = split(decoded.data, layout)
    deadline()
    if isinstance(rows, Refusal):
        return _refused(rows, encoding=decoded.encoding)
    frame = _kind(decoded, rows)
    found = replace(_reading(frame, rows), encoding=decoded.encoding)
    if decoded.is_ascii:
        return found
    found = replace(found, samples=_first_samples(frame))
    return replace(found, doubt=_doubt(data, layout, decoded, frame)) if decoded.rivals else found


def _kind(decoded: Decoded, rows: Split) -> pl.DataFrame:
    # One byte is found by a machine instruction, three bytes are not: look for the mark's first byte before the mark.
    has_mark = b"\xef" in decoded.data and b"\xef\xbb\xbf" in decoded.data
    has_rare_blanks = b"\t" in decoded.data or (not decoded.is_ascii and (b"\xa0" in decoded.data or has_mark))
    return kind_frame(rows.frame, look_for_rare_blanks=has_rare_blanks)


def _reading(frame: pl.DataFrame, rows: Split) -> Reading:
    return Reading(
        frame=frame,
        encoding="",
        separator=rows.separator,
        has_header=rows.has_header,
        rows=rows.rows,
        samples=(),
        wrong_rows=rows.wrong_rows,
        format=TEXT,
        lines=rows.lines,
    )


def _refused(refusal: Refusal, encoding: str = "") -> Reading:
    return Reading(
        frame=empty_frame(),
        encoding=encoding,
        separator="",
        has_header=False,
        rows=0,
        samples=(),
        wrong_rows=no_wrong_rows(),
        refusal=refusal,
    )


# Samples -------------------------------------------------------------------------------------------------------------


def _first_samples(frame: pl.DataFrame) -> tuple[Sample, ...]:
    """The samples of the file's first lines, or of the whole file where those do not give enough."""
    first = _samples(frame.head(FIRST_LINES), SWEDISH_LETTERS)
    return first if len(first) == SAMPLES or frame.height <= FIRST_LINES else _samples(frame, SWEDISH_LETTERS)


def _samples(frame: pl.DataFrame, letters: str) -> tuple[Sample, ...]:
    """Up to five different values with such letters, never from fields 7 and 8, and without personnummer in the texts."""
    texts = [pl.col(column(number)).str for number in SAMPLE_FIELDS]
    found = frame.select((text.len_bytes().sum() != text.len_chars().sum()).alias(str(i)) for i, text in enumerate(texts)).row(0)
    samples: list[Sample] = []
    for number, is_found in zip(SAMPLE_FIELDS, found, strict=True):
        if not is_found:
            continue
        name = column(number)
        hits = frame.filter(pl.col(name).str.contains(letters)).unique(name, keep="first", maintain_order=True)
        found_here = hits.select("row", name).head(SAMPLES).iter_rows()
        samples += [Sample(row, number, personnummer.mask_all(value)) for row, value in found_here]
        if len(samples) >= SAMPLES:
            break
    return tuple(samples[:SAMPLES])


def _doubt(data: bytes, layout: LayoutSpec, decoded: Decoded, frame: pl.DataFrame) -> tuple[Candidate, ...]:
    """The ways to read the file's letters, with the same values under each; none where no value that is kept differs."""
    shown = dict.fromkeys((*_samples(frame, RARE_LETTER)[: SAMPLES - 2], *_samples(frame, ANY_LETTER)))
    cells = [(sample.row, sample.field) for sample in shown][:SAMPLES]
    candidates: dict[tuple[Sample, ...], Candidate] = {}
    for encoding in decoded.rivals if cells else ():
        other = frame if encoding == decoded.encoding else _read_as(data, layout, encoding)
        if other is not None:
            samples = tuple(_cell(other, row, field) for row, field in cells)
            candidates.setdefault(samples, Candidate(encoding, samples))
    is_asked = len(candidates) > 1 or len(decoded.rivals) == 1
    return tuple(candidates.values()) if is_asked else ()


def _read_as(data: bytes, layout: LayoutSpec, encoding: str) -> pl.DataFrame | None:
    plain = decode_as(data, encoding)
    rows = None if plain is None else split(plain, layout)
    if plain is None or not isinstance(rows, Split):
        return None
    return _kind(Decoded(plain, encoding), rows)


def _cell(frame: pl.DataFrame, row: int, field: int) -> Sample:
    found = frame.filter(pl.col("row") == row)[column(field)]
    return Sample(row, field, personnummer.mask_all(found[0] or "") if found.len() else "")
