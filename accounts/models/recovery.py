"""What helps somebody who has lost a factor: her own recovery codes, and cases that SKR's people open (security note, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.lib.sealed import Seal


class RecoveryCode(models.Model):
    """One of a person's recovery codes, kept as an Argon2id hash. It works once, in the app's place."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=128)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "Återställningskod"


class RecoveryBatch(models.Model):
    """New codes on their way to paper: sealed until one of them is typed back, then wiped with the row."""

    SEALED: ClassVar = {"codes_sealed": Seal("recovery-batch", "user_id")}

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_batch")
    session_hmac = models.CharField(max_length=64)
    codes_sealed = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return "Nya återställningskoder"


class RecoveryCaseQuerySet(models.QuerySet["RecoveryCase"]):
    """Cases, narrowed by what they still mean."""

    def undecided(self, at: datetime) -> RecoveryCaseQuerySet:
        """Neither used, cancelled nor over; those that wait for an approval or for their time are among them."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=at), used_at=None, cancelled_at=None)

    def valid(self, at: datetime) -> RecoveryCaseQuerySet:
        """Those that open a door now."""
        return self.filter(valid_from__lte=at, valid_until__gt=at, used_at=None, cancelled_at=None)


class RecoveryCase(models.Model):
    """SKR's decision, after a check of identity, to let a person register a factor anew."""

    class Kind(models.TextChoices):
        """What was lost."""

        TOTP = "totp", "Telefonen"
        BOTH = "both", "Telefonen och lösenordet"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recovery_cases", verbose_name="person"
    )
    kind = models.CharField("förlorat", max_length=10, choices=Kind.choices)
    case_number = models.CharField("ärendenummer", max_length=40)
    identity_check = models.CharField("kontroll av identitet", max_length=1000)
    opened_at = models.DateTimeField("öppnat")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="öppnat av")
    approved_at = models.DateTimeField("godkänt", null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="godkänt av"
    )
    valid_from = models.DateTimeField("gäller från", null=True, blank=True)
    valid_until = models.DateTimeField("gäller till", null=True, blank=True)
    used_at = models.DateTimeField("använt", null=True, blank=True)
    cancelled_at = models.DateTimeField("avbrutet", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="avbrutet av"
    )

    objects = RecoveryCaseQuerySet.as_manager()

    class Meta:
        verbose_name = "återställningsärende"
        verbose_name_plural = "återställningsärenden"
        constraints = [
            models.CheckConstraint(condition=~Q(opened_by=F("user")), name="recovery_case_not_ones_own"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | (~Q(approved_by=F("opened_by")) & ~Q(approved_by=F("user"))),
                name="recovery_case_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(kind="totp") | Q(valid_from=None) | Q(approved_by__isnull=False),
                name="recovery_case_both_needs_two",
            ),
            models.CheckConstraint(condition=Q(used_at=None) | Q(cancelled_at=None), name="recovery_case_one_end"),
        ]

    def __str__(self) -> str:
        return f"{self.case_number}: {self.user}"
