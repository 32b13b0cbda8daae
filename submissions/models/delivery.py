"""A delivered file: immutable bytes, the parsed frame, its findings, and the corrections laid over it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib.sealed import Seal
from submissions.models.submission import Submission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries; the large sealed columns are left out unless asked for."""

    def visible_to(self, user: User | AnonymousUser) -> DeliveryQuerySet:
        """Those of the submissions one sees."""
        return self.filter(submission__in=Submission.objects.visible_to(user))

    def light(self) -> DeliveryQuerySet:
        """Without the file, the frame and the findings."""
        return self.defer("content_sealed", "frame_sealed", "findings_sealed", "summary_sealed", "carried_sealed")

    def kept(self) -> DeliveryQuerySet:
        """Those whose file is still there (submissions.services.retention)."""
        return self.filter(purged_at=None)


class Delivery(models.Model):
    """Version n of a unit's file. `content_sealed` never changes; frame, findings and summary are remade by a check.

    When its time is over the row stays, as what the receipt speaks of, without what was in the file.
    """

    class Status(models.TextChoices):
        """How far the check has come."""

        RECEIVED = "received", "Mottagen"
        CHECKED = "checked", "Kontrollerad"
        REJECTED = "rejected", "Avvisad"

    class Trouble(models.TextChoices):
        """How the last check ended that did not give an answer."""

        TOO_LONG = "too_long", "Tog för lång tid"
        BROKEN = "broken", "Gick inte att slutföra"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="deliveries", verbose_name="inlämning")
    version = models.PositiveIntegerField("version")
    status = models.CharField("status", max_length=10, choices=Status.choices, default=Status.RECEIVED)
    is_current = models.BooleanField("aktuell", default=False)
    is_test = models.BooleanField("testfil", default=False)
    uploaded_at = models.DateTimeField("mottagen")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="uppladdad av"
    )
    name_sealed = models.BinaryField(null=True)  # the file's own name; of several parts one name a line
    size = models.PositiveIntegerField("storlek")
    sha256 = models.CharField("SHA-256", max_length=64)
    content_sealed = models.BinaryField(null=True)  # the uploaded bytes, zlib or zstd, sealed; parts one after the other
    part_sizes = models.JSONField(default=list)  # bytes of each part, in order; empty for a single file
    frame_sealed = models.BinaryField(null=True)  # the parsed rows as Parquet, sealed; corrections not applied
    findings_sealed = models.BinaryField(null=True)  # the findings' frame as Parquet, sealed; corrections applied
    summary_sealed = models.BinaryField(null=True)  # what was read and the review tables, JSON, sealed
    carried_sealed = models.BinaryField(null=True)  # the corrections that did not follow from the file before, JSON, sealed
    rows = models.PositiveIntegerField("rader", null=True)
    format = models.CharField("filslag", max_length=10, blank=True)  # text, xlsx, ods
    encoding = models.CharField("teckenkodning", max_length=20, blank=True)
    chosen_encodings = models.JSONField(default=list)  # what a person answered of each part, "" of those not asked about
    is_encoding_unsure = models.BooleanField(default=False)  # a person must say whether the letters are right
    checked_at = models.DateTimeField("kontrollerad", null=True)
    recheck_tried_at = models.DateTimeField(
        null=True
    )  # after changed settings; one that cannot be judged anew is not tried again
    check_started_at = models.DateTimeField(null=True)  # a lease: another process waits before it takes the check up again
    check_attempts = models.PositiveSmallIntegerField(default=0)  # counted before each check, so that a killed one counts too
    check_trouble = models.CharField(max_length=10, choices=Trouble.choices, blank=True)
    revision = models.PositiveIntegerField(default=0)  # counts corrections and undos: the optimistic lock, and the key of caches
    fel = models.PositiveIntegerField("måste rättas", default=0)
    varning = models.PositiveIntegerField("måste förklaras", default=0)
    info = models.PositiveIntegerField("bra att veta", default=0)
    uncommented = models.PositiveIntegerField("oförklarade grupper", default=0)
    refusal = models.CharField("skäl till avvisning", max_length=600, blank=True)
    purged_at = models.DateTimeField("borttagen", null=True)  # the file is gone; the frame may stay for comparison

    as_of: datetime | None = None  # not kept: the moment whose corrections are laid on, where that is not now

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "leverans"
        verbose_name_plural = "leveranser"
        constraints = [
            models.UniqueConstraint(fields=["submission", "version"], name="delivery_one_per_version"),
            models.UniqueConstraint(
                fields=["submission"], condition=Q(is_current=True), name="delivery_one_current_per_submission"
            ),
            models.CheckConstraint(
                condition=~Q(status="checked") | Q(checked_at__isnull=False), name="delivery_checked_has_time"
            ),
            models.CheckConstraint(condition=~(Q(is_current=True) & Q(is_test=True)), name="delivery_test_is_never_current"),
            models.CheckConstraint(
                condition=Q(purged_at=None, name_sealed__isnull=False, content_sealed__isnull=False)
                | Q(
                    purged_at__isnull=False,
                    name_sealed=None,
                    content_sealed=None,
                    findings_sealed=None,
                    summary_sealed=None,
                    carried_sealed=None,
                ),
                name="delivery_is_whole_until_purged",
            ),
        ]
        indexes = [models.Index(fields=["status"], name="delivery_unchecked", condition=Q(status="received"))]

    def __str__(self) -> str:
        return f"Version {self.version}"

    SEALED: ClassVar = {
        column: Seal(purpose, "submission_id", "version")
        for column, purpose in {
            "name_sealed": "delivery-name",
            "content_sealed": "delivery-content",
            "frame_sealed": "delivery-frame",
            "findings_sealed": "delivery-findings",
            "summary_sealed": "delivery-summary",
            "carried_sealed": "delivery-carried",
        }.items()
    }


