"""What the unit says about a group of findings."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models.submission import Submission


class Comment(models.Model):
    """An explanation of one group of findings: (check, field, value) of the submission, so that it outlives the file.

    The value is sealed, since it may be personal; groups about persons have none and are explained check by check.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="comments")
    check_code = models.CharField(max_length=10)
    field = models.PositiveSmallIntegerField(null=True)
    value_sealed = models.BinaryField(null=True)
    rows = models.PositiveIntegerField()  # how many rows the group had when it was explained
    text = models.TextField(max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "förklaring"
        verbose_name_plural = "förklaringar"
        indexes = [models.Index(fields=["submission", "check_code"], name="comment_live", condition=Q(replaced_at=None))]

    def __str__(self) -> str:
        return f"Förklaring till {self.check_code}"
