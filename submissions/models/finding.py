"""What the unit says about a group of findings."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib import sealed
from config.lib.sealed import Seal
from submissions.models.submission import Submission


class Comment(models.Model):
    """An explanation of one group of findings: (check, field, value) of the submission, so that it outlives the file.

    `group` is a keyed digest of the three, the group's opaque name in addresses too; groups about persons have no value
    and are explained check by check. The text is sealed, since people write more in such fields than they are asked to.
    """

    SEALED: ClassVar = {
        "text_sealed": Seal("comment", "submission_id"),
        "marks_sealed": Seal("comment-marks", "submission_id", "group"),
    }

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="comments")
    check_code = models.CharField(max_length=10)
    field = models.PositiveSmallIntegerField(null=True)
    group = models.CharField(max_length=20)
    rows = models.PositiveIntegerField()  # how many rows the group had when it was explained
    version = models.PositiveIntegerField()  # the file's version it was written at
    text_sealed = models.BinaryField()
    marks_sealed = models.BinaryField(null=True)  # the fingerprints of the findings it explains, JSON
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField("godtagen", null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    is_repeated = models.BooleanField(default=False)  # the same words as last year about the same

    class Meta:
        verbose_name = "förklaring"
        verbose_name_plural = "förklaringar"
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None) | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="comment_accepted_in_pairs",
            ),
            models.UniqueConstraint(
                fields=["submission", "group"], condition=Q(replaced_at=None), name="comment_one_live_per_group"
            ),
        ]

    def __str__(self) -> str:
        return f"Förklaring till {self.check_code}"

    @property
    def text(self) -> str:
        """What was written."""
        return sealed.open_text(self, "text_sealed")


class CommentDraft(models.Model):
    """An explanation somebody has begun to write and not yet given; one a person and group, kept until it is given."""

    SEALED: ClassVar = {"text_sealed": Seal("comment-draft", "submission_id", "group", "by_id")}

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="comment_drafts")
    group = models.CharField(max_length=20)
    text_sealed = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "påbörjad förklaring"
        verbose_name_plural = "påbörjade förklaringar"
        constraints = [models.UniqueConstraint(fields=["submission", "group", "by"], name="comment_draft_one_per_person")]

    def __str__(self) -> str:
        return "Påbörjad förklaring"

    @property
    def text(self) -> str:
        """What is written so far."""
        return sealed.open_text(self, "text_sealed")