class Change(models.Model):
    """What every change laid over a file tells: who made it and when, whether it is undone, and what it follows from."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    revision = models.PositiveIntegerField()  # the delivery's revision that this made
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undone_revision = models.PositiveIntegerField(null=True)
    carried_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="+"
    )  # the same, of the file before

    class Meta:
        abstract = True


class Correction(Change):
    """One value changed in the page: an overlay on the delivered file. Undone rows stay as history."""

    SEALED: ClassVar = {
        column: Seal("correction", "delivery__submission_id", "delivery__version", "row", "field")
        for column in ("old_sealed", "new_sealed")
    }

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="corrections")
    row = models.PositiveIntegerField()
    field = models.PositiveSmallIntegerField()
    old_sealed = models.BinaryField()
    new_sealed = models.BinaryField()

    class Meta:
        verbose_name = "rättelse"
        verbose_name_plural = "rättelser"
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "row", "field"], condition=Q(undone_at=None), name="correction_one_per_value"
            )
        ]

    def __str__(self) -> str:
        return f"Rättelse rad {self.row} fält {self.field}"


class CorrectionBatch(Change):
    """One change of one field on many rows, made at once and undone at once: "5120 becomes 5121 on 812 rows".

    Laid over the file in order of revision with the single corrections; the last one of a cell wins.
    """

    SEALED: ClassVar = {
        column: Seal("correction-batch", "delivery__submission_id", "delivery__version", "field", "revision")
        for column in ("cells_sealed", "reason_sealed")
    }

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="batches")
    check_code = models.CharField(max_length=10)  # the check whose group was corrected
    field = models.PositiveSmallIntegerField()
    cells_sealed = models.BinaryField()  # Parquet: row, old, new
    cells = models.PositiveIntegerField()
    reason_sealed = models.BinaryField()

    class Meta:
        verbose_name = "samlad rättelse"
        verbose_name_plural = "samlade rättelser"
        constraints = [
            models.UniqueConstraint(fields=["delivery", "revision", "field"], name="correction_batch_one_per_revision")
        ]

    def __str__(self) -> str:
        return f"Samlad rättelse fält {self.field}, {self.cells} rader"
