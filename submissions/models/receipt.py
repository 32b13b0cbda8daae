"""The receipt of a hand-in: what was handed in, provable later by its code."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib.sealed import Seal
from submissions.models.delivery import Delivery
from submissions.models.submission import Submission

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_receipt_code() -> str:
    """Twelve letters and digits without look-alikes, in groups of four: KVNT-7H2M-XW9P."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join((code[:4], code[4:8], code[8:]))


class Receipt(models.Model):
    """Issued by Klarmarkera. A hand-in that was withdrawn, or returned by SKR, keeps its receipt, marked as no longer in force."""

    SEALED: ClassVar = {"figures_sealed": Seal("receipt-figures", "code")}

    class LateReason(models.TextChoices):
        """Why a hand-in came after the last day."""

        PAYROLL_RUN = "payroll_run", "Lönekörningen blev försenad"
        PAYROLL_SYSTEM = "payroll_system", "Byte av lönesystem"
        CORRECTIONS = "corrections", "Rättningarna tog längre tid"
        ABSENCE = "absence", "Sjukdom eller frånvaro"
        OTHER = "other", "Annat"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="receipts", verbose_name="inlämning")
    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="receipts", verbose_name="leverans", null=True
    )  # none: the statement that nobody was employed on the measurement day
    code = models.CharField("kvittenskod", max_length=14, unique=True, default=new_receipt_code)
    issued_at = models.DateTimeField("utfärdad")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField("filens SHA-256", max_length=64)
    data_sha256 = models.CharField("uppgifternas SHA-256", max_length=64)  # of the rows with corrections, as handed in
    rows = models.PositiveIntegerField("rader")
    corrections = models.PositiveIntegerField("rättelser")
    comments = models.PositiveIntegerField("förklaringar")
    figures_sealed = models.BinaryField(null=True)  # the control sums that were signed, JSON
    late_reason = models.CharField("skäl till sen inlämning", max_length=20, choices=LateReason.choices, blank=True)
    late_text = models.CharField("om den sena inlämningen", max_length=300, blank=True)
    withdrawn_at = models.DateTimeField("återtagen", null=True)

    class Meta:
        verbose_name = "kvittens"
        verbose_name_plural = "kvittenser"
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(withdrawn_at=None), name="receipt_one_in_force_per_submission"
            )
        ]

    def __str__(self) -> str:
        return self.code


class ReopenRequest(models.Model):
    """The unit asks SKR to open an approved submission again, with a reason; SKR decides. The receipt holds meanwhile."""

    class Outcome(models.TextChoices):
        """What SKR answered."""

        GRANTED = "granted", "Öppnad igen"
        REFUSED = "refused", "Avslagen"
        TAKEN_BACK = "taken_back", "Återtagen"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="reopen_requests", verbose_name="inlämning")
    reason = models.CharField("skäl", max_length=600)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="begärd av")
    asked_at = models.DateTimeField("begärd")
    outcome = models.CharField("utfall", max_length=20, choices=Outcome.choices, blank=True)
    answer = models.CharField("svar", max_length=600, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="avgjord av"
    )
    decided_at = models.DateTimeField("avgjord", null=True, blank=True)

    class Meta:
        verbose_name = "begäran om att öppna igen"
        verbose_name_plural = "begäranden om att öppna igen"
        constraints = [
            models.UniqueConstraint(fields=["submission"], condition=Q(outcome=""), name="reopen_request_one_open_per_submission")
        ]

    def __str__(self) -> str:
        return f"{self.submission}, {self.get_outcome_display() or 'väntar'}"
