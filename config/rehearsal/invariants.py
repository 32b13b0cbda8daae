"""What must hold during a season. Each function gives a Swedish sentence for every break; none is the rule.

They look at the database as it stands, and at what the season wrote down on its way, through nothing that the season used
to get there where that can be helped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import Count, Q, Sum

from accounts import audit_chain
from accounts.models import Invitation
from config.rehearsal.season import Season
from messaging.models import Attachment, InternalNote, Message, OutgoingMail, Thread
from profiles.models import Membership, Unit
from submissions import receipts
from submissions.models import Comment, CommentDraft, Correction, CorrectionBatch, Delivery, Receipt, Submission, Supplement
from submissions.services import deliver, issuing, storage

Check = Callable[[Season], Iterator[str]]
Status = Submission.Status
HANDED_IN = (Status.HANDED_IN, Status.SKR_REVIEW, Status.APPROVED, Status.LOCKED)


def everybody_has_a_contact(season: Season) -> Iterator[str]:
    """Each unit that is asked has a Kontaktperson, or one who is invited."""
    contact = Q(memberships__role=Membership.Role.CONTACT, memberships__ended_at=None)
    asked = Unit.objects.filter(code__in=[part.code for part in season.parts])
    for unit in asked.annotate(contacts=Count("memberships", filter=contact)).filter(contacts=0).order_by("code"):
        yield f"{unit} saknar kontaktperson."


def receipts_hold(season: Season) -> Iterator[str]:
    """Whoever has handed in has exactly one receipt in force, and its signed text verifies."""
    in_force = Count("receipts", filter=Q(receipts__withdrawn_at=None))
    submissions = Submission.objects.filter(status__in=HANDED_IN).annotate(in_force=in_force).select_related("unit", "collection")
    for submission in submissions.order_by("pk"):
        if submission.in_force != 1:
            yield f"{submission} är {submission.get_status_display().lower()} men har {submission.in_force} kvittenser som gäller."
    for receipt in Receipt.objects.order_by("pk").select_related("submission__unit", "submission__collection"):
        verified = receipts.verify_text(issuing.kept_of(receipt).text.encode())
        if verified is None or verified.code != receipt.code:
            yield f"Kvittensen {receipt.code} för {receipt.submission} går inte att bekräfta."


def rows_are_those_signed(season: Season) -> Iterator[str]:
    """The rows of each file that counts are still those of its receipt."""
    held = Receipt.objects.filter(withdrawn_at=None, delivery__frame_sealed__isnull=False).order_by("pk")
    for receipt in held.only("code", "data_sha256", "delivery_id"):
        delivery = deliver.fresh(Delivery(pk=receipt.delivery_id))
        if receipts.data_sha256(storage.current_frame(delivery)) != receipt.data_sha256:
            yield f"Raderna bakom kvittensen {receipt.code} är inte de som klarmarkerades."


def nothing_waits(season: Season) -> Iterator[str]:
    """No file is left unchecked."""
    for delivery in Delivery.objects.light().filter(status=Delivery.Status.RECEIVED).order_by("pk"):
        yield f"{delivery.submission} version {delivery.version} är inte kontrollerad."


def reminders_are_due(season: Season) -> Iterator[str]:
    """Nobody with a last day of her own is reminded before it, and nobody who has handed in or is exempt."""
    known = {one.pk: one for one in Submission.objects.select_related("unit", "collection").order_by("pk")}
    issues = Receipt.objects.order_by("-issued_at", "pk").values_list("submission", "issued_at")
    first = dict(issues)  # the earliest is the last one written
    for reminded in season.reminded:
        submission, day = known[reminded.submission], reminded.on.isoformat()
        if reminded.has_own_date and reminded.on <= reminded.due_date:
            yield f"{submission} påmindes {day}, före sin egen sista dag {reminded.due_date.isoformat()}."
        if submission.exempt_at is not None and submission.exempt_at.date() < reminded.on:
            yield f"{submission} påmindes {day} men omfattas inte."
        issued = first.get(reminded.submission)
        if issued is not None and issued.date() < reminded.on:
            yield f"{submission} påmindes {day} men klarmarkerade {issued.date().isoformat()}."


def mails_add_up(season: Season) -> Iterator[str]:
    """As many mails as there were people to tell, to made-up addresses only."""
    counted = dict(OutgoingMail.objects.order_by().values_list("template").annotate(Count("pk")))
    expected = dict(season.mails)
    expected["accounts/invitation"] = Invitation.objects.aggregate(total=Sum("send_count"))["total"] or 0
    for template, wanted in sorted(expected.items()):
        if counted.get(template, 0) != wanted:
            yield f"Mejlet {template} skulle ha skrivits {wanted} gånger men skrevs {counted.get(template, 0)}."
    if strangers := OutgoingMail.objects.exclude(recipient="").exclude(recipient__endswith=".example").count():
        yield f"{strangers} mejl går till andra än de påhittade adresserna."


def the_trail_is_whole(season: Season) -> Iterator[str]:
    """The audit trail is as it was written."""
    audit_chain.seal(season.at)
    yield from audit_chain.verify(season.at)


def nothing_is_left(season: Season) -> Iterator[str]:
    """After the last purge no row, file, explanation or message is left."""
    sealed = ("content_sealed", "frame_sealed", "findings_sealed", "summary_sealed", "name_sealed")
    for column in sealed:
        if count := Delivery.objects.filter(**{f"{column}__isnull": False}).count():
            yield f"{count} filer har kvar {column}."
    for model in (Correction, CorrectionBatch, Comment, CommentDraft, Supplement, Thread, Message, InternalNote, Attachment):
        if count := model._default_manager.count():
            yield f"{count} {model._meta.verbose_name_plural} är kvar."


WHILE_OPEN: tuple[Check, ...] = (everybody_has_a_contact, receipts_hold, nothing_waits, reminders_are_due)
AT_THE_CLOSE: tuple[Check, ...] = (*WHILE_OPEN, rows_are_those_signed, mails_add_up, the_trail_is_whole)
AFTER_THE_PURGE: tuple[Check, ...] = (nothing_is_left, receipts_hold, the_trail_is_whole)


def check(season: Season, checks: tuple[Check, ...], *, when: str) -> int:
    """Look for breaks and write them down as faults; how many checks were made."""
    for rule in checks:
        for sentence in rule(season):
            season.fault(f"{when}: {sentence}")
    return len(checks)
