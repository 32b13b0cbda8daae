"""Uppskov: what a unit asks SKR for, and what SKR answers: a later date, or not to be part of the year at all."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models import Submission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class UnitRequestQuerySet(models.QuerySet):
    """Requests, narrowed by who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the submissions one sees."""
        return self.filter(submission__in=Submission.objects.visible_to(user))

    def with_people(self) -> Self:
        """With everything that a history or a list names."""
        return self.select_related(
            "submission__unit", "submission__collection", "requested_by", "decided_by", "ended_by"
        )  # fmt: skip


class UnitRequest(models.Model):
    """Something asked for by one unit and decided by SKR. Three stamps tell its whole history: asked, decided, ended."""

    class Status(models.TextChoices):
        """Begärd -> Beviljad | Avslagen | Återtagen | Upphävd; Beviljad -> Återtagen | Upphävd."""

        REQUESTED = "requested", "Begärd"
        GRANTED = "granted", "Beviljad"
        DECLINED = "declined", "Avslagen"
        WITHDRAWN = "withdrawn", "Återtagen"
        REVOKED = "revoked", "Upphävd"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name="inlämning")
    status = models.CharField("status", max_length=10, choices=Status.choices, default=Status.REQUESTED)
    text = models.TextField("beskrivning", max_length=2000, blank=True)
    requested_at = models.DateTimeField("begärd")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="begärd av"
    )
    answer = models.TextField("svar", max_length=2000, blank=True)
    decided_at = models.DateTimeField("beslutad", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="beslutad av"
    )
    ended_at = models.DateTimeField("avslutad", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="avslutad av"
    )
    end_text = models.TextField("skäl till avslutet", max_length=2000, blank=True)

    objects = UnitRequestQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(status="requested"),
                name="%(class)s_one_open_per_submission",
                violation_error_message="Det finns redan en begäran som väntar på beslut.",
            ),
            models.CheckConstraint(
                condition=Q(status="requested", decided_at=None)
                | Q(status__in=["granted", "declined"], decided_at__isnull=False)
                | Q(status__in=["withdrawn", "revoked"]),
                name="%(class)s_decision_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["withdrawn", "revoked"], ended_at__isnull=False)
                | Q(status__in=["requested", "granted", "declined"], ended_at=None, ended_by=None),
                name="%(class)s_end_has_time",
            ),
        ]

    @property
    def is_waiting(self) -> bool:
        """Whether SKR has not answered yet."""
        return self.status == self.Status.REQUESTED


class Deferral(UnitRequest):
    """A request for a later date. A granted date moves the submission's due date everywhere."""

    Status = UnitRequest.Status

    class Reason(models.TextChoices):
        """Why more time is needed (domain note, 4.3)."""

        PAYROLL_SYSTEM = "payroll_system", "Byte av lönesystem"
        PAYROLL_RUN = "payroll_run", "Försenad lönekörning"
        ILLNESS = "illness", "Sjukdom"
        OTHER = "other", "Annat"

    nonce = models.UUIDField(default=uuid.uuid4)  # the form's own: what was asked together, and posted twice is asked once
    requested_date = models.DateField("önskat datum")
    reason = models.CharField("skäl", max_length=20, choices=Reason.choices)
    granted_date = models.DateField("beviljat datum", null=True, blank=True)
    rule_days = models.PositiveSmallIntegerField("beviljad enligt regeln om högst så många dagar", null=True, blank=True)

    class Meta(UnitRequest.Meta):
        abstract = False
        verbose_name = "uppskov"
        verbose_name_plural = "uppskov"
        constraints = [
            *UnitRequest.Meta.constraints,
            models.UniqueConstraint(fields=["nonce", "submission"], name="deferral_one_per_form_and_submission"),
            models.CheckConstraint(
                condition=~Q(status="granted") | Q(granted_date__isnull=False), name="deferral_granted_has_date"
            ),
            models.CheckConstraint(
                condition=Q(granted_date=None, rule_days=None) | Q(granted_date__isnull=False, decided_at__isnull=False),
                name="deferral_date_was_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"Uppskov {self.submission} till {self.requested_date}"


class Exemption(UnitRequest):
    """ "Omfattas inte i år": SKR's decision that a unit hands nothing in this year. Asked for by the unit, or SKR's own.

    It holds for one submission, so it never rolls into the next year. Which reasons there are is ours until SKR says
    otherwise (peers note, 1.12).
    """

    Status = UnitRequest.Status

    class Reason(models.TextChoices):
        """Why the unit hands nothing in."""

        CLOSED = "closed", "Verksamheten har upphört"
        ELSEWHERE = "elsewhere", "Uppgifterna lämnas av en annan enhet"
        NOT_YET = "not_yet", "Verksamheten har inte börjat"
        OTHER = "other", "Annat"

    reason = models.CharField("skäl", max_length=20, choices=Reason.choices)

    class Meta(UnitRequest.Meta):
        abstract = False
        verbose_name = "undantag"
        verbose_name_plural = "omfattas inte i år"
        constraints = [
            *UnitRequest.Meta.constraints,
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(status="granted"),
                name="exemption_one_in_force_per_submission",
                violation_error_message="Enheten omfattas redan inte i år.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission} omfattas inte"
