"""What SKR writes while a submission is reviewed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib import sealed
from config.lib.sealed import Seal
from submissions.models.submission import Submission


class SubmissionNote(models.Model):
    """A word among SKR's people about a submission. Never shown to the unit."""

    SEALED: ClassVar = {"text_sealed": Seal("submission-note", "submission_id")}

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="notes")
    text_sealed = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own; posted twice it is one note

    class Meta:
        verbose_name = "anteckning om en inlämning"
        verbose_name_plural = "anteckningar om inlämningar"

    def __str__(self) -> str:
        return f"Anteckning {self.at:%Y-%m-%d %H:%M}"

    @property
    def text(self) -> str:
        """What was written."""
        return sealed.open_text(self, "text_sealed")


class ReviewPointQuerySet(models.QuerySet["ReviewPoint"]):
    """Points, narrowed by how far they have come."""

    def open(self) -> ReviewPointQuerySet:
        """Those that the unit has been sent and has neither mended nor answered."""
        return self.filter(sent_at__isnull=False, answered_at=None, resolved_at=None)


class ReviewPoint(models.Model):
    """A group of findings that SKR wants the unit to look at again, with the reason.

    Collected while SKR reviews, and sent together when the submission goes back. Open until the group is gone from the file
    that counts, or the unit has explained it anew.
    """

    SEALED: ClassVar = {"text_sealed": Seal("review-point", "submission_id", "group")}

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="points")
    group = models.CharField(max_length=20)  # the group's opaque name
    check_code = models.CharField(max_length=10)
    field = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField()  # the file it was marked in
    text_sealed = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # explained anew
    resolved_at = models.DateTimeField(null=True)  # the group is gone
    resolved_version = models.PositiveIntegerField(null=True)
    resolved_by_waiver = models.BooleanField(default=False, db_default=False)  # SKR has given a dispens from it

    objects = ReviewPointQuerySet.as_manager()

    class Meta:
        verbose_name = "punkt att se över"
        verbose_name_plural = "punkter att se över"
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "group"], condition=Q(sent_at=None), name="review_point_one_unsent_per_group"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_version=None)
                | Q(resolved_at__isnull=False, resolved_version__isnull=False),
                name="review_point_resolved_in_pairs",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False) | Q(answered_at=None, resolved_at=None), name="review_point_is_sent_first"
            ),
        ]

    def __str__(self) -> str:
        return f"Punkt om {self.check_code}"

    @property
    def text(self) -> str:
        """What SKR writes."""
        return sealed.open_text(self, "text_sealed")

    @property
    def is_open(self) -> bool:
        """Whether the unit has something left to do about it."""
        return self.sent_at is not None and self.answered_at is None and self.resolved_at is None

    @property
    def outcome(self) -> tuple[str, str]:
        """What became of it, in words and as a tone."""
        if self.sent_at is None:
            return "Inte skickad än", "neutral"
        if self.resolved_by_waiver:
            return "SKR har gett dispens", "success"
        if self.resolved_at is not None:
            return f"Åtgärdad i version {self.resolved_version}", "success"
        return ("Ny förklaring", "info") if self.answered_at is not None else ("Kvar", "warning")
