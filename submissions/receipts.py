"""The receipt of a hand-in: what it vouches for, and the public answer to "is this receipt genuine?".

The data checksum is SHA-256 over the rows as handed in, corrections laid on: fields 1 to 40 in order, field 8 empty,
semicolons between, one line feed after each row, UTF-8. Anybody with the corrected file can compute it again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from submissions.frames import FIELD_COUNT, NAME_FIELD, column
from submissions.models import Receipt


def data_lines(frame: pl.DataFrame) -> bytes:
    """The rows as the checksum sees them."""
    fields = [
        pl.lit("").alias(column(n)) if n == NAME_FIELD else pl.col(column(n)).fill_null("") for n in range(1, FIELD_COUNT + 1)
    ]
    text: str = frame.sort("row").select(pl.concat_str(fields, separator=";").str.join("\n")).item()
    return f"{text}\n".encode()


def data_sha256(frame: pl.DataFrame) -> str:
    """The data checksum, in hex."""
    return hashlib.sha256(data_lines(frame)).hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """What anybody with the code may know: no person, no value."""

    code: str
    unit: str
    year: int
    issued_at: datetime
    rows: int
    sha256: str
    data_sha256: str
    withdrawn_at: datetime | None


def verify(code: str) -> Verification | None:
    """The receipt with that code, however its case and dashes were typed; None where it is not ours."""
    letters = "".join(sign for sign in code.upper() if sign.isascii() and sign.isalnum())
    if len(letters) != 12:
        return None
    written = "-".join((letters[:4], letters[4:8], letters[8:]))
    receipt = Receipt.objects.filter(code=written).select_related("submission__unit", "submission__collection").first()
    if receipt is None:
        return None
    submission = receipt.submission
    return Verification(
        code=receipt.code,
        unit=str(submission.unit),
        year=submission.collection.year,
        issued_at=receipt.issued_at,
        rows=receipt.rows,
        sha256=receipt.sha256,
        data_sha256=receipt.data_sha256,
        withdrawn_at=receipt.withdrawn_at,
    )
