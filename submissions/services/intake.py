"""What may come in at all: how much on one day, nothing that the scanner knows, and several files as one delivery.

Nothing here looks into a file or keeps anything; what is refused leaves no trace but an event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Sum
from django.utils import timezone

from accounts import limits, malware
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import scan
from config.lib.text import one_line
from profiles.models import Unit
from submissions import reading
from submissions.models import Delivery, Submission

NAME_LENGTH = 255


class FileRefused(NotAllowed):
    """A file that is not taken in at all; the sentence stands at the field where it was chosen."""

    status = 422


class TooManyFiles(FileRefused):
    """The unit has delivered as many files, or bytes, as one day takes."""

    status = 429


class FileInfected(FileRefused):
    """The scanner found something in the file."""


class ScannerAway(FileRefused):
    """The scanner is set up and does not answer."""

    status = 503


@dataclass(frozen=True, slots=True)
class Upload:
    """What a person chose: the bytes of all files one after the other, the names one a line, and each file's bytes."""

    content: bytes
    name: str
    part_sizes: tuple[int, ...] = ()  # none of a single file


def joined(files: Sequence[tuple[str, bytes]]) -> Upload:
    """Several files as one upload, in the order they were chosen. Raises `FileRefused` where that cannot be meant."""
    if len(files) == 1:
        return Upload(files[0][1], files[0][0])
    if len(files) > reading.MAX_PARTS:
        raise FileRefused(f"Du valde {len(files)} filer. Vi tar emot högst {reading.MAX_PARTS} på en gång.")
    seen: dict[bytes, str] = {}
    for name, content in files:
        before = seen.setdefault(hashlib.sha256(content).digest(), name)
        if before != name or list(files).count((name, content)) > 1:
            raise FileRefused(f"Filerna {before} och {name} har samma innehåll. Välj varje fil en gång och lämna dem igen.")
    return Upload(
        b"".join(content for _, content in files),
        "\n".join(one_line(name) for name, _ in files),
        tuple(len(content) for _, content in files),
    )


def check_daily_limit(unit: Unit, *, size: int, at: datetime) -> None:
    """Raise `TooManyFiles` where one more file of that size is more than a day takes (a day of the calendar, in Sweden)."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
    sent = Delivery.objects.filter(submission__unit=unit, uploaded_at__gte=midnight)
    if sent.count() >= limits.UPLOADS_PER_UNIT_AND_DAY:
        raise TooManyFiles(
            f"Enheten har redan lämnat {limits.UPLOADS_PER_UNIT_AND_DAY} filer i dag, och fler tar vi inte emot på en dag. "
            "Fortsätt i morgon, eller skriv till SKR under Meddelanden."
        )
    if (sent.aggregate(bytes=Sum("size"))["bytes"] or 0) + size > limits.UPLOAD_BYTES_PER_UNIT_AND_DAY:
        raise TooManyFiles(
            f"Enhetens filer i dag är tillsammans större än {limits.UPLOAD_BYTES_PER_UNIT_AND_DAY // 1_000_000} MB, "
            "och mer tar vi inte emot på en dag. Fortsätt i morgon, eller skriv till SKR under Meddelanden."
        )


def check_for_malware(submission: Submission, content: bytes, *, by: User, at: datetime) -> None:
    """Ask the scanner, where there is one, before anything is kept. Raises `FileInfected` or `ScannerAway` (FIL-10)."""
    code = submission.unit.code
    try:
        malware.look_for(content, unit=code, object=f"{code}/{submission.collection.year}", by=by, at=at)
    except scan.Infected:
        raise FileInfected(
            "Viruskontrollen hittade skadlig kod i filen. Den är inte mottagen och inget av den är sparat. "
            "Visa filen för er it-avdelning och ta ut en ny ur lönesystemet."
        ) from None
    except scan.ScanFailed:
        raise ScannerAway(
            "Viruskontrollen svarar inte just nu, och utan den tar vi inte emot någon fil. Inget är sparat. "
            "Försök igen om en stund. Går det fortfarande inte, skriv till SKR under Meddelanden."
        ) from None
