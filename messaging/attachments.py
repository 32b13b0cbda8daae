"""Files of a message: what may be attached, how it is kept and how it comes out again.

A file is taken by what its bytes are, never by its name alone; of a packed one (workbook, document) only the directory is
read, and nothing is opened by the server. It is scanned where a scanner is set up, and refused where that one is away. What
is kept is sealed, the name too. Source: security note, A-5, FIL-02, FIL-06, FIL-07, FIL-09, FIL-10.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import PurePosixPath

from django.utils import timezone

from accounts import audit, limits, malware
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import file_types, scan, sealed
from config.lib.text import amount, one_line
from messaging.models import Attachment, Message
from profiles.models import Unit

MEGABYTES = limits.ATTACHMENT_BYTES // 1_000_000
ALL_MEGABYTES = limits.ATTACHMENT_BYTES_PER_MESSAGE // 1_000_000
NAME_LENGTH = 120
TAKEN = tuple(ending for found in file_types.TYPES.values() for ending in found.endings)
TAKEN_IN_WORDS = "PDF, bild (.png, .jpg), kalkylblad (.xlsx, .ods), dokument (.docx) eller textfil (.txt, .csv)"
HELP = (
    f"{TAKEN_IN_WORDS}. Högst {amount(limits.ATTACHMENTS_PER_MESSAGE, 'fil', 'filer')}, {MEGABYTES} MB var. "
    "Filerna lagras krypterade."
)
TOO_LARGE = (
    f"Bilagorna är för stora och togs inte emot: högst {MEGABYTES} MB var och {ALL_MEGABYTES} MB tillsammans. "
    "Inget är skickat. Välj bilagorna igen."
)
LOST = "Välj bilagorna igen, de följde inte med. Inget är skickat än."
UNREADABLE_NAME = "Fil vars namn inte går att läsa"
AGAIN = "Inget är skickat. Välj bilagorna igen, utan den som inte går."
AWAY = (
    "Viruskontrollen svarar inte just nu, och utan den tar vi inte emot bilagor. Inget är skickat. "
    "Skicka meddelandet utan bilaga, eller försök igen om en stund."
)


class AttachmentsRefused(NotAllowed):
    """Nothing is attached, and so nothing sent; a sentence for each file that is the cause stands at the field."""

    status = 422

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file as it came: what the person calls it, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be attached."""

    name: str
    content: bytes
    kind: str
    sha256: str
    scan: str


@dataclass(frozen=True, slots=True)
class Out:
    """A file on its way out."""

    name: str
    content: bytes
    content_type: str


# In ------------------------------------------------------------------------------------------------------------------


def check(files: Iterable[Chosen], *, unit: Unit, by: User, at: datetime) -> list[Checked]:
    """Look at the files of one message, before its transaction: a scanner may be slow. Raises `AttachmentsRefused`.

    All files are looked at before anybody is asked to choose again, so that each one's fault is told at once.
    """
    chosen = list(files)
    reasons = [f"{shown(file.name)}: {fault}" for file in chosen if (fault := fault_of(file))]
    if len(chosen) > limits.ATTACHMENTS_PER_MESSAGE:
        reasons.append(f"Det går att bifoga högst {limits.ATTACHMENTS_PER_MESSAGE} filer. Dela upp dem på flera meddelanden.")
    if not reasons and sum(len(file.content) for file in chosen) > limits.ATTACHMENT_BYTES_PER_MESSAGE:
        reasons.append(f"Filerna är tillsammans större än {ALL_MEGABYTES} MB. Dela upp dem på flera meddelanden.")
    if reasons:
        raise AttachmentsRefused([*reasons, AGAIN])
    _check_daily_limit(unit, len(chosen), by=by, at=at)
    state = Attachment.Scan.CLEAN if malware.is_set_up() else Attachment.Scan.NOT_SCANNED
    for file in chosen:
        _scan(file, unit, by=by, at=at)
    return [
        Checked(
            name=_own_name(file),
            content=file.content,
            kind=file_types.type_of(file.content).code,
            sha256=hashlib.sha256(file.content).hexdigest(),
            scan=state,
        )
        for file in chosen
    ]


def fault_of(file: Chosen) -> str:
    """Why a file may not be attached, as a sentence; "" where it may."""
    if not file.content:
        return "Filen är tom (0 byte)."
    if len(file.content) > limits.ATTACHMENT_BYTES:
        return f"Filen är större än {MEGABYTES} MB."
    try:
        found = file_types.type_of(file.content)
    except file_types.UnknownType as unknown:
        return f"Filen är {unknown}, och det tar vi inte emot. Vi tar emot {TAKEN_IN_WORDS}."
    ending = file_types.ending_of(file.name)
    if ending and ending not in found.endings:
        return f"Filen heter {shown(ending)} men är {found.named}. Spara den igen i rätt format, eller rätta namnet."
    return ""


