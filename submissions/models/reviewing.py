"""What SKR writes while a submission is reviewed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

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
