"""Uppskov: a unit's request for a later date, and SKR's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models import Submission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class DeferralQuerySet(models.QuerySet["Deferral"]):
    """Requests, narrowed by who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> DeferralQuerySet:
        """Those of the submissions one sees."""
        return self.filter(submission__in=Submission.objects.visible_to(user))


class Deferral(models.Model):
    """One request. A granted date moves the submission's due date everywhere."""

    class Status(models.TextChoices):
        """Begärd -> Beviljad | Avslagen | Återtagen."""

        REQUESTED = "requested", "Begärd"
        GRANTED = "granted", "Beviljad"
        DECLINED = "declined", "Avslagen"
        WITHDRAWN = "withdrawn", "Återtagen"

    class Reason(models.TextChoices):
        """Why more time is needed (domain note, 4.3)."""

        PAYROLL_SYSTEM = "payroll_system", "Byte av lönesystem"
        PAYROLL_RUN = "payroll_run", "Försenad lönekörning"
        ILLNESS = "illness", "Sjukdom"
        OTHER = "other", "Annat"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="deferrals", verbose_name="inlämning")
    status = models.CharField("status", max_length=10, choices=Status.choices, default=Status.REQUESTED)
    requested_date = models.DateField("önskat datum")
    reason = models.CharField("skäl", max_length=20, choices=Reason.choices)
    text = models.TextField("beskrivning", max_length=2000, blank=True)
    requested_at = models.DateTimeField("begärd")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="begärd av"
    )
    granted_date = models.DateField("beviljat datum", null=True, blank=True)
    answer = models.TextField("svar", max_length=2000, blank=True)
    decided_at = models.DateTimeField("beslutad", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="beslutad av"
    )

    objects = DeferralQuerySet.as_manager()

    class Meta:
        verbose_name = "uppskov"
        verbose_name_plural = "uppskov"
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(status="requested"),
                name="deferral_one_open_per_submission",
                violation_error_message="Det finns redan en begäran som väntar på beslut.",
            ),
            models.CheckConstraint(
                condition=~Q(status="granted") | Q(granted_date__isnull=False), name="deferral_granted_has_date"
            ),
            models.CheckConstraint(
                condition=Q(status="requested", decided_at=None) | ~Q(status="requested") & Q(decided_at__isnull=False),
                name="deferral_decision_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Uppskov {self.submission} till {self.requested_date}"
