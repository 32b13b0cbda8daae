"""The receipt of a hand-in: what was handed in, provable later by its code."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models.delivery import Delivery

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_receipt_code() -> str:
    """Twelve letters and digits without look-alikes, in groups of four: KVNT-7H2M-XW9P."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join((code[:4], code[4:8], code[8:]))


class Receipt(models.Model):
    """Issued by Klarmarkera. A hand-in that was withdrawn, or returned by SKR, keeps its receipt, marked as no longer in force."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="receipts", verbose_name="leverans")
    code = models.CharField("kvittenskod", max_length=14, unique=True, default=new_receipt_code)
    issued_at = models.DateTimeField("utfärdad")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField("filens SHA-256", max_length=64)
    data_sha256 = models.CharField("uppgifternas SHA-256", max_length=64)  # of the rows with corrections, as handed in
    rows = models.PositiveIntegerField("rader")
    corrections = models.PositiveIntegerField("rättelser")
    comments = models.PositiveIntegerField("förklaringar")
    withdrawn_at = models.DateTimeField("återtagen", null=True)

    class Meta:
        verbose_name = "kvittens"
        verbose_name_plural = "kvittenser"
        constraints = [
            models.UniqueConstraint(fields=["delivery"], condition=Q(withdrawn_at=None), name="receipt_one_in_force_per_delivery")
        ]

    def __str__(self) -> str:
        return self.code