def shown(name: str) -> str:
    """A file's name as it may stand in a page: one line, no folders, not too long."""
    last = one_line(name.replace("\\", "/").rpartition("/")[2])
    return last if len(last) <= NAME_LENGTH else f"{last[: NAME_LENGTH // 2]} … {last[-NAME_LENGTH // 3 :]}"


def _own_name(file: Chosen) -> str:
    """The name that is kept: with the ending that its content has."""
    found, name = file_types.type_of(file.content), shown(file.name)
    ending = PurePosixPath(name).suffix.lower()
    stem = name[: -len(ending)] if ending in found.endings else name
    return f"{stem.strip(' .') or 'bilaga'}{ending if ending in found.endings else found.endings[0]}"


def _check_daily_limit(unit: Unit, more: int, *, by: User, at: datetime) -> None:
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
    sent = Attachment.objects.filter(
        message__thread__unit=unit, message__is_from_staff=by.is_staff, message__created_at__gte=midnight
    ).count()
    if more and sent + more > limits.ATTACHMENTS_PER_UNIT_AND_DAY:
        raise AttachmentsRefused(
            [
                f"Fler än {limits.ATTACHMENTS_PER_UNIT_AND_DAY} bilagor på en dag tar vi inte emot. Inget är skickat. Fortsätt i morgon."
            ]
        )


def _scan(file: Chosen, unit: Unit, *, by: User, at: datetime) -> None:
    try:
        malware.look_for(file.content, unit=unit.code, object="bilaga till ett meddelande", by=by, at=at)
    except scan.Infected:
        raise AttachmentsRefused(
            [
                f"{shown(file.name)}: Viruskontrollen hittade skadlig kod. Filen är inte sparad. Visa den för er it-avdelning.",
                AGAIN,
            ]
        ) from None
    except scan.ScanFailed:
        raise AttachmentsRefused([AWAY]) from None


def keep(message: Message, files: Iterable[Checked], *, by: User, at: datetime) -> None:
    """Attach the files, in the message's own transaction."""
    for number, file in enumerate(files, start=1):
        made = Attachment(
            message=message,
            number=number,
            kind=file.kind,
            size=len(file.content),
            sha256=file.sha256,
            scan=file.scan,
            created_at=at,
        )
        made.name_sealed = sealed.seal_text(made, "name_sealed", file.name)
        made.content_sealed = sealed.seal(made, "content_sealed", file.content)
        made.save(force_insert=True)
        audit.record(
            "file:uploaded",
            by=by,
            unit=message.thread.unit.code,
            object=audit_name(made),
            result=f"sha256 {made.sha256[:16]}",
            at=at,
        )


def are_those_of(message: Message, files: Iterable[Checked]) -> bool:
    """Whether the message came with just these files: the same form posted twice."""
    kept = message.attachments.order_by("number").values_list("sha256", flat=True)
    return list(kept) == [file.sha256 for file in files]


# Out -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A file under its message: what it is called, and what it is."""

    attachment: Attachment
    name: str
    label: str
    is_scanned: bool


def listed(messages: Iterable[Message]) -> dict[int, list[Listed]]:
    """The files of some messages of one thread, by message; one query, and no content is fetched."""
    by_key = {message.pk: message for message in messages}
    found: dict[int, list[Listed]] = {key: [] for key in by_key}
    rows = Attachment.objects.filter(message__in=by_key).defer("content_sealed").order_by("message", "number")
    for row in rows:
        row.message = by_key[row.message_id]  # at hand: it is not fetched once more
        found[row.message_id].append(
            Listed(
                attachment=row,
                name=sealed.text_or(row, "name_sealed", UNREADABLE_NAME),
                label=file_types.TYPES[row.kind].label,
                is_scanned=row.scan == Attachment.Scan.CLEAN,
            )
        )
    return found


def name_of(attachment: Attachment) -> str:
    """What the person called it. Only for somebody who may see its thread."""
    return sealed.open_text(attachment, "name_sealed")


def open_attachment(*, attachment: Attachment, by: User, at: datetime) -> Out:
    """The file, byte for byte, for somebody who may see its thread; the audit trail tells who took it."""
    out = Out(
        name=name_of(attachment),
        content=sealed.open_column(attachment, "content_sealed"),
        content_type=file_types.TYPES[attachment.kind].content_type,
    )
    audit.record(
        "data:read",
        by=by,
        unit=attachment.message.thread.unit.code,
        object=audit_name(attachment),
        result=f"sha256 {attachment.sha256[:16]}",
        at=at,
    )
    return out


def audit_name(attachment: Attachment) -> str:
    """The audit's word for an attachment."""
    return f"ärende {attachment.message.thread_id}, bilaga {attachment.number} till meddelande {attachment.message_id}"
