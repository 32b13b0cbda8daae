"""The one door: bytes in, `Reading` out."""

from __future__ import annotations

import polars as pl

from config.lib import personnummer
from submissions.deadline import Deadline, no_deadline
from submissions.frames import Reading, Refusal, Sample, column, empty_frame, no_wrong_rows
from submissions.reading import refusals
from submissions.reading.decode import Decoded, decode
from submissions.reading.kind import kind_frame
from submissions.reading.limits import MAX_BYTES
from submissions.reading.split import Split, split
from submissions.spec import LayoutSpec

SAMPLES = 5
FIRST_LINES = 5_000
# Fields of text; never the personnummer (7), and the name (8) is not even in the frame.
SAMPLE_FIELDS = (2, 4, 5, 6, 14, 40)
SWEDISH_LETTERS = "[åäöÅÄÖ]"


def read(data: bytes, layout: LayoutSpec, *, deadline: Deadline = no_deadline) -> Reading:
    """The file as a frame of texts, or its refusal. Any bytes give a `Reading`; none raises, but `deadline` may."""
    if not data:
        return _refused(refusals.empty(had_bytes=False))
    if len(data) > MAX_BYTES:
        return _refused(refusals.too_big(len(data)))
    decoded = decode(data)
    deadline()
    if isinstance(decoded, Refusal):
        return _refused(decoded)
    try:
        rows = split(decoded.data, layout)
        deadline()
        if isinstance(rows, Refusal):
            return _refused(rows, encoding=decoded.encoding)
        return _reading(decoded, rows)
    except pl.exceptions.PolarsError:
        return _refused(refusals.other_kind(data, "FIL03") or refusals.unreadable())


def _reading(decoded: Decoded, rows: Split) -> Reading:
    is_ascii = decoded.is_ascii
    # One byte is found by a machine instruction, three bytes are not: look for the mark's first byte before the mark.
    has_mark = b"\xef" in decoded.data and b"\xef\xbb\xbf" in decoded.data
    has_rare_blanks = b"\t" in decoded.data or (not is_ascii and (b"\xa0" in decoded.data or has_mark))
    frame = kind_frame(rows.frame, look_for_rare_blanks=has_rare_blanks)
    return Reading(
        frame=frame,
        encoding=decoded.encoding,
        separator=rows.separator,
        has_header=rows.has_header,
        rows=rows.rows,
        samples=() if is_ascii else _first_samples(frame),
        wrong_rows=rows.wrong_rows,
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


def _first_samples(frame: pl.DataFrame) -> tuple[Sample, ...]:
    """The samples of the file's first lines, or of the whole file where those do not give enough."""
    first = _samples(frame.head(FIRST_LINES))
    return first if len(first) == SAMPLES or frame.height <= FIRST_LINES else _samples(frame)


def _samples(frame: pl.DataFrame) -> tuple[Sample, ...]:
    """Up to five different values with å, ä or ö, never from fields 7 and 8, and without personnummer in the texts."""
    texts = [pl.col(column(number)).str for number in SAMPLE_FIELDS]
    found = frame.select((text.len_bytes().sum() != text.len_chars().sum()).alias(str(i)) for i, text in enumerate(texts)).row(0)
    samples: list[Sample] = []
    for number, is_found in zip(SAMPLE_FIELDS, found, strict=True):
        if not is_found:
            continue
        name = column(number)
        hits = frame.filter(pl.col(name).str.contains(SWEDISH_LETTERS)).unique(name, keep="first", maintain_order=True)
        found_here = hits.select("row", name).head(SAMPLES).iter_rows()
        samples += [Sample(row, number, personnummer.mask_all(value)) for row, value in found_here]
        if len(samples) >= SAMPLES:
            break
    return tuple(samples[:SAMPLES])
