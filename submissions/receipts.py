"""The receipt of a hand-in: what it vouches for, its signed text, and the public answer to "is this receipt genuine?".

The data checksum is SHA-256 over the rows as handed in, corrections laid on: fields 1 to 40 and those the year has added, in order, field 8 empty,
semicolons between, one line feed after each row, UTF-8. Anybody with the corrected file can compute it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.conf import settings
from django.utils import timezone

from config.lib import signatures
from config.lib.text import one_line
from submissions.frames import NAME_FIELD, column, numbers_of
from submissions.models import Receipt
from submissions.summaries import Line


def data_lines(frame: pl.DataFrame) -> bytes:
    """The rows as the checksum sees them."""
    numbers = range(1, max(numbers_of(frame)) + 1)
    fields = [pl.lit("").alias(column(n)) if n == NAME_FIELD else pl.col(column(n)).fill_null("") for n in numbers]
    text: str = frame.sort("row").select(pl.concat_str(fields, separator=";").str.join("\n")).item()
    return f"{text}\n".encode()


def data_sha256(frame: pl.DataFrame) -> str:
    """The data checksum, in hex."""
    return hashlib.sha256(data_lines(frame)).hexdigest()


# The signed text -----------------------------------------------------------------------------------------------------

TITLE = "KVITTENS FÖR PERSONALSTATISTIK"
NOBODY = "Inga anställda på mätdagen"


def signed_text(receipt: Receipt, lines: Iterable[Line]) -> str:
    """The receipt as a text that anybody can keep and verify: what was signed, by whom, and our signature last.

    One line a fact, so that a program can read it too; no value of a person who was reported. UTF-8, lines end with LF.
    """
    submission, delivery = receipt.submission, receipt.delivery
    sums = "\n".join(f"{line.label}: {written(line)}" for line in lines)
    facts = {
        "Kvittenskod": receipt.code,
        "Enhet": f"{submission.unit.name} ({submission.unit.code})",
        "Insamling": str(submission.collection),
        "Klarmarkerad": moment(receipt.issued_at),
        "Klarmarkerad av": str(receipt.issued_by),
        **(
            {
                "Filen lämnad av": f"{delivery.uploaded_by}, {moment(delivery.uploaded_at)}",
                "Version": str(delivery.version),
                "Rader": str(receipt.rows),
                "Rättelser i sidan": str(receipt.corrections),
                "Förklaringar": str(receipt.comments),
                "Filens SHA-256": receipt.sha256,
                "Uppgifternas SHA-256": receipt.data_sha256,
            }
            if delivery is not None
            else {"Uppgift": NOBODY, "Rader": "0"}
        ),
        "Sista dag": submission.due_date.isoformat(),
        "Sen inlämning": _late(receipt),
    }
    address = f"{settings.PORTAL_BASE_URL}/kvittens/"
    return signatures.sign(
        f"{TITLE}\nSveriges Kommuner och Regioner (SKR)\n\n"
        + "".join(f"{name}: {one_line(value)}\n" for name, value in facts.items())
        + (f"\nKontrollsummor\n{sums}\n" if sums else "")
        + f"\nGäller kvittensen fortfarande? {address}{receipt.code}/\n"
        + f"Så kontrolleras underskriften: {address}\n"
    )


def written(line: Line) -> str:
    """A control sum in plain digits, with decimal comma."""
    return f"{line.value or 0:.{line.decimals}f}".replace(".", ",")


def moment(at: datetime) -> str:
    """A point in time in Sweden, with its distance from UTC: nobody needs to guess."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S %z")


def _late(receipt: Receipt) -> str:
    if not receipt.late_reason:
        return "nej"
    return ". ".join(filter(None, ("ja", receipt.get_late_reason_display(), receipt.late_text)))


# Verification --------------------------------------------------------------------------------------------------------


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
    is_replaced: bool  # by a later hand-in, not taken back
    is_late: bool
    is_of_nobody: bool  # the statement that nobody was employed


CODE = re.compile(r"^Kvittenskod: ([0-9A-Z-]{14})$", re.MULTILINE)


def verify_text(content: bytes) -> Verification | None:
    """The receipt whose signed text this is, byte for byte; None where we did not sign it."""
    if not signatures.is_ours(content):
        return None
    found = CODE.search(content.decode())
    return verify(found[1]) if found else None


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
        is_replaced=is_replaced(receipt),
        is_late=bool(receipt.late_reason),
        is_of_nobody=receipt.delivery_id is None,
    )


def is_replaced(receipt: Receipt) -> bool:
    """Whether a new hand-in took its place, at the moment it ended."""
    if receipt.withdrawn_at is None:
        return False
    return (
        Receipt.objects.filter(submission=receipt.submission_id, issued_at=receipt.withdrawn_at).exclude(pk=receipt.pk).exists()
    )
