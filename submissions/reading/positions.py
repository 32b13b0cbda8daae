"""A region's kodförteckning: local position codes (field 14) with their plain text."""

from __future__ import annotations

from submissions.frames import Refusal
from submissions.reading.decode import decode
from submissions.reading.kind import BLANKS, kind_value
from submissions.reading.limits import MAX_BYTES
from submissions.reading.refusals import file_kind

POSITION_FIELD = 14
SEPARATORS = (";", "\t", "|", ",")
HEADINGS = {"KOD", "BEFATTNINGSKOD", "KATEGORIKOD", "BEFATTNING", "CODE"}
EXPECTED = "Vi väntade oss en textfil med en kod och dess klartext på varje rad, åtskilda med semikolon."


class PositionListError(ValueError):
    """The kodförteckning cannot be read; the text says why, in Swedish."""


def read_positions(data: bytes) -> dict[str, str]:
    """Plain text by code. Codes are read as field 14 is. Raises `PositionListError` where no code was found."""
    kind = file_kind(data)
    if kind:
        raise PositionListError(f"Kodförteckningen är {kind}. {EXPECTED}")
    if len(data) > MAX_BYTES:
        raise PositionListError(f"Kodförteckningen är för stor. {EXPECTED}")
    decoded = decode(data)
    if isinstance(decoded, Refusal):
        raise PositionListError(f"Kodförteckningens teckenkodning kan inte tolkas. {EXPECTED}")
    text = decoded.data.decode("utf-8")
    separator = next((mark for mark in SEPARATORS if mark in text), None)
    if separator is None:
        raise PositionListError(f"Kodförteckningen har ingen klartext. {EXPECTED}")
    positions = {}
    for line in text.splitlines():
        code, _, label = line.partition(separator)
        value = kind_value(POSITION_FIELD, code.strip(BLANKS + '"'))
        if value and value not in HEADINGS:
            positions[value] = label.split(separator)[0].strip(BLANKS + '"')
    if not positions:
        raise PositionListError(f"Kodförteckningen har inga koder. {EXPECTED}")
    return positions
