"""A unit's submission of one year, and its history."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import FilteredRelation, Q
from django.db.models.functions import Coalesce

from config.lib.sealed import Seal
from profiles.models import Unit, in_sight
from submissions.models.collection import Collection

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Submissions, narrowed by who may see them and by their due date."""

    def visible_to(self, user: User | AnonymousUser) -> SubmissionQuerySet:
        """Those of the units one has a role at; SKR staff with the right see all."""
        if user.is_authenticated and user.has_perm("submissions.view_submission"):
            return self
        return self.none() if getattr(user, "is_staff", False) else self.filter(in_sight(user))

    def with_due_date(self) -> SubmissionQuerySet:
        """Annotate `due_on`: the granted date, else the collection's last day. `Submission.due_date` says the same."""
        return self.annotate(due_on=Coalesce("granted_due_date", "collection__due_date"))

    def awaited(self) -> SubmissionQuerySet:
        """Those that SKR waits for a file from: not handed in, no current file, not exempt, and the year not closed.

        A receipt in force means that the unit has handed in, also where SKR has opened the submission again. Nobody employed
        is such a receipt too.
        """
        waiting = [Submission.Status.NOT_STARTED, Submission.Status.RECEIVED, Submission.Status.UNDER_REVIEW]
        working = self.filter(status__in=[*waiting, Submission.Status.RETURNED], exempt_at=None, collection__closed_at=None)
        in_force = FilteredRelation("receipts", condition=Q(receipts__withdrawn_at=None))
        return working.alias(in_force=in_force).filter(in_force=None).exclude(deliveries__is_current=True)

    def overdue(self, on: date) -> SubmissionQuerySet:
        """Awaited past the due date. `states.is_late` says the same of one submission."""
        return self.awaited().with_due_date().filter(Q(("due_on__lt", on)))


class Submission(models.Model):
    """One unit's delivery duty in one collection. How it moves between states is `submissions.states`."""

    class Status(models.TextChoices):
        """Where it stands (architecture, "States"). Försenad is computed, not stored."""

        NOT_STARTED = "not_started", "Ej påbörjad"
        RECEIVED = "received", "Fil mottagen"
        UNDER_REVIEW = "under_review", "Under granskning"
        HANDED_IN = "handed_in", "Klarmarkerad"
        SKR_REVIEW = "skr_review", "Granskas av SKR"
        RETURNED = "returned", "Åter till uppgiftslämnare"
        APPROVED = "approved", "Godkänd"
        LOCKED = "locked", "Låst"

    SEALED: ClassVar = {"salt_sealed": Seal("submission-salt", "unit_id", "collection_id")}

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="submissions", verbose_name="enhet")
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="submissions", verbose_name="insamling")
    status = models.CharField("status", max_length=20, choices=Status.choices, default=Status.NOT_STARTED)
    granted_due_date = models.DateField("beviljat datum", null=True, blank=True)
    exempt_at = models.DateTimeField("omfattas inte sedan", null=True, blank=True)  # SKR's decision, for this year alone
    status_changed_at = models.DateTimeField("senast ändrad", null=True, blank=True)
    return_reason = models.TextField("skäl till retur", blank=True)
    salt_sealed = models.BinaryField(null=True)  # 32 random bytes: the key of the group names and fingerprints
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="handläggare"
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = "inlämning"
        verbose_name_plural = "inlämningar"
        constraints = [models.UniqueConstraint(fields=["unit", "collection"], name="submission_one_per_unit_and_collection")]
        indexes = [models.Index(fields=["collection", "status"], name="submission_status")]

    def __str__(self) -> str:
        return f"{self.unit.name} {self.collection.year}"

    @property
    def due_date(self) -> date:
        """The last day for this unit: the granted date, else the collection's. Every page, mail and file takes it from here.

        Lists that are sorted or narrowed by it ask `with_due_date()`, its twin in SQL.
        """
        return self.granted_due_date or self.collection.due_date


class SubmissionEvent(models.Model):
    """One line of a submission's history, shown to the unit and to SKR: what happened, who, when, why."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    from_status = models.CharField(max_length=20, choices=Submission.Status.choices, blank=True)
    to_status = models.CharField(max_length=20, choices=Submission.Status.choices, blank=True)
    text = models.CharField(max_length=400)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_status="", to_status="") | ~Q(to_status=""), name="submission_event_states_in_pairs"
            )
        ]

    def __str__(self) -> str:
        return self.text
