"""What the units' files leave behind, and for how long (security note, A-11; acceptance test DRIFT-11).

Test files go whole after 30 days, refused ones lose their content. A year after a submission is locked (or its collection
closed) its files go, with names, findings, corrections, explanations and supplements, also those that were replaced; the rows of
the accepted one stay another year, since next year's file is compared with them, and so do the numbers of findings by check. A delivery's row, its checksum and its
receipt stay: they say what was handed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import limits
from accounts.retention import note
from config.lib.retention import Rule, carry_out
from submissions.models import (
    CheckCount,
    Comment,
    CommentDraft,
    Correction,
    CorrectionBatch,
    Delivery,
    Receipt,
    ReviewPoint,
    Submission,
    SubmissionNote,
    Supplement,
    Waiver,
)
from submissions.services import production_files, storage

_GONE: dict[str, Any] = {
    "name_sealed": None,
    "content_sealed": None,
    "findings_sealed": None,
    "summary_sealed": None,
    "carried_sealed": None,
}


def rules(at: datetime) -> tuple[Rule, ...]:
    """Every rule; what they wipe is marked as gone `at`."""

    def wipe(rows: QuerySet[Any]) -> int:
        return _wipe(rows, at)

    def rejected(upto: datetime) -> QuerySet[Delivery]:
        return Delivery.objects.kept().filter(status=Delivery.Status.REJECTED, is_test=False, uploaded_at__lte=upto)

    return (
        Rule("test_files", "testfiler", limits.TEST_FILES_KEPT, _test_files, _delete_whole),
        Rule("rejected_files", "avvisade filer", limits.REJECTED_FILES_KEPT, rejected, wipe),
        Rule("files", "filer i avslutade inlämningar", limits.FILES_KEPT, _files, wipe),
        Rule("explanations", "förklaringar i avslutade inlämningar", limits.FILES_KEPT, _explanations),
        Rule("points", "punkter till enheten i avslutade inlämningar", limits.FILES_KEPT, _points),
        Rule("notes", "anteckningar om avslutade inlämningar", limits.FILES_KEPT, _notes),
        Rule("waivers", "dispenser i avslutade inlämningar", limits.FILES_KEPT, _waivers),
        Rule("comment_drafts", "påbörjade förklaringar", limits.COMMENT_DRAFTS_KEPT, _comment_drafts),
        Rule("supplements", "kompletteringar i avslutade inlämningar", limits.FILES_KEPT, _supplements),
        Rule("production", "filer av produktionsuttag", limits.PRODUCTION_KEPT, production_files.over, production_files.forget),
        Rule("check_counts", "antal anmärkningar per kontroll", limits.ROWS_KEPT, _check_counts),
        Rule("rows", "rader för jämförelse med nästa år", limits.ROWS_KEPT, _rows, _forget_rows),
    )


def purge(*, at: datetime, older_than: timedelta | None = None, dry_run: bool = False) -> dict[str, int]:
    """Carry out every rule, with a receipt in the audit trail for each batch; what went, by the rules' words."""
    counts = {rule.what: carry_out(rule, at=at, older_than=older_than, dry_run=dry_run, receipt=note) for rule in rules(at)}
    if not dry_run:
        storage.forget()
    return counts


# What is over --------------------------------------------------------------------------------------------------------


def _over(upto: datetime, path: str = "submission__") -> Q:
    """Submissions locked that long ago; those never locked count from the day their collection was closed."""
    locked = Q((f"{path}status", Submission.Status.LOCKED))
    return locked & Q((f"{path}status_changed_at__lte", upto)) | ~locked & Q((f"{path}collection__closed_at__lte", upto))


def _test_files(upto: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(is_test=True, uploaded_at__lte=upto)


def _files(upto: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.kept().filter(_over(upto), is_test=False).exclude(status=Delivery.Status.REJECTED)


def _explanations(upto: datetime) -> QuerySet[Comment]:
    return Comment.objects.filter(_over(upto))


def _points(upto: datetime) -> QuerySet[ReviewPoint]:
    return ReviewPoint.objects.filter(_over(upto))


def _notes(upto: datetime) -> QuerySet[SubmissionNote]:
    return SubmissionNote.objects.filter(_over(upto))


def _waivers(upto: datetime) -> QuerySet[Waiver]:
    """They are offered once more to the next year, and go before the one after that."""
    over = Submission.objects.filter(_over(upto, ""), unit=OuterRef("unit"), collection=OuterRef("collection"))
    return Waiver.objects.filter(Exists(over))


def _comment_drafts(upto: datetime) -> QuerySet[CommentDraft]:
    """A month old, or of a submission that nobody can explain in any more."""
    return CommentDraft.objects.filter(Q(at__lte=upto) | Q(submission__status=Submission.Status.LOCKED))


def _supplements(upto: datetime) -> QuerySet[Supplement]:
    return Supplement.objects.filter(_over(upto))


def _check_counts(upto: datetime) -> QuerySet[CheckCount]:
    return CheckCount.objects.filter(_over(upto, "delivery__submission__"))


def _rows(upto: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(_over(upto), _accepted(), frame_sealed__isnull=False)


def _accepted() -> Q:
    """The file that counts, and the one whose receipt holds: another where SKR has opened again what it had approved."""
    return Q(is_current=True) | Q(pk__in=Receipt.objects.filter(withdrawn_at=None, delivery__isnull=False).values("delivery"))


# How it goes ---------------------------------------------------------------------------------------------------------


def _delete_whole(rows: QuerySet[Any]) -> int:
    keys = _keys(rows)
    _forget_corrections(keys)
    return Delivery.objects.filter(pk__in=keys).delete()[1].get("submissions.Delivery", 0)


def _wipe(rows: QuerySet[Any], at: datetime) -> int:
    """The file goes, and all that was made of it; an accepted one keeps its rows with their corrections for a while."""
    keys = _keys(rows)
    wiped = Delivery.objects.kept().filter(pk__in=keys).update(**_GONE, purged_at=at)
    _forget_rows(Delivery.objects.filter(pk__in=keys).exclude(_accepted()))
    return wiped


def _forget_rows(rows: QuerySet[Any]) -> int:
    keys = _keys(rows)
    _forget_corrections(keys)
    return Delivery.objects.filter(pk__in=keys).update(frame_sealed=None)


def _forget_corrections(keys: list[int]) -> None:
    for made in (Correction, CorrectionBatch):
        made.objects.filter(delivery__in=keys).delete()


def _keys(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))
